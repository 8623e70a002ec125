"""The proxy answers, and cannot or will not speak TLS with the servers behind it."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import foreign_answers, page_text
from hairpin.doctor.turn import Turn

_TLS_WORDS = re.compile(
    r"(?i)0x80072f8f|0x80072f7d|12175|upstream SSL|SSL (?:certificate|handshake|connection)|certificate (?:verify|is not|chain)|"
    r"unable to verify|error reading from remote server during.*ssl|ERR_SECURE_CONNECT_FAIL"
)


def look(case: Case) -> Iterator[Sign]:
    bad: dict[tuple[int, str], list[Turn]] = {}
    for turn in foreign_answers(case):
        if turn.status in {500, 502, 503} and not turn.preflight:
            bad.setdefault((turn.capture, turn.host), []).append(turn)
    for (capture, host), turns in bad.items():
        mixed = any(
            turn.status is not None and (turn.by_server or turn.succeeded)
            for turn in case.ours
            if (turn.capture, turn.host) == (capture, host)
        )
        if mixed or case.signed_in(turns[0]):
            continue
        words = next((found[0] for turn in turns if (found := _TLS_WORDS.search(page_text(turn)))), None)
        yield Sign(
            Certainty.PROBABLE if words else Certainty.POSSIBLE,
            f"The proxy in front of {host} answers every path with {turns[0].status} and nothing of Lync.",
            (
                turns[0].evidence("status", turns[0].status),
                turns[0].evidence("response header X-MS-Server-Fqdn", "absent"),
                *((turns[0].evidence("words of the error page", words),) if words else ()),
            ),
            {"ext": host},
        )


ENTRY = Entry(
    id="rp-backend-tls-fails",
    title="The proxy cannot speak TLS with the servers",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Every client gets the proxy's error page, on every path.",
    looks_at="""
        Only 500, 502 or 503 from a host, on all of its paths, without a mark of Lync; the page often names
        the certificate or the handshake.
        """,
    cause="""
        The proxy does not trust the issuer of the servers' certificate, connects by a name or address that
        is not in it, or offers only protocols the servers no longer speak.
        """,
    remedies=(
        Change(
            "Trust the issuing root on the proxy, connect by a name in the certificate, and allow TLS 1.2.",
            {
                "nginx": """
                    proxy_ssl_trusted_certificate /etc/ssl/internal-ca.pem;
                    proxy_ssl_name <ext>;
                    proxy_ssl_server_name on;
                    proxy_ssl_protocols TLSv1.2 TLSv1.3;
                    """,
                "Windows": "certutil -addstore Root internal-ca.cer",
            },
        ),
    ),
    verify=Change(
        "From the proxy itself, the external site answers.",
        {
            "shell": """
                curl --cacert internal-ca.pem --resolve <ext>:4443:<server address> https://<ext>:4443/Autodiscover/AutodiscoverService.svc/root
                """
        },
    ),
    undo=Change("Remove the root again and restore the former settings."),
    look_alikes={"lyncucwa-app-pool-dead": "Only /ucwa fails, and the answers are the server's own."},
    sources=(
        (Mark.DOCUMENTED, "Lync Server 2013: web publishing rules (import root and intermediates)"),
        (Mark.INFERRED, "the codes of the error pages"),
    ),
    rule=look,
)
