"""Messages between the page and the frame do not arrive."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Page, Redirected, Role


def look(case: Case) -> Iterator[Sign]:
    for turn in case.of(Role.XFRAME):
        if not isinstance(turn.answer, Page) or case.signed_in(turn) or case.is_ie(turn):
            continue
        if any(one.role is not Role.XFRAME or one.asker == turn.origin for one in case.after(turn)):
            continue
        moved = _redirected_here(case, turn)
        # A capture that ends with the frame's page was perhaps just stopped there.
        if moved is None and case.turns[-1].number == turn.number and case.turns[-1].capture == turn.capture:
            continue
        yield Sign(
            Certainty.PROBABLE if moved else Certainty.POSSIBLE,
            f"The frame was redirected to {turn.origin}, and no message reached it there."
            if moved
            else f"The frame of {turn.origin} was loaded, and nothing was asked through it.",
            (
                turn.evidence("status", turn.status),
                *((moved.evidence("response header Location", moved.got.get("location")),) if moved else ()),
            ),
            {"ext": turn.host},
        )
        return


def _redirected_here(case: Case, turn: Turn) -> Turn | None:
    return next(
        (
            one
            for one in case.before(turn)
            if isinstance(one.answer, Redirected) and one.status != 200 and one.answer.href == turn.url
            if one.host != turn.host
        ),
        None,
    )


ENTRY = Entry(
    id="frame-postmessage-origin",
    title="Messages do not reach the frame",
    group=Group.CROSS_DOMAIN,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="The console says that the target origin does not match; the application waits for an answer.",
    looks_at="""
        The frame's page arrived and nothing was asked through it. A capture that ends there looks the same,
        so this is only a possibility unless the frame was redirected to another host.
        """,
    cause="""
        postMessage names a target origin that is not the frame's: a slash at its end, http for https, or a
        frame that was redirected elsewhere. A sandbox without allow-scripts and allow-same-origin does it too.
        """,
    remedies=(
        Change(
            "Give postMessage the origin of the frame as it is after redirects, and the frame what it needs.",
            {
                "JavaScript": 'frame.contentWindow.postMessage(JSON.stringify(request), "https://<ext>");',
                "HTML": '<iframe src="https://<ext>/Autodiscover/XFrame/XFrame.html" sandbox="allow-scripts allow-same-origin"></iframe>',
            },
        ),
    ),
    verify=Change("A request of the frame appears in the trace after postMessage."),
    undo=Change("Nothing in the deployment was changed."),
    look_alikes={
        "rp-adds-frame-or-csp-headers": "The frame was not shown at all, because its headers forbid it.",
        "ie-security-zones": "Internet Explorer, with the page and the frame in different zones.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: Cross_domainIFRAME"), (Mark.INFERRED, "details: HTML, postMessage")),
    rule=look,
)
