"""The external name does not resolve where the client is: a zone that shadows the public one lacks it."""

from collections.abc import Iterator

from hairpin.deployment.model import Side
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import is_internal, is_second_pool, unanswered
from hairpin.doctor.survey import INSIDE, OUTSIDE
from hairpin.doctor.wrongsite import name_facts
from hairpin.wire.exchange import Failure


def look(case: Case) -> Iterator[Sign]:
    for turn in unanswered(case, Failure.NAME_NOT_RESOLVED):
        if turn.is_discovery or is_internal(case, turn) or is_second_pool(case, turn):
            continue
        yield Sign(
            Certainty.PROBABLE,
            f"{turn.host} does not resolve where this client is.",
            (turn.evidence("failure", turn.failure),),
            {"ext": turn.host, **name_facts(turn.host)},
        )
    for missing in case.survey.lookups:
        if (
            missing.vantage != INSIDE
            or missing.addresses
            or case.names.side(missing.name) is not Side.EXTERNAL
        ):
            continue
        if case.survey.addresses(missing.name, OUTSIDE):
            yield Sign(
                Certainty.CERTAIN,
                f"{missing.name} resolves outside and does not resolve inside.",
                (missing.evidence(), *(one.evidence() for one in case.survey.of(missing.name, OUTSIDE))),
                {"ext": missing.name, **name_facts(missing.name)},
            )


ENTRY = Entry(
    id="ext-fqdn-missing-inside",
    title="The external web services name does not resolve",
    group=Group.NAMES,
    owner=Owner.DNS_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Discovery answers, then the frame stays empty. No console speaks of CORS; a phone says that the
        server may be unavailable.
        """,
    looks_at="""
        A request to an external name that was handed out before and that this client could not resolve.
        A probe compares both views: the name exists outside and not inside.
        """,
    cause="""
        An internal zone for the domain of <ext> hides the public one, and nobody added <ext> to it. The
        client was told to go to <ext> from inside as well, because mobile and browser clients always use
        the external name.
        """,
    remedies=(
        Change(
            """
            Add <ext> to the internal zone, with the address of the reverse proxy; do the same for the
            discovery name of each SIP domain.
            """,
            {
                "PowerShell": """
                    Add-DnsServerResourceRecordA -ZoneName <zone> -Name <label> -IPv4Address <proxy address>
                    Clear-DnsServerCache -Force
                    """,
                "BIND, internal view": "<label>  300  IN  A  <proxy address>",
                "unbound": 'local-data: "<ext>. 300 IN A <proxy address>"',
            },
        ),
    ),
    verify=Change(
        "The internal resolver answers with the proxy's address.", {"PowerShell": "Resolve-DnsName <ext>"}
    ),
    undo=Change(
        "Remove the record again.",
        {
            "PowerShell": """
                Remove-DnsServerResourceRecord -ZoneName <zone> -Name <label> -RRType A -Force
                """
        },
    ),
    look_alikes={
        "home-pool-not-published": "The name that fails is the second pool's, learned after authentication.",
        "rp-443-to-443": "The name that does not resolve is an internal one, handed out by the wrong site.",
        "client-and-proxy-see-different-dns": """
            The system's resolver and the browser's disagree: a VPN's resolver, DNS over HTTPS, or a proxy
            that resolves on its own.
            """,
    },
    sources=(
        (Mark.DOCUMENTED, "mattermost-plugin-skype4business issue 9"),
        (Mark.DOCUMENTED, "OfficeDocs-SkypeForBusiness issues 696 and 1507"),
    ),
    rule=look,
)
