"""The ticket is good and a policy refuses the application."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.errors import UcwaError, error_of
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role

_BY_POLICY = frozenset({"MobileApplicationNoLongerAllowed", "UserAgentNotAllowed", "TooManyApplications"})


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.of(Role.APPLICATIONS, Role.APPLICATION, Role.EVENTS):
        error = error_of(turn)
        if turn.preflight or turn.code or (turn.capture, turn.host) in told or not _refused(turn, error):
            continue
        told.add((turn.capture, turn.host))
        yield Sign(
            Certainty.CERTAIN,
            f"{turn.host} accepts the ticket and refuses the application: {error.subcode or error.code}.",
            (
                turn.evidence("status", turn.status),
                turn.evidence("response body code and subcode", f"{error.code} {error.subcode}".strip()),
            ),
            {"ext": turn.host},
        )


def _refused(turn: Turn, error: UcwaError) -> bool:
    if error.subcode in _BY_POLICY:
        return True
    return turn.role is Role.APPLICATIONS and turn.status == 403 and error.code == "Forbidden"


ENTRY = Entry(
    id="mobility-or-app-policy-403",
    title="A policy refuses the application",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE,),
    symptom="The password is accepted and then the application is refused, for users of one policy.",
    looks_at="""
        POST applications answered 403 with UCWA's own Forbidden and no X-Ms-diagnostics, or 410 with
        UserAgentNotAllowed, TooManyApplications or MobileApplicationNoLongerAllowed.
        """,
    cause="The user's mobility, client version or external access policy forbids this application.",
    remedies=(
        Change(
            "Allow it in the user's policy.",
            {
                "Lync Server Management Shell": """
                    Get-CsUser -Identity <user> | Select-Object MobilityPolicy, ExternalAccessPolicy, ClientVersionPolicy
                    Set-CsMobilityPolicy -Identity <policy> -EnableMobility $true
                    Set-CsExternalAccessPolicy -Identity <policy> -EnableOutsideAccess $true
                    """
            },
        ),
        Change(
            "Where there are too many: delete an application when it is no longer used.",
            {"HTTP": "DELETE https://<ext>/ucwa/oauth/v1/applications/<id>"},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change("POST applications is answered 201."),
    undo=Change(
        "Forbid it again.",
        {"Lync Server Management Shell": "Set-CsMobilityPolicy -Identity <policy> -EnableMobility $false"},
    ),
    look_alikes={
        "origin-not-allowed-28070": "The 403 carries 28070.",
        "rp-url-or-body-filter": "The 403 is a page of HTML.",
        "user-not-enabled-28000": "The token request was refused already.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: applications, GenericSynchronousErrors, ApplicationDashboard"),
        (Mark.INFERRED, "the external access policy"),
    ),
    rule=look,
)
