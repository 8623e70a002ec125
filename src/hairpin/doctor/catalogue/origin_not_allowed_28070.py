"""The application's origin is not on the server's cross-domain authorization list."""

from collections.abc import Iterator

from hairpin.doctor.allowlist import Refusal, refusals
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner


def look(case: Case) -> Iterator[Sign]:
    for refusal in refusals(case):
        if refusal.kind is Refusal.NOT_LISTED:
            yield refusal.sign(
                Certainty.CERTAIN,
                f"{refusal.turn.host} refused the origin {refusal.origin}: it is on no allow list.",
            )


ENTRY = Entry(
    id="origin-not-allowed-28070",
    title="The application's origin is not on the allow list",
    group=Group.CROSS_DOMAIN,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Every request of the frame is answered 403, in every browser; the same request from a script
        without X-Ms-Origin works.
        """,
    looks_at="""
        A 403 with 28070 in X-Ms-diagnostics, and the X-Ms-Origin of its request. No other host accepted
        that origin in the same capture, and no listed origin differs from it in scheme or port only.
        """,
    cause="""
        The frame tells the server in X-Ms-Origin which page embeds it, and the server compares that with
        its CrossDomainAuthorizationList. The list is empty until an administrator adds <app origin>.
        """,
    remedies=(
        Change(
            """
            Add the origin <app origin> to the list of every pool, exactly as the browser sends it:
            scheme, host, a port that is not the default one, no path and no trailing slash. The Control
            Panel cannot do it.
            """,
            {
                "Lync Server Management Shell": """
                    $x = New-CsWebOrigin -Url "<app origin>"
                    Set-CsWebServiceConfiguration -Identity global -CrossDomainAuthorizationList @{Add=$x}
                    Get-CsWebServiceConfiguration | Select-Object Identity, CrossDomainAuthorizationList
                    Invoke-CsManagementStoreReplication
                    """,
            },
        ),
    ),
    verify=Change(
        "With the origin and without it, the answer is the same 200.",
        {
            "shell": """
                curl -s -o /dev/null -w "%{http_code}\\n" -H "X-Ms-Origin: <app origin>" https://<host>/
                """,
        },
    ),
    undo=Change(
        "Take the origin off the list again.",
        {
            "Lync Server Management Shell": """
                $x = New-CsWebOrigin -Url "<app origin>"
                Set-CsWebServiceConfiguration -Identity global -CrossDomainAuthorizationList @{Remove=$x}
                """,
        },
    ),
    look_alikes={
        "origin-list-wrong-scope": "Another pool accepted the same origin.",
        "origin-string-mismatch": "The list has the same host with another scheme or port, or the origin is null.",
        "mobility-or-app-policy-403": "A 403 with a JSON body and no 28070.",
        "rp-url-or-body-filter": "A 403 page of a filter, without X-Ms-diagnostics.",
        "user-not-enabled-28000": "28000 is about the user.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: ConfiguringATopology, New-CsWebOrigin, Set-CsWebServiceConfiguration"),
        (Mark.DOCUMENTED, "OfficeDev/skype-docs issues 222 and 260"),
    ),
    rule=look,
)
