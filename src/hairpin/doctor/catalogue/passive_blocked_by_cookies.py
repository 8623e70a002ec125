"""The passive sign-in came back, and its cookie did not: the browser keeps cookies out of frames."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.tickets import first_legs, visited


def look(case: Case) -> Iterator[Sign]:
    for legs in first_legs(case):
        first = legs[0]
        page = visited(case, first)
        again = next((one for one in legs[1:] if page is not None and one.number > page.number), None)
        if page is None or again is None or case.is_ie(again):
            continue
        yield Sign(
            Certainty.PROBABLE,
            f"The sign-in page of {first.host} was opened, and the next token request still had no session.",
            (
                page.evidence("the sign-in page", page.outcome()),
                again.evidence("request header Cookie", again.sent.get("cookie") or "absent"),
                again.evidence("outcome", again.outcome()),
            ),
            {"ext": first.host},
        )


ENTRY = Entry(
    id="passive-blocked-by-cookies",
    title="The passive sign-in's cookie is blocked",
    group=Group.AUTHENTICATION,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="""
        Nothing happens after the login page; the application waits for ever. It depends on the browser:
        Safari always, private windows, and more of them with the years.
        """,
    looks_at="The page of the passive sign-in was opened, and the token request after it gets the same 28020 again.",
    cause="""
        The cookies of <ext> and of the federation service are third-party cookies inside a frame of
        <app origin>, and the browser neither keeps nor sends them.
        """,
    remedies=(
        Change(
            "Sign in at the top level first: lead the whole page to the federation service and back, then embed the frame."
        ),
        Change(
            "Or serve the application from the same site as the web services and the federation service, so that no cookie is a third party's.",
            {"example": "https://apps.<sip domain> beside https://<ext>"},
        ),
        Change(
            "Or make an exception on managed computers.",
            {"Chrome and Edge policy": 'CookiesAllowedForUrls = ["https://<ext>", "https://<sts>"]'},
            Owner.CLIENT_ADMIN,
        ),
    ),
    verify=Change("The second token request carries the session cookie and is answered 200."),
    undo=Change("Take the exception out of the policy."),
    look_alikes={
        "third-party-frame-storage-partitioned": "Sign-in works, and only what needs cookies suffers.",
        "ie-security-zones": "Internet Explorer keeps the cookies of two zones apart.",
        "passive-only-28020": "The page was never opened.",
    },
    sources=(
        (Mark.DOCUMENTED, "Skype Web SDK: developing for Skype for Business Server (passive)"),
        (Mark.INFERRED, "browser versions"),
    ),
    rule=look,
    causes=("passive-only-28020",),
)
