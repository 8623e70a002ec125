"""Internet Explorer keeps page and frame in different security zones."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.sites import is_private_zone
from hairpin.signin.steps import Page, Role


def look(case: Case) -> Iterator[Sign]:
    for turn in case.of(Role.XFRAME):
        page = case.page or turn.asker
        if not case.is_ie(turn) or not isinstance(turn.answer, Page) or page is None or case.signed_in(turn):
            continue
        if is_private_zone(page.host) == is_private_zone(turn.host):
            continue
        later = list(case.after(turn))
        if any(one.asker == turn.origin or one.role is not Role.XFRAME for one in later):
            continue
        yield Sign(
            Certainty.PROBABLE,
            f"{page} and {turn.origin} are in different zones of this browser, and nothing came through the frame.",
            (
                turn.evidence("request header User-Agent", turn.sent.get("user-agent")),
                turn.evidence("embedding page", page),
            ),
            {"ext": turn.host, "app origin": str(page)},
        )
        return


ENTRY = Entry(
    id="ie-security-zones",
    title="Page and frame are in different security zones",
    group=Group.CLIENT,
    owner=Owner.CLIENT_ADMIN,
    seen_by=(SeenBy.CAPTURE,),
    symptom="It fails in Internet Explorer or Edge in its mode, in silence; another browser works.",
    looks_at="""
        Internet Explorer's User-Agent, a frame that was loaded and never used, and a page and a frame of
        which one has a name without a dot or in a private zone and the other has not.
        """,
    cause="""
        Names without dots count as intranet and public ones as Internet. Protected Mode differs between the
        zones, and neither cookies nor messages cross.
        """,
    remedies=(
        Change(
            "Put page, web services and federation service into one zone.",
            {"Group policy": "Site to Zone Assignment List: <app origin> = 1, https://<ext> = 1"},
        ),
        Change("Or use another browser; this one is no longer supported.", {}, Owner.USER),
    ),
    verify=Change("All names report the same zone, and the frame's requests appear."),
    undo=Change("Take the names off the list."),
    look_alikes={
        "frame-postmessage-origin": "Other browsers, where messages name a wrong origin.",
        "passive-blocked-by-cookies": "Other browsers that block third-party cookies.",
    },
    sources=((Mark.DOCUMENTED, "Skype Web SDK: Azure AD authentication failures, security zones"),),
    rule=look,
    causes=("frame-postmessage-origin",),
)
