"""An OAuth token of modern authentication is for another audience, out of date, or names no user."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner

_MEANING = {
    28055: "the token is invalid",
    28056: "the token has expired",
    28077: "the token is for another audience",
    28081: "the token names no user principal",
}


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str, int]] = set()
    for turn in case.ours:
        code = turn.code
        if code not in _MEANING or (turn.capture, turn.host, code) in told:
            continue
        if case.later(turn, turn.role, turn.host):
            continue
        told.add((turn.capture, turn.host, code))
        yield Sign(
            Certainty.CERTAIN,
            f"{turn.host} says that {_MEANING[code]}.",
            (
                turn.evidence("response header X-Ms-diagnostics", turn.got.get("x-ms-diagnostics")),
                *(
                    (turn.evidence("response header Warning", told_more),)
                    if (told_more := turn.got.get("warning"))
                    else ()
                ),
            ),
            {"ext": turn.host},
        )


ENTRY = Entry(
    id="token-audience-wrong",
    title="The OAuth token is not for this host",
    group=Group.CROSS_DOMAIN,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="Clients with modern authentication are refused with 403 right after a good login page.",
    looks_at="28055, 28056, 28077 or 28081 in X-Ms-diagnostics, with no success of the same request after it.",
    cause="""
        The token was issued for another host than <ext>, by an issuer the server does not trust, or without
        the claims it needs; often because the web name is not registered for modern authentication.
        """,
    remedies=(
        Change(
            "Ask for a token whose audience is the very host that will be called.",
            {"OAuth": "resource=https://<ext>/"},
        ),
        Change(
            "Register every web name of every pool.",
            {
                "Microsoft Graph PowerShell": """
                    $s = Get-MgServicePrincipal -Filter "AppId eq '00000004-0000-0ff1-ce00-000000000000'"
                    Update-MgServicePrincipal -ServicePrincipalId $s.Id -ServicePrincipalNames ($s.ServicePrincipalNames + 'https://<ext>/')
                    """
            },
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change("The aud claim of the token names <ext>, and the answer is 200."),
    undo=Change("Remove the name from the service principal."),
    look_alikes={
        "ticket-from-other-pool": "28032 is about web tickets, not about OAuth tokens.",
        "hma-spn-missing": "The login page itself refuses to issue a token.",
    },
    sources=((Mark.DOCUMENTED, "OfficeDev/skype-docs issue 347; Skype Web SDK: authentication errors"),),
    rule=look,
)
