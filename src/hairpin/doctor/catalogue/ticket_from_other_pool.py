"""A web ticket of one pool was presented to another, which cannot know it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role, Ticketed
from hairpin.wire.diagnostics import NEW_TICKET_NEEDED, TICKET_INVALID
from hairpin.wire.origin import maybe_origin

_USES_A_TICKET = (Role.USER, Role.APPLICATIONS, Role.APPLICATION, Role.EVENTS, Role.RESOURCE)


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[int, str]] = set()
    issuers: dict[int, dict[str, str]] = {}
    for turn in case.ours:
        issued = issuers.setdefault(turn.capture, {})
        if turn.role is Role.TICKET and turn.method == "POST" and turn.succeeded:
            issued[turn.answer.ticket if isinstance(turn.answer, Ticketed) else turn.host] = turn.host
        elif turn.role in _USES_A_TICKET and (turn.capture, turn.host) not in told and _refused(turn):
            sign = _foreign(case, turn, issued)
            if sign is not None:
                told.add((turn.capture, turn.host))
                yield sign


def _refused(turn: Turn) -> bool:
    return turn.code in NEW_TICKET_NEEDED or (turn.code is None and turn.status in {401, 403, 500})


def _foreign(case: Case, turn: Turn, issued: dict[str, str]) -> Sign | None:
    """The sign, unless the ticket is the pool's own, was not sent at all, or was replaced by a good one."""
    asked_anew = {turn.host, *(origin.host for _, href in turn.links() if (origin := maybe_origin(href)))}
    if turn.host in issued.values() or any(case.asked_later(turn, Role.TICKET, host) for host in asked_anew):
        return None
    if any(case.later(turn, role, turn.host) for role in _USES_A_TICKET):
        return None
    home = issued.get(turn.step.ticket or "")
    if home is not None:
        certainty = Certainty.CERTAIN if turn.code == TICKET_INVALID else Certainty.PROBABLE
    elif turn.code == TICKET_INVALID:
        certainty, home = Certainty.PROBABLE, next(iter(issued.values()), None)
    else:
        return None
    evidence = [turn.evidence("outcome", turn.outcome())]
    if turn.step.ticket:
        evidence.append(turn.evidence("request header Authorization", f"Bearer {turn.step.ticket}"))
    evidence += [
        one.evidence("the ticket was issued here", one.host)
        for one in case.before(turn)
        if one.role is Role.TICKET and one.succeeded and one.host == home
    ][:1]
    says = (
        f"{turn.host} refused a web ticket that {home} had issued; no new one was asked for at {turn.host}."
        if home
        else f"{turn.host} does not know the web ticket it was shown, and none had been asked for there."
    )
    return Sign(certainty, says, tuple(evidence), {"ext2": turn.host, "ext": home or ""})


ENTRY = Entry(
    id="ticket-from-other-pool",
    title="The web ticket of one pool was used on another",
    group=Group.CROSS_DOMAIN,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE, SeenBy.PREDICT),
    symptom="""
        Sign-in fails only for users who are not at home on the pool that answers discovery. The last
        answer is a 500 with 28032, on other builds a 401 or 403.
        """,
    looks_at="""
        A request with a ticket that is refused with 28032 (or a bare 401, 403 or 500) by a host that did
        not issue the ticket. A new ticket from that host, or a success there, afterwards makes it the
        normal course of a sign-in and no finding.
        """,
    cause="""
        A web ticket is good on the pool that issued it and nowhere else. The client was sent from <ext>
        to <ext2>, the user's home pool, and took its ticket along. Nothing is broken in the deployment.
        """,
    remedies=(
        Change(
            """
            Whenever the host of the applications link differs from the host of the user link, ask the
            new host without Authorization, read the challenge of its 401, and get a new ticket from the
            href that this challenge names.
            """,
            {
                "HTTP": """
                    GET https://<ext2>/ucwa/oauth/v1/applications   (no Authorization)
                    401, then POST to the href it names
                    """,
            },
        ),
        Change(
            "Until the application is repaired, let it begin at the user's home pool.",
            {
                "configuration of the application": "https://<ext2>/Autodiscover/AutodiscoverService.svc/root",
            },
        ),
    ),
    verify=Change(
        """
        The trace shows a second POST to /WebTicket/oauthtoken, on <ext2>, and then a 201 for
        applications.
        """,
    ),
    undo=Change(
        "Nothing in the deployment was changed.",
    ),
    look_alikes={
        "ticket-expired-or-unverifiable": "28033 or 28072, or 28032 from the very pool that issued the ticket.",
        "lyncucwa-app-pool-dead": "A 500 without 28032 from the pool that issued the ticket.",
        "multi-pool-401-without-challenge": "The new pool was asked without a ticket and sent no challenge.",
        "xframe-not-moved-to-home-pool": "A browser never got an answer, because it asked from the first pool's frame.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA with directors or multiple pools (Microsoft blog archive, poptart)"),
        (Mark.DOCUMENTED, "Skype Web SDK: developing for Skype for Business Server; authentication errors"),
    ),
    rule=look,
    causes=(
        "lyncucwa-app-pool-dead",
        "ticket-expired-or-unverifiable",
    ),
)
