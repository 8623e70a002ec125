"""The frame is a third party to its page, so its cookies do not come back."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.of(Role.RESOURCE):
        if turn.status != 401 or "/photos/" not in turn.url.lower() or turn.host in told:
            continue
        if not case.signed_in(turn) or "cookie" in turn.sent or turn.step.ticket:
            continue
        told.add(turn.host)
        given = next(
            (one for one in case.before(turn) if "cwt_ucwa" in (one.got.get("set-cookie") or "")), None
        )
        yield Sign(
            Certainty.PROBABLE,
            f"Photos of {turn.host} are refused: they need a cookie, which the browser did not send from the frame.",
            (
                turn.evidence("request header Cookie", "absent"),
                turn.evidence("status", turn.status),
                *(
                    (given.evidence("response header Set-Cookie", given.got.get("set-cookie")),)
                    if given
                    else ()
                ),
            ),
            {"ext": turn.host},
        )


ENTRY = Entry(
    id="third-party-frame-storage-partitioned",
    title="The frame's cookies are blocked",
    group=Group.CLIENT,
    owner=Owner.APP_DEVELOPER,
    severity=Severity.WARNING,
    seen_by=(SeenBy.CAPTURE,),
    symptom="Sign-in works and photos do not load; a balancer that relies on cookies changes servers.",
    looks_at="""
        After a good sign-in, a photo answered 401 without a cookie in its request. Signing in itself needs
        no cookie.
        """,
    cause="""
        The page is of another site than <ext>, so the browser blocks or partitions the frame's cookies, by
        default in Safari and Firefox and in private windows elsewhere.
        """,
    remedies=(
        Change(
            "Serve the application from the same site as the web services, so that its frame is no third party.",
            {"example": "https://apps.<sip domain> beside https://<ext>"},
        ),
        Change(
            "Switch cookie persistence off for external web names; it has not been needed since 2013.",
            {},
            Owner.PROXY_ADMIN,
        ),
    ),
    verify=Change("The cookie is in the frame's requests, or nothing needs it."),
    undo=Change("Serve the application from its former place."),
    look_alikes={"passive-blocked-by-cookies": "The sign-in itself fails."},
    sources=(
        (Mark.DOCUMENTED, "UCWA: CreateAnApplication (cwt_ucwa); load balancing requirements"),
        (Mark.INFERRED, "browser versions"),
    ),
    rule=look,
)
