"""Headers that the sign-in needs are lost or folded on the way."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Challenged, Role
from hairpin.wire.challenge import read_schemes

_CHALLENGES = (Role.USER, Role.APPLICATIONS)


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        found = _lost(case, turn)
        if found is None or turn.host in told or case.signed_in(turn):
            continue
        told.add(turn.host)
        says, part, seen = found
        yield Sign(Certainty.PROBABLE, says, (turn.evidence(part, seen),), {"ext": turn.host})


def _lost(case: Case, turn: Turn) -> tuple[str, str, str] | None:
    """What got lost, the part that shows it, and what is seen there."""
    if turn.status == 428 and "if-match" in turn.sent:
        return f"If-Match was sent to {turn.host} and did not arrive.", "request header If-Match", "sent"
    if turn.role not in _CHALLENGES or not isinstance(turn.answer, Challenged):
        return None
    if turn.step.ticket:
        return _lost_ticket(case, turn)
    lines = turn.got.all("www-authenticate")
    if turn.challenge is None and turn.by_server and case.shows_headers(turn) and not _issued(case, turn):
        return (
            f"Lync challenged at {turn.host}, and its MsRtcOAuth line did not arrive.",
            "response header WWW-Authenticate",
            ", ".join(lines) or "absent",
        )
    if turn.challenge is not None and _folded(lines) and _stopped(case, turn):
        return (
            f"Both challenges of {turn.host} arrived in one line, and the client did not find MsRtcOAuth in it.",
            "response header WWW-Authenticate",
            lines[0],
        )
    return None


def _lost_ticket(case: Case, turn: Turn) -> tuple[str, str, str] | None:
    """A host challenges again, without a word why, though it was shown a ticket of its own."""
    own = case.earlier(turn, Role.TICKET, turn.host)
    if not own or turn.code or turn.challenge is None or case.later(turn, turn.role, turn.host):
        return None
    return (
        f"{turn.host} challenged again although a ticket of its own was sent: it did not arrive.",
        "request header Authorization",
        "Bearer, sent",
    )


def _issued(case: Case, turn: Turn) -> bool:
    """A ticket was issued before, elsewhere: then this is the second pool's missing challenge."""
    return any(one.role is Role.TICKET and one.succeeded for one in case.before(turn))


def _folded(lines: tuple[str, ...]) -> bool:
    return any(len(read_schemes([line])) > 1 for line in lines)


def _stopped(case: Case, turn: Turn) -> bool:
    """The client went on asking, but never for a ticket."""
    later = list(case.after(turn))
    return bool(later) and not any(one.role is Role.TICKET for one in later)


ENTRY = Entry(
    id="rp-strips-or-merges-headers",
    title="Headers are lost or folded on the way",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The client says that the response has no WWW-Authenticate header, or asks for a ticket again and again.",
    looks_at="""
        A 401 of Lync without MsRtcOAuth; a second challenge although a ticket of the same host was sent;
        both challenges folded into one line after which no ticket was asked for; a 428 although If-Match
        was sent.
        """,
    cause="""
        Something in front of <ext> keeps a list of allowed headers, has too small a buffer for long
        tickets, or joins header lines of one name. Joining is legal HTTP; simple clients cannot read it.
        """,
    remedies=(
        Change(
            "Pass every request and response header, and make room for long ones.",
            {
                "nginx": """
                    proxy_pass_header WWW-Authenticate;
                    proxy_set_header Authorization $http_authorization;
                    proxy_buffer_size 16k;
                    large_client_header_buffers 4 32k;
                    """
            },
        ),
        Change(
            "Read challenges by their grammar, scheme by scheme, not with a pattern for one line.",
            {},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change(
        "Through the proxy there are two WWW-Authenticate lines, as there are on port 4443 of the server.",
        {
            "shell": """
                curl -s -o /dev/null -D - https://<ext>/Autodiscover/AutodiscoverService.svc/root/oauth/user | grep -ic www-authenticate
                """
        },
    ),
    undo=Change("Restore the former header rules."),
    look_alikes={
        "rp-preauthentication": "The challenge was replaced by the proxy's own, not lost.",
        "multi-pool-401-without-challenge": "The first pool challenges properly and only the second does not.",
        "ticket-expired-or-unverifiable": "The server says why it wants a new ticket.",
        "client-parses-discovery-naively": "The challenge is as servers print it, and one client cannot read it.",
    },
    sources=(
        (Mark.DOCUMENTED, "mattermost-plugin-skype4business issue 50; UCWA: HTTP (headers used)"),
        (Mark.DOCUMENTED, "a folded challenge in a published test fixture"),
    ),
    rule=look,
    causes=("client-parses-discovery-naively",),
)
