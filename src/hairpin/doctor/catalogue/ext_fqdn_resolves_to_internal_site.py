"""The external name leads straight to the server, where port 443 is the internal web site: the original case."""

from collections.abc import Iterator

from hairpin.deployment.model import Side
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.sites import Path, server_addresses
from hairpin.doctor.survey import INSIDE
from hairpin.doctor.wrongsite import name_facts, wrong_site_sign, wrong_sites
from hairpin.wire.exchange import Failure


def look(case: Case) -> Iterator[Sign]:
    for found in wrong_sites(case):
        if not found.crossing.turn.is_discovery and found.crossing.path is not Path.PROXY:
            certain = found.crossing.path is Path.DIRECT and found.crossing.firm
            yield wrong_site_sign(
                case,
                found,
                Certainty.CERTAIN if certain else Certainty.PROBABLE,
                f"{found.crossing.asked} was answered by the internal web site, which handed out "
                f"{found.crossing.handed}; {found.crossing.because}.",
            )
    yield from _straight_to_a_server_that_does_not_answer(case)
    yield from _one_address_for_both_names(case)


def _straight_to_a_server_that_does_not_answer(case: Case) -> Iterator[Sign]:
    """No answer under the external name at an address that is a server's own."""
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        refused = turn.failure in {Failure.TLS, Failure.REFUSED} and turn.address is not None
        if not refused or (turn.capture, turn.host) in told or turn.is_discovery:
            continue
        if case.names.side(turn.host) is Side.EXTERNAL and turn.address in server_addresses(
            case, turn.capture
        ):
            told.add((turn.capture, turn.host))
            yield Sign(
                Certainty.PROBABLE,
                f"{turn.host} leads to {turn.address}, the address of a server of the pool, and gets no "
                "answer there.",
                (turn.evidence("server address", turn.address), turn.evidence("failure", turn.failure)),
                {"ext": turn.host, "server address": turn.address or ""},
                severity=Severity.INFO if case.signed_in(turn) else None,
            )


def _one_address_for_both_names(case: Case) -> Iterator[Sign]:
    """Inside, a probe finds the external name at an internal name's address."""
    inside = [one for one in case.survey.lookups if one.vantage == INSIDE and one.addresses]
    internal = [one for one in inside if case.names.firmly(Side.INTERNAL, one.name.lower())]
    for lookup in inside:
        if not case.names.firmly(Side.EXTERNAL, lookup.name.lower()):
            continue
        twin = next((one for one in internal if set(one.addresses) & set(lookup.addresses)), None)
        if twin is not None:
            yield Sign(
                Certainty.PROBABLE,
                f"Inside, {lookup.name} and {twin.name} lead to one address.",
                (lookup.evidence(), twin.evidence()),
                {
                    **name_facts(lookup.name.lower()),
                    "ext": lookup.name,
                    "int": twin.name,
                    "server address": twin.addresses[0],
                },
            )


ENTRY = Entry(
    id="ext-fqdn-resolves-to-internal-site",
    title="The external web services name leads to the internal web site",
    group=Group.NAMES,
    owner=Owner.DNS_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Signing in works from outside and fails inside. The browser's console speaks of CORS and of a
        preflight without Access-Control-Allow-Origin; replaying the requests in another program works.
        """,
    looks_at="""
        A 401 whose MsRtcOAuth href names another host than the one that was asked. That host is
        internal: by its zone, by the server's own name, by a discovery document or by the deployment
        file. Both names at one address mean DNS. A preflight to that href, or a POST without an answer,
        is the symptom that follows.
        """,
    cause="""
        A server runs two web sites, the internal on port 443 and the external on 4443, and the site that
        takes the request decides which names go into its links. Inside, <ext> resolves to the server
        itself, so port 443 of the internal site answers and sends the client on to <int>. The frame's
        page is on <ext>, so that request crosses origins, the browser asks permission with OPTIONS, and
        the server takes the OPTIONS for a token request without credentials.
        """,
    remedies=(
        Change(
            """
            Let internal DNS answer <ext> with the address of the reverse proxy's listener that turns 443
            into 4443. Remove the record that names the server, and any AAAA, CNAME or hosts-file entry
            of the same name.
            """,
            {
                "PowerShell, where the zone is hosted internally": """
                    Get-DnsServerResourceRecord -ZoneName <zone> -Name <label>
                    Remove-DnsServerResourceRecord -ZoneName <zone> -Name <label> -RRType A -Force
                    Add-DnsServerResourceRecordA -ZoneName <zone> -Name <label> -IPv4Address <proxy address> -TimeToLive 00:05:00
                    Clear-DnsServerCache -Force
                    """,
                "PowerShell, where no internal zone is wanted: a zone for this one name": """
                    Add-DnsServerPrimaryZone -Name <ext> -ReplicationScope Domain
                    Add-DnsServerResourceRecordA -ZoneName <ext> -Name '@' -IPv4Address <proxy address>
                    """,
                "BIND, internal view": "<label>  300  IN  A  <proxy address>",
                "unbound": """
                    local-zone: "<ext>." redirect
                    local-data: "<ext>. 300 IN A <proxy address>"
                    """,
                "dnsmasq": "host-record=<ext>,<proxy address>",
            },
        ),
        Change(
            """
            Without touching DNS: if <ext> has an address of its own on the load balancer inside,
            translate 443 to 4443 and 80 to 8080 there; or put Hairpin's gateway in front of the
            deployment.
            """,
            {
                "shell": "hairpin up --deployment deployment.toml",
            },
            Owner.NETWORK_ADMIN,
        ),
    ),
    verify=Change(
        """
        From a client inside, the name leads to the proxy and the challenge names the host that was
        asked.
        """,
        {
            "PowerShell": "Resolve-DnsName <ext>",
            "shell": """
                curl -s -o /dev/null -D - https://<ext>/Autodiscover/AutodiscoverService.svc/root/oauth/user | grep -i msrtcoauth
                """,
        },
    ),
    undo=Change(
        "Put the former record back; clients follow once its time to live is over.",
        {
            "PowerShell": """
                Remove-DnsServerResourceRecord -ZoneName <zone> -Name <label> -RRType A -Force
                Add-DnsServerResourceRecordA -ZoneName <zone> -Name <label> -IPv4Address <server address>
                """,
        },
    ),
    look_alikes={
        "rp-443-to-443": """
            The same answers, but <ext> leads to the reverse proxy, which forwards to port 443 instead of
            4443. Compare the address of <ext> with those of <int> and of the discovery name.
            """,
        "xframe-not-moved-to-home-pool": """
            The other host is the external name of a second pool, which is legitimate; the application
            kept its first frame.
            """,
        "direct-xhr-without-xframe": "The preflight's Origin is the application's own page, not <ext>.",
        "rp-host-header-rewritten": "The external site answers, but with a name that comes from the proxy.",
        "bad-credentials-invalid-grant": "28020 in answer to a POST is about credentials, never about names.",
    },
    sources=(
        (
            Mark.DOCUMENTED,
            "UCWA sign-in fails while seeing HTTP OPTIONS request (Microsoft blog archive, poptart)",
        ),
        (Mark.DOCUMENTED, "Skype for Business Server: network requirements, DNS; load balancing; mobility"),
    ),
    rule=look,
    causes=(
        "auth-differs-by-side",
        "internal-ca-not-trusted",
        "local-network-access-blocked",
        "private-network-preflight",
        "rp-options-blocked",
        "rp-cert-san-missing",
        "ext-fqdn-missing-inside",
    ),
)
