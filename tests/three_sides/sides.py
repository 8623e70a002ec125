"""What the three sides say of one attempt, and what they disagree about."""

from __future__ import annotations

from hairpin.client.names import name_server
from hairpin.client.network import Network
from hairpin.client.signin import SignedIn, sign_in
from hairpin.doctor import Certainty, Severity, Verdict, Word
from hairpin.lab.lab import Lab
from hairpin.predict import foresee
from hairpin.predict.foresee import Prediction, wish_for
from hairpin.signin.wish import Password
from hairpin.wire.exchange import Failure
from tests.three_sides.deployments import Attempt

# The causes that a capture shows for sure.
NAMED = frozenset(
    {
        "ext-fqdn-resolves-to-internal-site",
        "rp-443-to-443",
        "ticket-from-other-pool",
        "origin-not-allowed-28070",
        "direct-xhr-without-xframe",
        "bad-credentials-invalid-grant",
        "origin-list-wrong-scope",
        "user-not-enabled-28000",
    }
)
# Where a client meets silence a capture may leave it open what is behind it, but must not say anything else.
SILENT = frozenset(
    {
        "lyncdiscoverinternal-missing",
        "ext-fqdn-missing-inside",
        "home-pool-not-published",
        "rp-cert-san-missing",
    }
)
# Without another name that leads to the same server, a capture shows no more of a record that leads to one.
UNCOVERED = "rp-cert-san-missing"
WRONG = "not the password"


def foreseen(attempt: Attempt) -> Prediction:
    """What the deployment file foretells."""
    password = None if attempt.right_password else WRONG
    return foresee(attempt.deployment, attempt.vantage, attempt.user, attempt.client, password=password)


async def lived(attempt: Attempt, lab: Lab) -> SignedIn:
    """What happens on the wire of a running lab."""
    server = next(one for one in lab.describe().dns if one.view == attempt.vantage)
    user = attempt.user
    password = user.password if attempt.right_password else WRONG
    credentials = Password(user.logon or user.upn or user.address, password)
    wish = wish_for(lab.deployment, credentials, user.address, attempt.client)
    lookup = name_server(server.address, server.port)
    async with Network(lookup, trust=lab.certificate, known_as=lab.places.real) as network:
        return await sign_in(wish, network)


def disagreement(prediction: Prediction, verdict: Verdict) -> str | None:
    """What file and doctor disagree about, or None."""
    roots = [finding.id for finding in verdict.findings if finding.severity is Severity.ERROR]
    alarms = NAMED.intersection(roots) - prediction.met - {prediction.verdict}
    if prediction.verdict == "healthy":
        agreed = verdict.verdict is Word.HEALTHY
    elif prediction.verdict in SILENT or _is_silent(prediction):
        sure = [one.id for one in verdict.findings if one.certainty is Certainty.CERTAIN and one.id in roots]
        agreed = verdict.verdict is not Word.HEALTHY and (
            prediction.verdict in roots or not sure or (_is_silent(prediction) and sure == [UNCOVERED])
        )
    elif prediction.verdict in NAMED:
        agreed = verdict.verdict is Word.FAULT and roots[:1] == [prediction.verdict]
    else:
        agreed = verdict.verdict is not Word.HEALTHY
    if agreed and not alarms:
        return None
    lines = "\n".join(" ".join(line) for line in prediction.journey.outline())
    return f"file: {prediction.verdict} ({prediction.why}); doctor: {verdict.verdict} {roots}\n{lines}"


def _is_silent(prediction: Prediction) -> bool:
    """An internal name handed out by mistake looks like an external one that DNS lacks, and a certificate that does
    not cover a name does not show who holds it.
    """
    return prediction.journey.steps[-1].exchange.failure in {Failure.NAME_NOT_RESOLVED, Failure.TLS}


def other_journey(prediction: Prediction, session: SignedIn) -> str | None:
    """Where the foreseen journey and the lived one part, or None."""
    told, seen = prediction.journey.outline(), session.journey.outline()
    if _connections(told) == _connections(seen) and prediction.journey.outcome == session.journey.outcome:
        return None
    return "\n".join(
        ["foreseen:", *(" ".join(line) for line in told), "lived:", *(" ".join(line) for line in seen)]
    )


def _connections(outline: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    """The lab's loopback refuses at once what a real network would leave unanswered."""
    silent = {Failure.REFUSED, Failure.UNREACHABLE, Failure.TIMEOUT}
    return [tuple("no connection" if word in silent else word for word in line) for line in outline]
