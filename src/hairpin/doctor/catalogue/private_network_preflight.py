"""An older Chrome asks leave to reach a private address with a preflight of its own."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        asked = (turn.sent.get("access-control-request-private-network") or "").strip().lower() == "true"
        granted = (turn.got.get("access-control-allow-private-network") or "").strip().lower() == "true"
        if not asked or granted or turn.host in told or case.signed_in(turn) or _went_on(case, turn):
            continue
        told.add(turn.host)
        yield Sign(
            Certainty.PROBABLE,
            f"The browser asked {turn.host} for leave to reach a private address and did not get it.",
            (
                turn.evidence("request header Access-Control-Request-Private-Network", "true"),
                turn.evidence("response header Access-Control-Allow-Private-Network", "absent"),
                turn.evidence("outcome", turn.outcome()),
            ),
            {"ext": turn.host},
        )


def _went_on(case: Case, turn: Turn) -> bool:
    """The request itself was sent all the same: the preflight was only a warning."""
    return any(
        one.url == turn.url and not one.preflight and one.status is not None for one in case.after(turn)
    )


ENTRY = Entry(
    id="private-network-preflight",
    title="The private network preflight is refused",
    group=Group.CLIENT,
    owner=Owner.CLIENT_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="An extra OPTIONS before requests that need none, in Chrome and Edge between 2022 and 2025.",
    looks_at="""
        A preflight with Access-Control-Request-Private-Network, no leave in its answer, and nothing sent
        after it.
        """,
    cause="""
        The page is public, or not on https, and <ext> has a private address where the client is. The rule was
        enforced by policy only, and has been replaced by local network access.
        """,
    remedies=(
        Change("Serve the page over https, and update the browser.", {}, Owner.APP_DEVELOPER),
        Change(
            "Let the proxy answer this preflight.",
            {
                "nginx": "if ($request_method = OPTIONS) { add_header Access-Control-Allow-Private-Network true always; return 204; }"
            },
            Owner.PROXY_ADMIN,
        ),
        Change(
            "Or allow the page by policy, in browsers that know it.",
            {"Chrome and Edge policy": 'InsecurePrivateNetworkRequestsAllowedForUrls = ["<app origin>"]'},
        ),
    ),
    verify=Change("No such OPTIONS, or an answer with Access-Control-Allow-Private-Network: true."),
    undo=Change("Remove the header or the policy."),
    look_alikes={
        "ext-fqdn-resolves-to-internal-site": "Its OPTIONS asks for x-ms-origin and not for a private network.",
        "local-network-access-blocked": "The newer form, without any preflight.",
    },
    sources=((Mark.DOCUMENTED, "WICG private-network-access explainer"), (Mark.INFERRED, "versions")),
    rule=look,
)
