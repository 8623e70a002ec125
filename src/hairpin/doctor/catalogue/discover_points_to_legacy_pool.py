"""Discovery leads to a pool that is too old for UCWA."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Links, Role


def look(case: Case) -> Iterator[Sign]:
    for turn in case.of(Role.ROOT, Role.USER):
        if not isinstance(turn.answer, Links) or case.signed_in(turn):
            continue
        offered = {rel for rel, _ in turn.answer.links}
        only_mcx = any(rel.endswith("mcx") for rel in offered) and not _has_ucwa(offered)
        refused = _frame_missing(case, turn) if turn.role is Role.ROOT and "xframe" not in offered else None
        if not only_mcx and refused is None:
            continue
        yield Sign(
            Certainty.CERTAIN if only_mcx else Certainty.PROBABLE,
            f"{turn.host} offers the mobility service of Lync 2010 and no UCWA."
            if only_mcx
            else f"{turn.host} names no frame, and its web site has none.",
            (
                turn.evidence("links", ", ".join(sorted(offered))),
                *((refused.evidence("outcome", refused.outcome()),) if refused else ()),
            ),
            {"discover": turn.host},
            (refused,) if refused else (),
        )
        return


def _has_ucwa(offered: set[str]) -> bool:
    return any(rel == "applications" or rel.endswith("ucwa") for rel in offered)


def _frame_missing(case: Case, turn: Turn) -> Turn | None:
    """The server itself says that it has no frame or no UCWA."""
    return next(
        (
            one
            for one in case.after(turn)
            if one.status == 404 and one.role in {Role.XFRAME, Role.APPLICATIONS} and one.by_server
        ),
        None,
    )


ENTRY = Entry(
    id="discover-points-to-legacy-pool",
    title="Discovery leads to a pool without UCWA",
    group=Group.NAMES,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The frame shows a 404, or the client says that there is no applications link.",
    looks_at="""
        A discovery document with Mcx links and without Ucwa or applications, or one without an xframe
        link followed by the server's own 404 for the frame.
        """,
    cause="""
        While old and new pools live side by side, the discovery names still lead to a Lync 2010 pool, or
        the user is at home on one. Only newer pools have UCWA; Mcx itself was retired in 2019.
        """,
    remedies=(
        Change("Let both discovery names lead to the newest pool or its Director.", {}, Owner.DNS_ADMIN),
        Change(
            "Move the user to a pool that has UCWA.",
            {"Lync Server Management Shell": "Move-CsUser -Identity <user> -Target <pool>"},
        ),
    ),
    verify=Change(
        "The first answer names user and xframe.",
        {"shell": 'curl -s -H "Accept: application/json" https://<discover>/'},
    ),
    undo=Change(
        "Move the user back.",
        {"Lync Server Management Shell": "Move-CsUser -Identity <user> -Target <former pool>"},
    ),
    look_alikes={"rp-path-not-published": "The 404 comes from the proxy, without X-MS-Server-Fqdn."},
    sources=((Mark.DOCUMENTED, "UCWA: RootURL, SupportedTopologies; plan for mobility"),),
    rule=look,
)
