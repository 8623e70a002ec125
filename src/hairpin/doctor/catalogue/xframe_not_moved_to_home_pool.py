"""The application keeps its first frame after the server has sent it to another host."""

from collections.abc import Iterator

from hairpin.deployment.model import Side
from hairpin.doctor.case import Case
from hairpin.doctor.crossorigin import blocked, is_frame_origin
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.wire.origin import maybe_origin


def look(case: Case) -> Iterator[Sign]:
    wrong = {(crossing.asked, crossing.handed) for crossing in case.crossings}
    told: set[tuple[str, str]] = set()
    for turn in case.ours:
        asker = turn.asker
        if asker is None or not blocked(case, turn) or not is_frame_origin(case, asker):
            continue
        pair = (asker.host, turn.host)
        if pair in told or pair in wrong or any(turn.host == handed for _, handed in wrong):
            continue
        if case.names.firmly(Side.INTERNAL, turn.host):
            continue
        told.add(pair)
        giver = _giver(case, turn)
        yield Sign(
            Certainty.CERTAIN if giver is not None and turn.preflight else Certainty.PROBABLE,
            f"The frame of {asker} asked {turn.origin}; the application should have loaded that host's frame first.",
            (
                turn.evidence("request header Origin", turn.sent.get("origin") or asker),
                turn.evidence("outcome", turn.outcome()),
                *((giver.evidence("handed out the new host", turn.origin),) if giver else ()),
            ),
            {"ext": asker.host, "ext2": turn.host},
            tuple(
                one
                for one in case.after(turn)
                if (one.asker, one.host) == (asker, turn.host) and not one.succeeded
            ),
        )


def _giver(case: Case, turn: Turn) -> Turn | None:
    """The answer that sent the client to that host."""
    for one in case.before(turn):
        if any((origin := maybe_origin(href)) and origin == turn.origin for _, href in one.links()):
            return one
    return None


ENTRY = Entry(
    id="xframe-not-moved-to-home-pool",
    title="The application kept the first host's frame",
    group=Group.CROSS_DOMAIN,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="Sign-in fails for users of other pools only; the console speaks of CORS.",
    looks_at="""
        A preflight or a blocked request from one host's frame to another published host, which an answer
        had handed out as a link. The foreign host is legitimate; the frame is the wrong one.
        """,
    cause="""
        The user's document led from <ext> to <ext2>, the home pool. Requests to <ext2> must come from a frame
        of <ext2>; the application went on using the frame of <ext>.
        """,
    remedies=(
        Change(
            "Whenever the host changes, load the new host's xframe link and send requests through it; then get a new ticket there.",
            {"HTML": '<iframe src="https://<ext2>/Autodiscover/XFrame/XFrame.html" hidden></iframe>'},
        ),
        Change(
            "Until then, begin discovery at the home pool.",
            {"configuration of the application": "https://<ext2>/Autodiscover/AutodiscoverService.svc/root"},
        ),
    ),
    verify=Change("Requests to <ext2> have its own frame as Referer, and no OPTIONS is in the trace."),
    undo=Change("Nothing in the deployment was changed."),
    look_alikes={
        "ext-fqdn-resolves-to-internal-site": "The foreign host is an internal name, handed out by a challenge.",
        "ticket-from-other-pool": "The new host was reached, and refused the old ticket.",
        "direct-xhr-without-xframe": "The Origin is the application's page, not a frame.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: TransportLibrary"),
        (Mark.DOCUMENTED, "UCWA with directors or multiple pools (poptart)"),
    ),
    rule=look,
    causes=("rp-options-blocked", "multi-pool-401-without-challenge"),
)
