"""The list has the application's host with another scheme or port, or the page has no origin at all."""

from collections.abc import Iterator

from hairpin.doctor.allowlist import Refusal, refusals
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner


def look(case: Case) -> Iterator[Sign]:
    for refusal in refusals(case):
        if refusal.kind is not Refusal.OTHER_STRING:
            continue
        says = (
            f"{refusal.turn.host} accepts {refusal.listed} and was asked by {refusal.origin}: that is another origin."
            if refusal.listed
            else f"The page has no origin that could be listed: the frame was told {refusal.origin}."
        )
        yield refusal.sign(
            Certainty.CERTAIN if refusal.listed else Certainty.PROBABLE,
            says,
            None if refusal.listed else Owner.APP_DEVELOPER,
        )


ENTRY = Entry(
    id="origin-string-mismatch",
    title="The listed origin is not quite the real one",
    group=Group.CROSS_DOMAIN,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="It stopped when the application moved to https, to another port or to localhost.",
    looks_at="""
        28070 for an X-Ms-Origin that differs from an accepted or listed one in scheme or port only, or that
        is null because the page is a file or sits in a sandbox.
        """,
    cause="""
        An origin is scheme, host and port together, and the server compares it as a string: <app origin> is
        not <listed origin>.
        """,
    remedies=(
        Change(
            "Add the origin exactly as it appears in X-Ms-Origin.",
            {
                "Lync Server Management Shell": """
                    $x = New-CsWebOrigin -Url "<app origin>"
                    Set-CsWebServiceConfiguration -Identity global -CrossDomainAuthorizationList @{Add=$x}
                    """
            },
        ),
        Change(
            "Or serve the page from the listed origin; a page from a file or a sandboxed frame has none.",
            {},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change(
        "200 with the exact origin.",
        {"shell": 'curl -s -o /dev/null -w "%{http_code}\\n" -H "X-Ms-Origin: <app origin>" https://<host>/'},
    ),
    undo=Change(
        "Take the origin off the list again.",
        {
            "Lync Server Management Shell": """
                $x = New-CsWebOrigin -Url "<app origin>"
                Set-CsWebServiceConfiguration -Identity global -CrossDomainAuthorizationList @{Remove=$x}
                """
        },
    ),
    look_alikes={
        "origin-list-wrong-scope": "The spelling is right and one pool's list lacks it.",
        "origin-not-allowed-28070": "Nothing like it is listed.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: ConfiguringATopology"), (Mark.INFERRED, "null: RFC 6454, HTML")),
    rule=look,
)
