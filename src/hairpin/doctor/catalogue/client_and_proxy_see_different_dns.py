"""The browser, a proxy, a VPN and the system resolve the name in different views."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import is_foreign, page_text
from hairpin.doctor.turn import Turn

_CANNOT_RESOLVE = re.compile(
    r"(?i)ERR_DNS_FAIL|unable to determine IP address|DNS (?:lookup|resolution|error)|dns_unresolved|host ?name"
    r" (?:could|can) ?not be (?:found|resolved)|no such host|11001\b"
)


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if turn.host in told or turn.status not in {400, 404, 500, 502, 503, 504}:
            continue
        words = _proxy_says(turn) if is_foreign(case, turn) else None
        if words is not None:
            told.add(turn.host)
            yield Sign(
                Certainty.PROBABLE,
                f"A proxy on the way could not resolve {turn.host}, though the client was sent there.",
                (turn.evidence("answer of the proxy", words), turn.evidence("status", turn.status)),
                {"ext": turn.host},
            )
    yield from _another_address_than_the_probe(case, told)


def _proxy_says(turn: Turn) -> str | None:
    texts = [value for name, value in turn.got if "error" in name.lower() or name.lower() == "warning"]
    for text in (*texts, page_text(turn)):
        if found := _CANNOT_RESOLVE.search(text):
            return found[0]
    return None


def _another_address_than_the_probe(case: Case, told: set[str]) -> Iterator[Sign]:
    for turn in case.ours:
        found = case.survey.addresses(turn.host)
        if turn.address and found and turn.address not in found and turn.host not in told:
            told.add(turn.host)
            yield Sign(
                Certainty.PROBABLE,
                f"The browser reached {turn.host} at {turn.address}, and the resolvers that were asked do not name it.",
                (
                    turn.evidence("server address", turn.address),
                    *(one.evidence() for one in case.survey.of(turn.host)),
                ),
                {"ext": turn.host},
            )


ENTRY = Entry(
    id="client-and-proxy-see-different-dns",
    title="The client and a proxy see different DNS",
    group=Group.NAMES,
    owner=Owner.NETWORK_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="It works in one browser and not in another on the same computer, or only with the VPN on or off.",
    looks_at="""
        A proxy's own error page that says it cannot resolve the name; or an address in the capture that
        none of the resolvers a probe asked knows.
        """,
    cause="""
        Several resolvers are in play: the system's, the browser's own over HTTPS, a VPN's, and that of a
        proxy which resolves in the browser's stead. They see different views of <ext>.
        """,
    remedies=(
        Change(
            "Send the names of the deployment past the proxy, or always through it if it reaches the reverse proxy.",
            {"PAC file": 'if (dnsDomainIs(host, "<ext>")) return "DIRECT";'},
        ),
        Change(
            "Take split zones out of DNS over HTTPS.",
            {
                "Firefox policy": "network.trr.excluded-domains = <zone>",
                "Chrome and Edge policy": "DnsOverHttpsMode = off",
            },
            Owner.CLIENT_ADMIN,
        ),
    ),
    verify=Change("Every resolver gives the same address.", {"shell": "dig +short <ext>"}),
    undo=Change("Take the exception out of the PAC file or the policy again."),
    look_alikes={
        "ext-fqdn-missing-inside": "Every resolver inside lacks the name.",
        "proxy-or-tls-inspection-in-the-way": "The proxy wants credentials or blocks, and does resolve.",
    },
    sources=(
        (Mark.DOCUMENTED, "Troubleshooting sign-in on Android: authenticating proxies on Wi-Fi"),
        (Mark.INFERRED, "the other resolvers"),
    ),
    rule=look,
    causes=("proxy-or-tls-inspection-in-the-way", "rp-backend-tls-fails"),
)
