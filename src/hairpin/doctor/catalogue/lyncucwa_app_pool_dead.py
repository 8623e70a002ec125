"""The UCWA application pool has been recycled and did not come up again."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.errors import error_of
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import family, page_text
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.diagnostics import NEW_TICKET_NEEDED


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        key = (turn.capture, turn.host)
        if key in told or family(turn) != "ucwa" or turn.status not in {500, 503} or not _dead(turn):
            continue
        alive = any(
            one.host == turn.host and one.by_server and family(one) != "ucwa" for one in case.before(turn)
        )
        if (
            not alive
            or not _own_ticket(case, turn)
            or any(_ucwa_lives(one) for one in case.ours if one.host == turn.host)
        ):
            continue
        told.add(key)
        words = "CollaborationPlatform" in page_text(turn)
        yield Sign(
            Certainty.CERTAIN if words else Certainty.PROBABLE,
            f"{turn.host} answers everything but /ucwa.",
            (
                turn.evidence("status", turn.status),
                turn.evidence(
                    "response header X-MS-Server-Fqdn", turn.got.get("x-ms-server-fqdn") or "absent"
                ),
                *((turn.evidence("words of the page", "CollaborationPlatform"),) if words else ()),
            ),
            {"ext": turn.host, "server": turn.step.server_fqdn or ""},
        )


def _dead(turn: Turn) -> bool:
    """The server's own 500 or 503, about no ticket and no Exchange."""
    exchange = error_of(turn).code.startswith("Exchange") or error_of(turn).subcode.startswith(
        "InvalidExchange"
    )
    return turn.by_server and turn.code not in NEW_TICKET_NEEDED and not exchange


def _ucwa_lives(turn: Turn) -> bool:
    return family(turn) == "ucwa" and turn.succeeded


def _own_ticket(case: Case, turn: Turn) -> bool:
    """The ticket was issued by this very host, so it is not another pool's."""
    issued = [one for one in case.before(turn) if one.role is Role.TICKET and one.succeeded]
    return not issued or any(one.host == turn.host for one in issued)


ENTRY = Entry(
    id="lyncucwa-app-pool-dead",
    title="The UCWA application pool is dead",
    group=Group.SERVER,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Everybody gets a ticket and nobody gets in, often after a backup or a virus scan.",
    looks_at="""
        The server's own 500 or 503 under /ucwa, without a code about tickets, while it answers discovery and
        issued the ticket itself.
        """,
    cause="""
        Something touched files of the web application, the pool was recycled, and the new process could
        not create what the old one still held. The event log has ASP.NET 1309.
        """,
    remedies=(
        Change(
            "Restart the application pool, and keep scanners and backups away from the web components.",
            {
                "PowerShell": """
                    Import-Module WebAdministration
                    Restart-WebAppPool -Name LyncUcwa
                    """
            },
        ),
    ),
    verify=Change(
        "The applications resource challenges again.",
        {"shell": 'curl -s -o /dev/null -w "%{http_code}\\n" https://<ext>/ucwa/oauth/v1/applications'},
    ),
    undo=Change("Nothing was changed; a restart cannot be taken back."),
    look_alikes={
        "rp-path-not-published": "The answer has no X-MS-Server-Fqdn.",
        "ticket-from-other-pool": "28032, or a ticket that another pool issued.",
        "exchange-or-ucs-side-errors": "Signed in, and only contacts or photos fail.",
    },
    sources=((Mark.DOCUMENTED, "Troubleshooting: UCWA mobility web service does not accept connections"),),
    rule=look,
)
