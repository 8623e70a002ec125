"""The application needs the vendor's script or service, which no longer exists."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.online import is_online

_BOOTSTRAP = re.compile(
    r"(?i)skypebootstrap(?:\.min)?\.js|^https?://(?:swx\.cdn|api\.skype|swxcdn)[\w.-]*skype[\w.-]*/"
)


def look(case: Case) -> Iterator[Sign]:
    for turn in case.different:
        script = bool(_BOOTSTRAP.search(turn.url.partition("?")[0]))
        failed = turn.failure is not None or (turn.status is not None and turn.status >= 400)
        challenged = turn.status == 401 and turn.challenge is not None
        if not (script or is_online(turn.host)) or not failed or challenged or case.signed_in(turn):
            continue
        yield Sign(
            Certainty.CERTAIN if script else Certainty.PROBABLE,
            "The application loads the vendor's script from a place where it is no longer offered."
            if script
            else f"{turn.host} belongs to the online service that was retired in 2021.",
            (turn.evidence("outcome", turn.outcome()),),
        )
        return


ENTRY = Entry(
    id="sdk-or-cloud-retired",
    title="The vendor's script or service has been retired",
    group=Group.CLIENT,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The application says that it cannot load the SDK, everywhere, from one day to the next.",
    looks_at="The script SkypeBootstrap.js, or a host of online.lync.com, that failed or answered with an error.",
    cause="Skype for Business Online ended in July 2021, and the hosted Web SDK went with it.",
    remedies=(
        Change(
            "Use UCWA directly against the servers on premises, or a copy of the SDK where its licence allows one.",
            {"URL": "https://lyncdiscover.<sip domain>/"},
        ),
        Change("Or move the application to the service that replaced it."),
    ),
    verify=Change("The application loads without the vendor's host."),
    undo=Change("Nothing in the deployment was changed."),
    look_alikes={
        "proxy-or-tls-inspection-in-the-way": "A proxy on the client's side blocks the vendor's host.",
        "discover-points-to-online": "The deployment's own discovery name sends clients there.",
    },
    sources=((Mark.DOCUMENTED, "Skype Web SDK and App SDK: retirement notes"),),
    rule=look,
)
