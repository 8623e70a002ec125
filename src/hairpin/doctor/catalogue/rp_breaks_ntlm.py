"""Windows authentication belongs to a connection, and the proxy does not keep connections apart."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import is_internal
from hairpin.doctor.windows import loops, windows_attempts


def look(case: Case) -> Iterator[Sign]:
    for attempts in windows_attempts(case):
        first, last = attempts[0], attempts[-1]
        if not loops(attempts) or is_internal(case, last):
            continue
        yield Sign(
            Certainty.PROBABLE,
            f"{last.host} challenged for Windows credentials {len(attempts)} times and never took them.",
            (
                first.evidence("request header Authorization", first.sent.get("authorization") or "not seen"),
                last.evidence(
                    "response header WWW-Authenticate", ", ".join(last.got.all("www-authenticate"))
                ),
            ),
            {"ext": last.host},
        )


ENTRY = Entry(
    id="rp-breaks-ntlm",
    title="Windows authentication does not survive the proxy",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="A credential prompt that never stops, though the password is right; at worst another user's session.",
    looks_at="""
        Four or more 401 with NTLM or Negotiate from an external name on the token URL, though the client
        sent credentials each time, and no success after them.
        """,
    cause="""
        NTLM authenticates a TCP connection. A proxy in front of <ext> that pools connections to the servers,
        or speaks HTTP/2, sends the parts of one handshake over several; channel binding fails wherever TLS
        ends before the server.
        """,
    remedies=(
        Change(
            "Give each client connection one connection to the server, in HTTP/1.1.",
            {
                "HAProxy": """
                    option http-keep-alive
                    option prefer-last-server
                    http-reuse never
                    """,
                "nginx with the ntlm directive": """
                    upstream lync { server <server address>:4443; ntlm; }
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    """,
            },
        ),
        Change(
            "Or do not use Windows authentication from outside.",
            {"Lync Server Management Shell": "Set-CsAuthConfig -Scenario BlockWindowsAuthExternally"},
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change(
        "One handshake: 401, 401, 200.",
        {
            "shell": "curl -sv --ntlm -u user -d grant_type=urn:microsoft.rtc:windows https://<ext>/WebTicket/oauthtoken"
        },
    ),
    undo=Change(
        "Restore the former settings.",
        {"Lync Server Management Shell": "Set-CsAuthConfig -Scenario AllowAllExternallyAndInternally"},
    ),
    look_alikes={
        "kerberos-or-zone-prompt-loop": "The client sends nothing, or the loop happens on the internal name too.",
        "bad-credentials-invalid-grant": "A wrong password prompts again as well: try it where no proxy is.",
    },
    sources=(
        (Mark.DOCUMENTED, "nginx ntlm module; reverse proxy requirements (accept NTLM authentication)"),
        (Mark.INFERRED, "channel binding"),
    ),
    rule=look,
)
