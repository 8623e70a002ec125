"""The few words every report shares: who does it, how sure it is, and what the verdict means."""

from __future__ import annotations

from hairpin.doctor.finding import Certainty, Finding, Owner, Severity, Verdict, Word
from hairpin.doctor.turn import plain
from hairpin.signin.journey import Journey, Outcome

HANDS = {
    Owner.DNS_ADMIN: "Whoever runs internal DNS",
    Owner.PROXY_ADMIN: "Whoever runs the reverse proxy",
    Owner.SERVER_ADMIN: "Whoever runs the Lync or Skype for Business servers",
    Owner.NETWORK_ADMIN: "Whoever runs the network",
    Owner.CLIENT_ADMIN: "Whoever runs the users' machines",
    Owner.APP_DEVELOPER: "Whoever writes the application",
    Owner.USER: "The user",
}
SURE = {
    Certainty.CERTAIN: "This is certain: nothing else looks like it.",
    Certainty.PROBABLE: "This is probable; what it could be instead is named below.",
    Certainty.POSSIBLE: "This is only possible; the capture cannot settle it.",
}
MEANING = {
    Word.HEALTHY: "The sign-in is healthy.",
    Word.FAULT: "The sign-in has a fault.",
    Word.INCONCLUSIVE: "What was seen is not enough for a verdict.",
}


ENDS = {
    Outcome.SIGNED_IN: "signed in",
    Outcome.FAILED: "the sign-in fails",
    Outcome.UNFINISHED: "no finished sign-in",
}


def grave(verdict: Verdict) -> tuple[Finding, ...]:
    """The findings above info: the root causes."""
    return tuple(one for one in verdict.findings if one.severity is not Severity.INFO)


def name_of(journey: Journey) -> str:
    """A capture's name, fit to be shown."""
    return plain(journey.source) or "capture"


def place(capture: int | None, exchange: int | None, verdict: Verdict) -> str:
    """Where to look: ``#2``, with the capture's name where there are several; empty for what a probe found."""
    if capture is None or exchange is None:
        return ""
    if len(verdict.journeys) == 1:
        return f"#{exchange}"
    return f"{name_of(verdict.journeys[capture - 1])} #{exchange}"
