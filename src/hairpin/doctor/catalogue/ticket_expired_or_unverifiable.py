"""The pool's own ticket is no longer good: its time is over, or the keys or clocks have changed."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.diagnostics import TICKET_EXPIRED, TICKET_INVALID

_UNVERIFIABLE = 28072
# A ticket that is refused sooner than this after it was issued was never good here: clocks or keys.
AT_ONCE = 300.0


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        key = (turn.capture, turn.host)
        if key in told or case.later(turn, Role.TICKET, turn.host) or case.later(turn, turn.role, turn.host):
            continue
        own = turn.code == TICKET_INVALID and case.earlier(turn, Role.TICKET, turn.host)
        if turn.code not in {TICKET_EXPIRED, _UNVERIFIABLE} and not own:
            continue
        told.add(key)
        at_once = _refused_at_once(case, turn)
        yield Sign(
            Certainty.PROBABLE if own else Certainty.CERTAIN,
            f"{turn.host} refuses a ticket it issued moments before: clocks or ticket keys differ between its servers."
            if at_once
            else f"{turn.host} wants a new ticket, and the client did not get one.",
            (turn.evidence("response header X-Ms-diagnostics", turn.got.get("x-ms-diagnostics")),),
            {"ext": turn.host},
            owner=Owner.SERVER_ADMIN if at_once else None,
        )


def _refused_at_once(case: Case, turn: Turn) -> bool:
    started = turn.step.exchange.started
    issued = [
        one.step.exchange.started
        for one in case.before(turn)
        if one.role is Role.TICKET and one.succeeded and one.host == turn.host
    ]
    last = issued[-1] if issued else None
    return started is not None and last is not None and 0 <= started - last < AT_ONCE


ENTRY = Entry(
    id="ticket-expired-or-unverifiable",
    title="The ticket is no longer good",
    group=Group.CROSS_DOMAIN,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="Signed in, and after some hours everything is refused; or refused at once after a failover.",
    looks_at="""
        28033 or 28072, or 28032 from the pool that issued the ticket, and no new ticket after it. Renewal
        after such an answer is the normal course and no finding.
        """,
    cause="""
        A ticket lives eight hours for users and one for anonymous guests. One that is refused at once
        points to clocks that differ or to ticket keys that a restart has changed.
        """,
    remedies=(
        Change(
            "Get a new ticket whenever an answer is a 401 or asks for one, and keep the application.",
            {"HTTP": "POST https://<ext>/WebTicket/oauthtoken"},
        ),
        Change(
            "Set the clocks of the servers.",
            {
                "cmd": """
                    w32tm /query /status
                    w32tm /resync
                    """
            },
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change(
        "A new ticket is accepted, and the Date header differs from the client's clock by less than five minutes.",
        {"shell": "curl -sI https://<ext>/ | grep -i ^date; date -u"},
    ),
    undo=Change("Nothing was changed."),
    look_alikes={"ticket-from-other-pool": "28032 from a pool that did not issue the ticket."},
    sources=(
        (
            Mark.DOCUMENTED,
            "Skype Web SDK: handling application errors; UCWA: AuthenticationInUCWA (lifetimes)",
        ),
        (Mark.INFERRED, "clocks and keys"),
    ),
    rule=look,
)
