"""The second pool refuses without saying where its tickets come from."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.signin.steps import Role

_REFUSED = frozenset({401, 403, 500})
_ASKED = (Role.APPLICATIONS, Role.USER)


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.of(*_ASKED):
        if turn.status not in _REFUSED or turn.challenge is not None or turn.step.ticket or turn.preflight:
            continue
        if turn.host in told or turn.code or case.signed_in(turn) or not case.shows_headers(turn):
            continue
        elsewhere = [one for one in case.before(turn) if one.role is Role.TICKET and one.succeeded]
        sanitized = not any(one.step.ticket for one in case.ours if one.capture == turn.capture)
        if not elsewhere or any(one.host == turn.host for one in elsewhere) or sanitized:
            continue
        if case.asked_later(turn, Role.TICKET, turn.host):
            continue
        told.add(turn.host)
        yield Sign(
            Certainty.PROBABLE,
            f"{turn.host} was asked without a ticket and did not say where its tickets come from.",
            (
                turn.evidence("status", turn.status),
                turn.evidence(
                    "response header WWW-Authenticate", turn.got.get("www-authenticate") or "absent"
                ),
                elsewhere[-1].evidence("the only ticket was issued here", elsewhere[-1].host),
            ),
            {"ext2": turn.host, "ext": elsewhere[-1].host},
        )


ENTRY = Entry(
    id="multi-pool-401-without-challenge",
    title="The second pool does not challenge",
    group=Group.CROSS_DOMAIN,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The client says that the response has no WWW-Authenticate header, for users of one pool only.",
    looks_at="""
        A request to the home pool without a ticket, answered 401, 403 or 500 without MsRtcOAuth, after a
        ticket was issued by another pool, and no ticket request to the home pool after it.
        """,
    cause="""
        Either the client sent its old ticket along after all, or something in front of <ext2> removes the
        challenge. One site reported it, and the cause was never named.
        """,
    remedies=(
        Change(
            "Compare the answer through the proxy with the one of the server's port 4443, and let the header through.",
            {
                "shell": """
                    curl -s -o /dev/null -D - https://<ext2>/ucwa/oauth/v1/applications | grep -i www-authenticate
                    curl -sk -o /dev/null -D - --resolve <ext2>:4443:<server address> https://<ext2>:4443/ucwa/oauth/v1/applications | grep -i www-authenticate
                    """
            },
        ),
        Change(
            "Where the challenge is missing, try the home pool's own token URL before giving up.",
            {"HTTP": "POST https://<ext2>/WebTicket/oauthtoken"},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change("The 401 of <ext2> has MsRtcOAuth with an href on <ext2>."),
    undo=Change("Restore the former header rules."),
    look_alikes={
        "rp-strips-or-merges-headers": "The first pool already lacks the challenge.",
        "rp-preauthentication": "The challenge is a proxy's own.",
        "ticket-from-other-pool": "A ticket was sent along.",
    },
    sources=((Mark.DOCUMENTED, "mattermost-plugin-skype4business issue 50"),),
    rule=look,
)
