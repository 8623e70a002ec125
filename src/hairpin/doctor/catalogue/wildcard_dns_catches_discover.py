"""A wildcard record answers for a discovery name, with a web server that knows nothing of it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import is_foreign
from hairpin.doctor.logins import is_login
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.of(Role.ROOT, Role.XFRAME):
        key = (turn.capture, turn.host)
        if not turn.is_discovery or key in told or turn.status is None or turn.url.startswith("http:"):
            continue
        if not is_foreign(case, turn) or is_login(turn) or case.signed_in(turn) or turn.status >= 500:
            continue
        if any(one.by_server for one in case.ours if (one.capture, one.host) == key):
            continue
        told.add(key)
        yield Sign(
            Certainty.PROBABLE,
            f"{turn.host} was answered by a web server that is not Lync.",
            (
                turn.evidence("status", turn.status),
                turn.evidence("response header Content-Type", turn.got.get("content-type") or "absent"),
                turn.evidence("response header Server", turn.got.get("server") or "absent"),
                turn.evidence("response header X-MS-Server-Fqdn", "absent"),
            ),
            {"discover": turn.host},
        )
    for lookup in case.survey.lookups:
        if lookup.name.startswith((DISCOVER, DISCOVER_INTERNAL)) and lookup.addresses:
            domain = lookup.name.partition(".")[2]
            for other in case.survey.lookups:
                label, _, zone = other.name.partition(".")
                if (
                    zone == domain
                    and label.startswith("no-such-name-")
                    and other.vantage == lookup.vantage
                    and set(other.addresses) & set(lookup.addresses)
                ):
                    yield Sign(
                        Certainty.CERTAIN,
                        f"{lookup.name} has the address of a name that nobody created, so a wildcard answers.",
                        (lookup.evidence(), other.evidence()),
                        {"discover": lookup.name},
                    )


ENTRY = Entry(
    id="wildcard-dns-catches-discover",
    title="A wildcard record answers for the discovery name",
    group=Group.NAMES,
    owner=Owner.DNS_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="""
        A certificate error or a marketing page in the hidden frame; scripts complain of a character '<'
        where they expected JSON.
        """,
    looks_at="""
        A discovery URL answered with text/html, or a redirect to a web site, and without any mark of Lync,
        on a host that never shows one. A probe asks for a name that cannot exist (no-such-name-…) in the
        same domain: the same address proves the wildcard.
        """,
    cause="""
        A wildcard record in the zone <sip domain> matches every name nobody created, <discover> too.
        """,
    remedies=(
        Change(
            """
            Create the discovery names explicitly. Where one must not exist, give the name a record of
            another type: the wildcard then no longer applies to it.
            """,
            {
                "BIND": """
                    lyncdiscover          300  IN  A    <proxy address>
                    lyncdiscoverinternal  300  IN  TXT  "not used"
                    """,
                "PowerShell": """
                    Add-DnsServerResourceRecordA -ZoneName <sip domain> -Name lyncdiscover -IPv4Address <proxy address>
                    Add-DnsServerResourceRecord -ZoneName <sip domain> -Name lyncdiscoverinternal -Txt -DescriptiveText "not used"
                    """,
            },
        ),
        Change(
            "Let the application accept a discovery answer only when it is a discovery document.",
            {},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change(
        "A name nobody created does not resolve, or not to the same address.",
        {
            "shell": """
                dig +short <discover>
                dig +short no-such-name-4711.<sip domain>
                """
        },
    ),
    undo=Change("Delete the explicit records; the wildcard applies again."),
    look_alikes={
        "rp-preauthentication": "The page is a login page.",
        "rp-path-not-published": "Other paths of the same host are answered by Lync.",
        "discover-points-to-online": "The foreign server is Microsoft's cloud.",
        "proxy-or-tls-inspection-in-the-way": "The page comes from a proxy or a captive portal.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: RootURL, failure list; mattermost-plugin-skype4business issue 9"),
        (Mark.INFERRED, "wildcard mechanics: RFC 4592"),
    ),
    rule=look,
)
