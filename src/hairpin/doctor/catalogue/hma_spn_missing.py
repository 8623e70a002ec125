"""Modern authentication is on, and the web name is not registered with the tenant."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import page_text
from hairpin.doctor.turn import Turn

_LOGIN_HOSTS = ("login.windows.net", "login.microsoftonline.com", "login.microsoft.com", "sts.windows.net")
_UNKNOWN_RESOURCE = re.compile(r"AADSTS5000?11\b|AADSTS500011|AADSTS50001\b")


def look(case: Case) -> Iterator[Sign]:
    for turn in case.different:
        words = _unknown_resource(turn)
        if words is None:
            continue
        challenge = next(
            (one for one in case.ours if one.challenge and one.challenge.authorization_uri), None
        )
        yield Sign(
            Certainty.CERTAIN,
            "The tenant does not know the web name as a resource, so it issues no token for it.",
            (
                turn.evidence("answer of the login service", words),
                *(
                    (challenge.evidence("authorization_uri", challenge.challenge.authorization_uri),)
                    if challenge and challenge.challenge
                    else ()
                ),
            ),
            {"ext": challenge.host} if challenge else {},
        )
        return


def _unknown_resource(turn: Turn) -> str | None:
    at_login = turn.host in _LOGIN_HOSTS or "error_description=" in turn.url
    if not at_login:
        return None
    texts = (turn.url, turn.got.get("location") or "", page_text(turn))
    return next((found[0] for text in texts if (found := _UNKNOWN_RESOURCE.search(text))), None)


ENTRY = Entry(
    id="hma-spn-missing",
    title="The web name is not registered for modern authentication",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE,),
    symptom="The login page of Microsoft says that the resource principal was not found.",
    looks_at="AADSTS500011 or 50001 from the login service, after a challenge with an authorization_uri.",
    cause="""
        Hybrid modern authentication is on, and https://<ext>/ is not among the names of the service
        principal. Where the wrong web site answers, the client asks for <int> instead, and it fails inside only.
        """,
    remedies=(
        Change(
            "Register the internal and the external web name of every pool.",
            {
                "Microsoft Graph PowerShell": """
                    $s = Get-MgServicePrincipal -Filter "AppId eq '00000004-0000-0ff1-ce00-000000000000'"
                    Update-MgServicePrincipal -ServicePrincipalId $s.Id -ServicePrincipalNames ($s.ServicePrincipalNames + 'https://<ext>/' + 'https://<int>/')
                    """
            },
        ),
    ),
    verify=Change(
        "The client shows an OAuth authority, and the login service issues a token for https://<ext>/."
    ),
    undo=Change("Remove the names from the service principal."),
    look_alikes={"token-audience-wrong": "A token was issued, and the server refuses it."},
    sources=(
        (Mark.DOCUMENTED, "Configure Skype for Business for hybrid modern authentication"),
        (Mark.INFERRED, "the AADSTS code"),
    ),
    rule=look,
    causes=("token-audience-wrong",),
)
