"""The proxy wants its own login before it lets anybody through to Lync."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.logins import login_scheme, login_target
from hairpin.signin.steps import Role

_BEFORE_ANY_LOGIN = (Role.ROOT, Role.XFRAME, Role.USER, Role.DOMAIN, Role.APPLICATIONS)


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        if turn.role not in _BEFORE_ANY_LOGIN and not turn.is_discovery:
            continue
        target, scheme = login_target(turn), login_scheme(turn)
        if (turn.capture, turn.host) in told or case.signed_in(turn) or not (target or scheme):
            continue
        told.add((turn.capture, turn.host))
        part = "response header Location" if target else "response header WWW-Authenticate"
        yield Sign(
            Certainty.PROBABLE,
            f"Something in front of {turn.host} asks for a login before Lync is reached.",
            (
                turn.evidence("status", turn.status),
                turn.evidence(part, target or scheme),
                turn.evidence("response header X-MS-Server-Fqdn", "absent"),
            ),
            {"ext": turn.host},
        )


ENTRY = Entry(
    id="rp-preauthentication",
    title="The proxy authenticates before Lync does",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="""
        A login page inside a hidden frame, so nothing is to be seen; scripts find HTML where they expected
        JSON; phones fail at once.
        """,
    looks_at="""
        A redirect to a login page, or a 401 with Basic, NTLM or Negotiate and without MsRtcOAuth, in answer
        to a request that Lync itself answers without any credentials. A passive sign-in that Lync announces
        in its own token answer is another matter.
        """,
    cause="A portal or authentication policy covers the listener that serves <ext>. Lync clients cannot use it.",
    remedies=(
        Change(
            "Let every name of the deployment through without authentication.",
            {
                "Web Application Proxy, PowerShell": """
                    Get-WebApplicationProxyApplication | Where-Object ExternalUrl -eq 'https://<ext>/' | Set-WebApplicationProxyApplication -ExternalPreAuthentication PassThrough
                    """,
                "TMG": "Listener: No Authentication. Delegation: No delegation, but client may authenticate directly.",
                "F5": "No access policy on this virtual server.",
            },
        ),
    ),
    verify=Change(
        "Anybody gets the discovery document.",
        {"shell": "curl -s -o /dev/null -D - https://<ext>/Autodiscover/AutodiscoverService.svc/root"},
    ),
    undo=Change("Set the former pre-authentication again."),
    look_alikes={
        "wildcard-dns-catches-discover": "The page is not a login page.",
        "rp-strips-or-merges-headers": "Lync answered 401, and its challenge was lost on the way.",
        "proxy-or-tls-inspection-in-the-way": "407: the forward proxy on the client's side wants the login.",
        "kerberos-or-zone-prompt-loop": "Negotiate on the token URL is Lync's own.",
    },
    sources=(
        (Mark.DOCUMENTED, "Lync Server 2013: web publishing rules; UCWA: RootURL"),
        (Mark.DOCUMENTED, "TMG SDK: FpcAuthenticationDelegation"),
    ),
    rule=look,
    causes=("wildcard-dns-catches-discover", "rp-http-redirect-wrong", "multi-pool-401-without-challenge"),
)
