"""The web ticket service itself does not run."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import family
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        if family(turn) != "webticket" or turn.status not in {500, 503} or turn.code:
            continue
        if (turn.capture, turn.host) in told or case.later(turn, Role.TICKET, turn.host):
            continue
        alive = next(
            (one for one in case.before(turn) if one.host == turn.host and (one.by_server or one.challenge)),
            None,
        )
        if alive is None or case.failed_sign_ins(turn) >= 5:
            continue
        told.add((turn.capture, turn.host))
        yield Sign(
            Certainty.PROBABLE,
            f"Autodiscover of {turn.host} works and its web ticket service does not.",
            (turn.evidence("status", turn.status), alive.evidence("Autodiscover answered", alive.outcome())),
            {"ext": turn.host},
        )


ENTRY = Entry(
    id="web-ticket-service-down",
    title="The web ticket service is down",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Nobody can sign in, with any client; discovery still answers.",
    looks_at="500 or 503 under /WebTicket, without a diagnostics code, while the same host answers Autodiscover.",
    cause="""
        The preferred authentication for mobile clients was set to a method the service does not support,
        so that it does not start; or its application pool or certificate is broken.
        """,
    remedies=(
        Change(
            "Set the method back, and start the application pools.",
            {
                "Lync Server Management Shell": """
                    Set-CsWebServiceConfiguration -Identity global -MobilePreferredAuthType None
                    Get-ChildItem IIS:\\AppPools | Where-Object Name -like 'Lync*' | Select-Object Name, State
                    Test-CsWebApp -TargetFqdn <pool>
                    """
            },
        ),
    ),
    verify=Change(
        "The service describes itself.",
        {
            "shell": 'curl -s -o /dev/null -w "%{http_code}\\n" https://<ext>/WebTicket/WebTicketService.svc/mex'
        },
    ),
    undo=Change("Set the former method."),
    look_alikes={
        "rp-path-not-published": "The path is answered by the proxy, with 404 or 403.",
        "user-not-enabled-28000": "500 with 28001: one account cannot be looked up.",
        "dos-filter-or-throttling": "It began after many failed sign-ins and passes by itself.",
    },
    sources=((Mark.DOCUMENTED, "Set-CsWebServiceConfiguration (MobilePreferredAuthType)"),),
    rule=look,
)
