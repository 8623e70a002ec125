"""No discovery name that the client asks for exists where it is."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.survey import INSIDE
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL
from hairpin.wire.exchange import Failure


def look(case: Case) -> Iterator[Sign]:
    for capture, journey in enumerate(case.journeys, 1):
        asked = [turn for turn in case.ours if turn.capture == capture and turn.is_discovery]
        missing = [turn for turn in asked if turn.failure is Failure.NAME_NOT_RESOLVED]
        answered = [turn for turn in asked if turn.status is not None]
        if not missing or answered or len(missing) < len(asked) or case.signed_in(missing[0]):
            continue
        names = list(dict.fromkeys(turn.host for turn in missing))
        yield Sign(
            Certainty.PROBABLE if journey.steps else Certainty.POSSIBLE,
            f"None of the discovery names this client asked for exists here: {', '.join(names)}.",
            tuple(turn.evidence("failure", turn.failure) for turn in missing[:4]),
            owner=Owner.APP_DEVELOPER if _both_elsewhere(case, names) else None,
        )
    for lookup in case.survey.lookups:
        if lookup.vantage == INSIDE and lookup.name.startswith(DISCOVER_INTERNAL) and not lookup.addresses:
            twin = DISCOVER + lookup.name.removeprefix(DISCOVER_INTERNAL)
            if not case.survey.addresses(twin, INSIDE) and case.survey.of(twin, INSIDE):
                yield Sign(
                    Certainty.CERTAIN,
                    f"Inside, neither {lookup.name} nor {twin} exists.",
                    (lookup.evidence(), *(one.evidence() for one in case.survey.of(twin, INSIDE))),
                )


def _both_elsewhere(case: Case, names: list[str]) -> bool:
    """Only one of the two names was tried, and the other one is known to resolve inside."""
    others = {
        DISCOVER + name.removeprefix(DISCOVER_INTERNAL)
        if name.startswith(DISCOVER_INTERNAL)
        else DISCOVER_INTERNAL + name.removeprefix(DISCOVER)
        for name in names
    }
    return any(case.survey.addresses(other, INSIDE) for other in others - set(names))


ENTRY = Entry(
    id="lyncdiscoverinternal-missing",
    title="No discovery name exists where the client asks",
    group=Group.NAMES,
    owner=Owner.DNS_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        The client says that it cannot find the server, or pauses for up to a minute before it signs in.
        """,
    looks_at="""
        Every discovery name that was asked failed to resolve. One of the two missing is normal (outside,
        the internal one should not exist) as long as the other one answers.
        """,
    cause="""
        Clients try lyncdiscoverinternal.<sip domain> first and lyncdiscover.<sip domain> after it. Neither
        record exists in the view this client sees, or the client tries one name only and that is the one
        that is missing.
        """,
    remedies=(
        Change(
            """
            Create both names: the internal one leads to the internal web name, the other to the reverse
            proxy. Keep a CNAME's target in the same domain.
            """,
            {
                "PowerShell": """
                    Add-DnsServerResourceRecordA -ZoneName <sip domain> -Name lyncdiscover -IPv4Address <proxy address>
                    Add-DnsServerResourceRecordA -ZoneName <sip domain> -Name lyncdiscoverinternal -IPv4Address <server address>
                    """,
                "BIND, internal view": """
                    lyncdiscover          300  IN  A  <proxy address>
                    lyncdiscoverinternal  300  IN  A  <server address>
                    """,
            },
        ),
        Change(
            "Let the application ask for the second name when the first one fails.", {}, Owner.APP_DEVELOPER
        ),
    ),
    verify=Change(
        "Both names resolve inside.",
        {
            "PowerShell": """
                Resolve-DnsName lyncdiscoverinternal.<sip domain>
                Resolve-DnsName lyncdiscover.<sip domain>
                """
        },
    ),
    undo=Change(
        "Remove the two records.",
        {
            "PowerShell": """
                Remove-DnsServerResourceRecord -ZoneName <sip domain> -Name lyncdiscover -RRType A -Force
                Remove-DnsServerResourceRecord -ZoneName <sip domain> -Name lyncdiscoverinternal -RRType A -Force
                """
        },
    ),
    look_alikes={
        "wildcard-dns-catches-discover": "The name does resolve, to somebody else's web server.",
        "ext-fqdn-missing-inside": "Discovery answers; the name it hands out does not resolve.",
    },
    sources=(
        (Mark.DOCUMENTED, "Lync Server 2013: DNS summary, Autodiscover"),
        (Mark.DOCUMENTED, "UCWA2.0-CS pull request 22; mattermost-plugin-skype4business, order of root URLs"),
    ),
    rule=look,
)
