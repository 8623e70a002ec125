"""Too many failed sign-ins came from one address, and everybody behind it is refused for a while."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.errors import error_of
from hairpin.doctor.finding import Certainty, Owner
from hairpin.signin.steps import Role

MANY = 5


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        key = (turn.capture, turn.host)
        if turn.role is Role.OTHER or key in told or case.signed_in(turn) or turn.code:
            continue
        throttled = turn.status == 429 and not error_of(turn).code
        shut_out = (
            turn.status in {403, 503} and turn.role is Role.TICKET and case.failed_sign_ins(turn) >= MANY
        )
        if not throttled and not shut_out:
            continue
        told.add(key)
        yield Sign(
            Certainty.PROBABLE,
            f"{turn.host} refuses this address for a while.",
            (
                turn.evidence("status", turn.status),
                turn.evidence("response header Retry-After", turn.got.get("retry-after") or "absent"),
                turn.evidence("refused sign-ins before", case.failed_sign_ins(turn)),
            ),
            {"ext": turn.host},
        )


ENTRY = Entry(
    id="dos-filter-or-throttling",
    title="The address is throttled",
    group=Group.SERVER,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Everybody behind one address is refused from one moment to the next, and it passes by itself.",
    looks_at="429 without a UCWA error, or 403 and 503 on the token URL after five or more refused sign-ins.",
    cause="""
        The servers see every outside user under the proxy's one address. Guessing passwords at the token URL
        of <ext>, by anybody, makes a limit shut that address out.
        """,
    remedies=(
        Change(
            "Let the proxy pass the client's address on transparently; a header does not help these servers.",
            {},
            Owner.PROXY_ADMIN,
        ),
        Change(
            "Switch off from outside what is guessed at.",
            {"Lync Server Management Shell": "Set-CsAuthConfig -Scenario BlockWindowsAuthExternally"},
        ),
        Change(
            "Find the limit and who reached it.",
            {
                "PowerShell": """
                    Get-WebConfigurationProperty -Filter system.webServer/security/dynamicIpSecurity/denyByRequestRate -Name .
                    Select-String -Path C:\\inetpub\\logs\\LogFiles\\*\\*.log -Pattern 'oauthtoken'
                    """
            },
        ),
    ),
    verify=Change("After the window a single slow request is answered as usual."),
    undo=Change("Set the former scenario."),
    look_alikes={
        "bad-credentials-invalid-grant": "One user, and the answer says invalid_grant.",
        "web-ticket-service-down": "It does not pass by itself.",
    },
    sources=((Mark.DOCUMENTED, "Turn on modern authentication (why)"), (Mark.INFERRED, "the rest")),
    rule=look,
    causes=("bad-credentials-invalid-grant", "web-ticket-service-down", "rp-url-or-body-filter"),
)
