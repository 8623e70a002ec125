"""Modern authentication is on, and a client that knows only passwords stands before it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.tickets import grant_of, grant_refusals
from hairpin.doctor.turn import Turn
from hairpin.wire.challenge import PASSWORD, WINDOWS


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    refused = {(turn.capture, turn.host): turn for turn in grant_refusals(case)}
    for turn in case.ours:
        challenge = turn.challenge
        key = (turn.capture, turn.host)
        if challenge is None or key in told or not _modern(challenge.authorization_uri):
            continue
        if {PASSWORD, WINDOWS} & set(challenge.grants) or case.signed_in(turn):
            continue
        told.add(key)
        tried = refused.get(key)
        if tried is None and not _stopped(case, turn):
            continue
        yield Sign(
            Certainty.PROBABLE
            if tried and grant_of(tried) in {PASSWORD, WINDOWS, None}
            else Certainty.POSSIBLE,
            f"{turn.host} wants modern authentication and offers neither a password nor a Windows grant.",
            (
                turn.evidence("grants offered", ", ".join(challenge.grants) or "none"),
                turn.evidence("authorization_uri", challenge.authorization_uri),
                *((tried.evidence("outcome", tried.outcome()),) if tried else ()),
            ),
            {"ext": turn.host},
        )


def _modern(uri: str | None) -> bool:
    """A real login service; servers without one print a file: URL there."""
    return uri is not None and uri.lower().startswith("https://")


def _stopped(case: Case, turn: Turn) -> bool:
    """The client asked neither for a ticket nor at the login service, though it went on."""
    later = [one for one in case.turns if one.capture == turn.capture and one.number > turn.number]
    return bool(later) and not any(
        "/oauth2/" in one.url.lower() or "webticket" in one.url.lower() for one in later
    )


ENTRY = Entry(
    id="hma-breaks-password-clients",
    title="The client cannot do modern authentication",
    group=Group.AUTHENTICATION,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Scripts and old applications stopped on the day modern authentication was switched on.",
    looks_at="""
        A challenge with an https authorization_uri and without password or windows among its grants, and a
        client that asks for one of them all the same or gives up.
        """,
    cause="Legacy authentication to <ext> was switched off on purpose.",
    remedies=(
        Change("Let the application use OAuth.", {"OAuth": "resource=https://<ext>/"}),
        Change(
            "Or allow legacy authentication again.",
            {"Lync Server Management Shell": "Set-CsAuthConfig -Scenario AllowAllExternallyAndInternally"},
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change("The client asks for a grant that is offered."),
    undo=Change(
        "Block it again; one scenario's name is misspelt in the product.",
        {
            "Lync Server Management Shell": "Set-CsAuthConfig -Scenario BlockWindowsAuthExternalyAndModernAuthInternally"
        },
    ),
    look_alikes={
        "grant-type-not-offered": "No login service is named: the grant is switched off for itself."
    },
    sources=((Mark.DOCUMENTED, "Turn on modern authentication; mattermost-plugin-skype4business"),),
    rule=look,
    causes=("grant-type-not-offered",),
)
