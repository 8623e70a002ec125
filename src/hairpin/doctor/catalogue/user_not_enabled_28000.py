"""The account is good and is not enabled for SIP, or its home is unknown."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.diagnostics import NOT_SIP_ENABLED

_INTERNAL_ERROR = 28001


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        certainty = _certainty(turn)
        if certainty is None or (turn.capture, turn.host) in told or case.signed_in(turn):
            continue
        told.add((turn.capture, turn.host))
        yield Sign(
            certainty,
            f"{turn.host} failed while it looked the account up in Windows."
            if turn.code == _INTERNAL_ERROR
            else f"{turn.host} knows the account and has no home for it.",
            (turn.evidence("outcome", turn.outcome()),),
            {"ext": turn.host},
        )


def _certainty(turn: Turn) -> Certainty | None:
    if turn.code in {NOT_SIP_ENABLED, _INTERNAL_ERROR}:
        return Certainty.CERTAIN
    homeless = turn.role is Role.USER and turn.status == 404 and turn.step.ticket is not None
    return Certainty.PROBABLE if homeless and turn.by_server else None


ENTRY = Entry(
    id="user-not-enabled-28000",
    title="The account is not enabled for sign-in",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PREDICT),
    symptom="One user cannot sign in although the password is right, often a new one; others can.",
    looks_at="""
        28000, or 28001, in X-Ms-diagnostics; or the server's own 404 for the user's document although a
        ticket was sent.
        """,
    cause="""
        The account exists in the directory and was never enabled, or the change has not reached <ext> yet.
        28001 means that the server itself failed while it looked the account up.
        """,
    remedies=(
        Change(
            "Enable the account and let the change reach the pool.",
            {
                "Lync Server Management Shell": """
                    Get-CsUser -Identity <user> | Select-Object Enabled, SipAddress, RegistrarPool, HostingProvider
                    Enable-CsUser -Identity <user> -RegistrarPool <pool> -SipAddressType UserPrincipalName
                    Update-CsUserDatabase
                    """
            },
        ),
    ),
    verify=Change(
        "The user is enabled and the token request is answered 200.",
        {"Lync Server Management Shell": "Get-CsUser -Identity <user> | Select-Object Enabled"},
    ),
    undo=Change(
        "Disable the account again; its contacts are lost with it.",
        {"Lync Server Management Shell": "Disable-CsUser -Identity <user>"},
    ),
    look_alikes={
        "origin-not-allowed-28070": "Also a 403, about the application's origin.",
        "bad-credentials-invalid-grant": "The credentials themselves were refused.",
        "hybrid-user-homed-online": "The user's document leads to the cloud.",
    },
    sources=(
        (Mark.DOCUMENTED, "[MS-OCAUTHWS] 3.2.4.1; troubleshooting: newly created users cannot sign in"),
        (Mark.DOCUMENTED, "[MS-OCDISCWS] 3.1.5.3 (404 for an unknown home)"),
    ),
    rule=look,
)
