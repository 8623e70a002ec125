"""The deployment answers properly, and one client cannot read it."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Redirected, Role
from hairpin.wire.origin import maybe_origin

# What is left in a URL when a challenge is cut with a pattern instead of being read.
_REMAINS = re.compile(r"(?i)(?:%22|\"|'|,\s*grant_type=|grant_type%3d)")


def look(case: Case) -> Iterator[Sign]:
    for turn in case.different:
        if _cut_badly(turn):
            yield Sign(
                Certainty.CERTAIN,
                "The client took a part of the challenge for a URL.",
                (turn.evidence("request URL", turn.url),),
            )
            return
    for turn in case.of(Role.ROOT, Role.USER):
        ignored = _redirect_ignored(case, turn)
        if ignored is not None:
            yield Sign(
                Certainty.PROBABLE,
                f"{turn.host} sent the client on, and it went on asking {turn.host}.",
                (
                    turn.evidence("link redirect", dict(turn.links()).get("redirect")),
                    ignored.evidence("outcome", ignored.outcome()),
                ),
            )
            return


def _cut_badly(turn: Turn) -> bool:
    path = turn.url.partition("?")[0]
    return "webticket" in path.lower() and _REMAINS.search(path) is not None


def _redirect_ignored(case: Case, turn: Turn) -> Turn | None:
    """A request that fails on the old host after a redirect link, while the new one is never asked."""
    if not isinstance(turn.answer, Redirected) or turn.status != 200 or case.signed_in(turn):
        return None
    target = maybe_origin(turn.answer.href)
    later = [one for one in case.after(turn) if one.role not in {Role.OTHER, Role.XFRAME}]
    if target is None or target.host == turn.host or any(one.host == target.host for one in later):
        return None
    return next((one for one in later if one.host == turn.host and (one.status or 0) >= 400), None)


ENTRY = Entry(
    id="client-parses-discovery-naively",
    title="The client cannot read what discovery answers",
    group=Group.CLIENT,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="One client fails where every other one works, and a probe finds nothing.",
    looks_at="""
        A token URL with remains of the challenge in it, or a redirect link after which the client goes on
        asking the old host.
        """,
    cause="""
        The client takes one host, one spelling of a header and one pool for granted: it cuts the challenge
        with a pattern, ignores redirect links, or compares paths and headers by case.
        """,
    remedies=(
        Change(
            "Read the challenge by its grammar, with quotes or without, folded or not; follow redirect links; take URLs as they are given."
        ),
        Change(
            "Try it against a whole deployment on this computer, with several pools.",
            {"shell": "hairpin lab"},
        ),
    ),
    verify=Change("The client signs in to a lab with two pools."),
    undo=Change("Nothing in the deployment was changed."),
    look_alikes={"rp-strips-or-merges-headers": "The challenge was folded or lost on the way."},
    sources=(
        (
            Mark.DOCUMENTED,
            "mattermost-plugin-skype4business issue 50; pyucwa issue 3; SkypeForBusinessClient issue 1",
        ),
    ),
    rule=look,
)
