"""Windows authentication is wanted, and the browser does not trust the name with it, or Kerberos is broken."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import is_internal
from hairpin.doctor.windows import loops, windows_attempts


def look(case: Case) -> Iterator[Sign]:
    for attempts in windows_attempts(case):
        last = attempts[-1]
        nothing_sent = not loops(attempts) and not any("authorization" in turn.sent for turn in attempts)
        if not nothing_sent and not (loops(attempts) and is_internal(case, last)):
            continue
        yield Sign(
            Certainty.PROBABLE if len(attempts) == 1 or not nothing_sent else Certainty.POSSIBLE,
            f"{last.host} asked for Windows credentials and the browser sent none."
            if nothing_sent
            else f"{last.host} refused Windows credentials {len(attempts)} times.",
            (
                last.evidence(
                    "response header WWW-Authenticate", ", ".join(last.got.all("www-authenticate"))
                ),
                last.evidence("request header Authorization", last.sent.get("authorization") or "absent"),
            ),
            {"int": last.host, "ext": last.host},
        )


ENTRY = Entry(
    id="kerberos-or-zone-prompt-loop",
    title="The browser does not get through Windows authentication",
    group=Group.AUTHENTICATION,
    owner=Owner.CLIENT_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="A credential prompt, once or for ever; in a frame the browser may show none and fail in silence.",
    looks_at="""
        A 401 with Negotiate or NTLM on the token URL to which nothing was sent, or to which an internal
        name kept answering 401 although credentials were sent.
        """,
    cause="""
        The browser gives Windows credentials only to names it trusts, and <int> is not one of them; or the
        Kerberos account has no service name, or its password is out of date.
        """,
    remedies=(
        Change(
            "Tell the browsers which names may have Windows credentials.",
            {
                "Group policy": "Site to Zone Assignment List: https://<int> = 1",
                "Chrome and Edge policy": "AuthServerAllowlist = *.<sip domain>,<int>",
                "Firefox": "network.automatic-ntlm-auth.trusted-uris = https://<int>",
            },
        ),
        Change(
            "Check the Kerberos account and its service names.",
            {
                "Lync Server Management Shell": """
                    setspn -Q http/<int>
                    Get-CsKerberosAccountAssignment
                    Test-CsKerberosAccountAssignment -Identity "site:<site>" -Verbose
                    """
            },
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change("401, 200 with Kerberos, or 401, 401, 200 with NTLM, and no prompt."),
    undo=Change("Take the names out of the policy."),
    look_alikes={
        "rp-breaks-ntlm": "The loop happens on the external name only: the proxy splits the handshake.",
        "bad-credentials-invalid-grant": "A wrong password prompts again as well.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: AuthenticationInUCWA; Kerberos account cmdlets"),
        (Mark.INFERRED, "silence in frames"),
    ),
    rule=look,
)
