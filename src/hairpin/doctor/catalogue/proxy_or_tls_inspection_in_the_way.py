"""A forward proxy, a filter or an inspecting device on the client's side is in the way."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import is_foreign, page_text
from hairpin.doctor.turn import Turn

_TUNNEL = re.compile(r"(?i)TUNNEL_CONNECTION_FAILED|PROXY_CONNECTION_FAILED|PROXY_AUTH|PROXY_CERTIFICATE|407")
_PORTAL = re.compile(
    r"(?i)zscaler|bluecoat|forcepoint|websense|mcafee web gateway|squid|fortigate|captive portal"
)


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        found = _in_the_way(case, turn)
        if found is None or turn.host in told or case.signed_in(turn):
            continue
        told.add(turn.host)
        certainty, part, seen = found
        yield Sign(
            certainty,
            f"A proxy on the client's side stands between it and {turn.host}.",
            (turn.evidence(part, seen),),
            {"ext": turn.host},
        )
    for shown in case.survey.certificates:
        others = {one.issuer for one in case.survey.certificates if one.name == shown.name and one.trusted}
        if not shown.trusted and others and _PORTAL.search(shown.issuer):
            yield Sign(
                Certainty.PROBABLE,
                f"Seen {shown.vantage}, the certificate of {shown.name} is issued by an inspecting proxy.",
                (shown.evidence("issuer", shown.issuer),),
                {"ext": shown.name},
            )


def _in_the_way(case: Case, turn: Turn) -> tuple[Certainty, str, str] | None:
    if turn.status == 407:
        return Certainty.CERTAIN, "status", "407"
    if turn.status is None and (words := _TUNNEL.search(turn.step.exchange.note)):
        return Certainty.CERTAIN, "failure", words[0]
    if turn.status is None or turn.status < 400 or not is_foreign(case, turn):
        return None
    named = _PORTAL.search(
        " ".join((turn.got.get("via") or "", turn.got.get("server") or "", page_text(turn)))
    )
    return (Certainty.PROBABLE, "the proxy names itself", named[0]) if named else None


ENTRY = Entry(
    id="proxy-or-tls-inspection-in-the-way",
    title="A proxy on the client's side is in the way",
    group=Group.CLIENT,
    owner=Owner.NETWORK_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="It fails on managed computers only, or only outside the company's network.",
    looks_at="""
        407, a failed tunnel, or an error page of a product that filters what users browse; a probe compares
        the issuer of the certificate inside and outside.
        """,
    cause="""
        A forward proxy wants credentials the client cannot give, blocks <ext> or private names, or opens TLS
        with a certificate of its own.
        """,
    remedies=(
        Change(
            "Take the names of the deployment out of proxying and inspection, and give long requests time.",
            {
                "PAC file": """
                    if (shExpMatch(host, "lyncdiscover*") || host == "<ext>") return "DIRECT";
                    """,
                "Squid": """
                    acl lync dstdomain <ext> .<sip domain>
                    http_access allow lync
                    read_timeout 16 minutes
                    """,
            },
        ),
    ),
    verify=Change(
        "The issuer is the real one, and a pending request lives.",
        {
            "shell": "openssl s_client -connect <ext>:443 -servername <ext> </dev/null | openssl x509 -noout -issuer"
        },
    ),
    undo=Change("Take the exceptions out again."),
    look_alikes={
        "rp-timeout-shorter-than-pget": "The cut happens from every network.",
        "client-and-proxy-see-different-dns": "The proxy could not resolve the name.",
        "rp-preauthentication": "The login is wanted by a proxy on the server's side.",
    },
    sources=(
        (Mark.DOCUMENTED, "Troubleshooting sign-in on Android: authenticating proxies"),
        (Mark.INFERRED, "the rest"),
    ),
    rule=look,
    causes=(
        "internal-ca-not-trusted",
        "rp-backend-tls-fails",
        "rp-path-not-published",
        "wildcard-dns-catches-discover",
        "hairpin-blocked",
    ),
)
