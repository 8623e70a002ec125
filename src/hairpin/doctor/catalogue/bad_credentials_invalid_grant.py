"""The ticket service could not verify the name and password (or conference key) it was given."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.tickets import grant_of, offers_passive
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Refused, Role
from hairpin.wire.challenge import ANONYMOUS, PASSIVE
from hairpin.wire.diagnostics import NO_TOKEN


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.of(Role.TICKET):
        if turn.method != "POST" or (turn.capture, turn.host) in told or not _refused(turn):
            continue
        told.add((turn.capture, turn.host))
        yield _sign(case, turn)


def _refused(turn: Turn) -> bool:
    if not isinstance(turn.answer, Refused) or turn.answer.passive is not None or grant_of(turn) == PASSIVE:
        return False
    return turn.error in {"invalid_grant", "invalid_request"} or (
        turn.error is None and turn.code == NO_TOKEN
    )


def _sign(case: Case, turn: Turn) -> Sign:
    evidence = [turn.evidence("request method", turn.method), turn.evidence("outcome", turn.outcome())]
    if turn.error:
        evidence.append(turn.evidence("response body error", turn.error))
    ambiguous = turn.error is None and grant_of(turn) is None and offers_passive(case, turn)
    if turn.error == "invalid_request":
        says = f"{turn.host} could not read the token request: a field is missing, or a character in it was not encoded."
    elif grant_of(turn) == ANONYMOUS:
        says = f"{turn.host} could not verify the conference key of the meeting."
    else:
        says = f"{turn.host} could not verify the user name and password it was given."
    recovered = case.later(turn, Role.TICKET, turn.host)
    return Sign(
        Certainty.CERTAIN
        if turn.error == "invalid_grant"
        else Certainty.POSSIBLE
        if ambiguous
        else Certainty.PROBABLE,
        says,
        tuple(evidence),
        {"ext": turn.host},
        severity=Severity.INFO if recovered else None,
        owner=Owner.APP_DEVELOPER if turn.error == "invalid_request" else None,
    )


ENTRY = Entry(
    id="bad-credentials-invalid-grant",
    title="The user name or password was refused",
    group=Group.AUTHENTICATION,
    owner=Owner.USER,
    seen_by=(SeenBy.CAPTURE, SeenBy.PREDICT),
    symptom="""
        Sign-in says that the credentials could not be verified, in any browser and any client, for this
        user.
        """,
    looks_at="""
        A POST to /WebTicket/oauthtoken answered 400 with invalid_grant (or with 28020 where the body is
        missing), without ms_rtc_passiveauthuri. Never an OPTIONS: 28020 in answer to that is about
        origins.
        """,
    cause="""
        The password is wrong, the account is locked, the body was not encoded for a form, or the name is
        a SIP address where Windows wants its own kind: the server at <ext> checks a Windows logon, not a
        SIP sign-in.
        """,
    remedies=(
        Change(
            """
            Sign in with the user principal name, or with DOMAIN\\user where the SIP domain is no UPN
            suffix, and try the same account where Windows asks for it.
            """,
            {
                "shell": "hairpin sign-in user@domain",
            },
        ),
        Change(
            """
            Encode every value of the form: an ampersand, a plus or a percent sign in a password ends or
            changes it otherwise.
            """,
            {
                "Python": """
                    urllib.parse.urlencode({"grant_type": "password", "username": name, "password": password})
                    """,
            },
            Owner.APP_DEVELOPER,
        ),
        Change(
            "Look for a locked, disabled or expired account.",
            {
                "PowerShell": "Get-ADUser user -Properties LockedOut, Enabled, PasswordExpired, UserPrincipalName",
            },
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change(
        "The same POST is answered 200 with an access_token.",
    ),
    undo=Change(
        "Nothing was changed.",
    ),
    look_alikes={
        "passive-only-28020": "The answer names ms_rtc_passiveauthuri: the first leg of a passive sign-in, and normal.",
        "ext-fqdn-resolves-to-internal-site": "28020 in answer to an OPTIONS.",
        "grant-type-not-offered": "unsupported_grant_type, with 28029.",
        "dos-filter-or-throttling": "Many users at once, from one address.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: AuthenticationInUCWA; troubleshooting sign-in for mobile devices"),
        (Mark.INFERRED, "the pairing of a wrong password with 28020"),
    ),
    rule=look,
)
