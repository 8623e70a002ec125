"""Two instances of a client share one application and take the event channel from each other."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.errors import error_of
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    replaced: dict[tuple[int, str], list[Turn]] = {}
    for turn in case.of(Role.EVENTS):
        if turn.status == 409 and error_of(turn).subcode in {"PGetReplaced", ""}:
            replaced.setdefault((turn.capture, turn.host), []).append(turn)
    for (_, host), turns in replaced.items():
        again = len(turns) > 1
        yield Sign(
            Certainty.CERTAIN,
            f"The event channel to {host} was taken over {len(turns)} times."
            if again
            else f"A request of the event channel to {host} was replaced by a newer one.",
            tuple(turn.evidence("status and subcode", f"409 {error_of(turn).subcode}") for turn in turns[:3]),
            {"ext": host},
            severity=None if again else Severity.INFO,
        )


ENTRY = Entry(
    id="second-instance-replaces-channel",
    title="Two instances take the event channel from each other",
    group=Group.CLIENT,
    owner=Owner.APP_DEVELOPER,
    severity=Severity.WARNING,
    seen_by=(SeenBy.CAPTURE,),
    symptom="With two tabs open, or two copies of a service, each loses its events again and again.",
    looks_at="""
        409 with PGetReplaced on the event channel, more than once. A single one may be the client's own
        newer request and is only worth knowing.
        """,
    cause="Two instances use the same endpointId, so the server takes them for one application.",
    remedies=(
        Change(
            "Give each tab or copy its own endpointId and instanceId, and ignore the answer to a request that one's own newer one replaced.",
            {"JSON": '{"UserAgent": "…", "EndpointId": "<a new GUID for each>", "Culture": "en-US"}'},
        ),
    ),
    verify=Change("No 409 on the event channel."),
    undo=Change("Nothing in the deployment was changed."),
    look_alikes={
        "rp-timeout-shorter-than-pget": "The channel ends with 502, 504 or no answer, after a steady time."
    },
    sources=((Mark.DOCUMENTED, "UCWA: EventChannelDetails, MultiTabSupport"),),
    rule=look,
)
