"""Signed in, and what comes from Exchange does not load: no fault of the sign-in."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.errors import error_of
from hairpin.doctor.finding import Certainty, Owner, Severity

_EXCHANGE = frozenset({"ExchangeServiceFailure", "ExchangeTimeout", "InvalidExchangeServerVersion"})


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if turn.status is None or turn.status < 400 or turn.host in told:
            continue
        error = error_of(turn)
        named = next((word for word in (error.code, error.subcode) if word in _EXCHANGE), None)
        if named is not None:
            told.add(turn.host)
            yield Sign(
                Certainty.CERTAIN,
                f"{turn.host} could not get something from Exchange: {named}.",
                (turn.evidence("response body code and subcode", f"{error.code} {error.subcode}".strip()),),
                {"ext": turn.host},
            )


ENTRY = Entry(
    id="exchange-or-ucs-side-errors",
    title="Exchange does not answer the server",
    group=Group.SERVER,
    owner=Owner.SERVER_ADMIN,
    severity=Severity.INFO,
    seen_by=(SeenBy.CAPTURE,),
    symptom="Signed in, and contacts, photos or meetings do not load.",
    looks_at="UCWA's own ExchangeServiceFailure, ExchangeTimeout or InvalidExchangeServerVersion.",
    cause="The server behind <ext> cannot reach Exchange, or its OAuth certificate or partner application is broken.",
    remedies=(
        Change(
            "Test the way from the server to Exchange.",
            {
                "Lync Server Management Shell": """
                    Test-CsExStorageConnectivity -SipUri <user>
                    Get-CsPartnerApplication
                    Get-CsCertificate -Type OAuthTokenIssuer | Select-Object NotAfter
                    """
            },
        ),
    ),
    verify=Change("Contacts load."),
    undo=Change("Nothing was changed."),
    look_alikes={"lyncucwa-app-pool-dead": "All of /ucwa fails."},
    sources=((Mark.DOCUMENTED, "UCWA: GenericSynchronousErrors"),),
    rule=look,
)
