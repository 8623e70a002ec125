"""The client asks for a grant that the pool does not allow."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.tickets import challenge_before, grant_of, grant_refusals
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    for turn in grant_refusals(case):
        challenge = challenge_before(case, turn)
        offered = ", ".join(challenge.grants) if challenge else "not seen"
        asked = grant_of(turn) or "a grant the capture does not show"
        yield Sign(
            Certainty.CERTAIN,
            f"{turn.host} does not allow {asked}.",
            (
                turn.evidence("outcome", turn.outcome()),
                turn.evidence("request body grant_type", asked),
                turn.evidence("grants offered before", offered),
            ),
            {"ext": turn.host},
            severity=Severity.INFO if case.later(turn, Role.TICKET, turn.host) else None,
        )


ENTRY = Entry(
    id="grant-type-not-offered",
    title="The pool does not allow this kind of sign-in",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="Every user of this client is refused, whatever the password; other clients sign in.",
    looks_at="""
        A token request answered with unsupported_grant_type or 28029. The challenge before it lists what
        would have been allowed.
        """,
    cause="The settings of <ext> switch this grant off, for callers from outside or for everybody.",
    remedies=(
        Change("Use a grant that the challenge lists.", {}, Owner.APP_DEVELOPER),
        Change(
            "Or allow the grant; the change needs a restart of the web services.",
            {
                "Lync Server Management Shell": """
                    Get-CsWebServiceConfiguration | Format-List Identity, UseWindowsAuth, UseWsFedPassiveAuth, AllowExternalAuthentication, Override*
                    Set-CsAuthConfig -Scenario AllowAllExternallyAndInternally
                    Enable-CsComputer
                    iisreset
                    """
            },
        ),
    ),
    verify=Change(
        "The grant appears in the challenge.",
        {
            "shell": """
                curl -s -o /dev/null -D - https://<ext>/Autodiscover/AutodiscoverService.svc/root/oauth/user | grep -o 'grant_type="[^"]*"'
                """
        },
    ),
    undo=Change(
        "Set the former scenario.",
        {"Lync Server Management Shell": "Set-CsAuthConfig -Scenario BlockWindowsAuthExternally"},
    ),
    look_alikes={
        "bad-credentials-invalid-grant": "invalid_grant: the grant is allowed and the credentials are wrong.",
        "auth-differs-by-side": "The other web site of the same pool does offer the grant.",
        "hma-breaks-password-clients": "The challenge asks for modern authentication instead.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: AuthenticationInUCWA; Set-CsAuthConfig; turn on modern authentication"),
    ),
    rule=look,
)
