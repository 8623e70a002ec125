"""The origin was added to one scope, and a narrower one of another pool hides it."""

from collections.abc import Iterator

from hairpin.doctor.allowlist import Refusal, refusals
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner


def look(case: Case) -> Iterator[Sign]:
    for refusal in refusals(case):
        if refusal.kind is Refusal.OTHER_SCOPE:
            accepts = refusal.witness.step.server_fqdn if refusal.witness else "another pool's list"
            yield refusal.sign(
                Certainty.CERTAIN,
                f"{refusal.turn.step.server_fqdn} refuses the origin {refusal.origin}, which {accepts} accepts.",
            )


ENTRY = Entry(
    id="origin-list-wrong-scope",
    title="One pool's allow list lacks the origin",
    group=Group.CROSS_DOMAIN,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="Discovery works and the sign-in ends with 403 on the home pool; other users have no trouble.",
    looks_at="28070 from one server, while another one accepted the same X-Ms-Origin in the same capture.",
    cause="""
        Web service settings exist for all, for a site and for a pool, and the narrowest one counts as a
        whole. <app origin> was added to a wider one than <server> uses.
        """,
    remedies=(
        Change(
            "Add the origin to every scope there is.",
            {
                "Lync Server Management Shell": """
                    $x = New-CsWebOrigin -Url "<app origin>"
                    Get-CsWebServiceConfiguration | ForEach-Object { Set-CsWebServiceConfiguration -Identity $_.Identity -CrossDomainAuthorizationList @{Add=$x} }
                    Invoke-CsManagementStoreReplication
                    """
            },
        ),
    ),
    verify=Change(
        "Every pool answers the same with the origin and without it.",
        {
            "shell": """
                curl -s -o /dev/null -w "%{http_code}\\n" -H "X-Ms-Origin: <app origin>" https://<host>/Autodiscover/AutodiscoverService.svc/root
                """
        },
    ),
    undo=Change(
        "Take the origin off the scopes it was added to.",
        {
            "Lync Server Management Shell": """
                $x = New-CsWebOrigin -Url "<app origin>"
                Get-CsWebServiceConfiguration | ForEach-Object { Set-CsWebServiceConfiguration -Identity $_.Identity -CrossDomainAuthorizationList @{Remove=$x} }
                """
        },
    ),
    look_alikes={
        "origin-not-allowed-28070": "No server accepted the origin.",
        "origin-string-mismatch": "The list has a different spelling of the origin.",
    },
    sources=((Mark.DOCUMENTED, "Set-CsWebServiceConfiguration (scopes); UCWA: ConfiguringATopology"),),
    rule=look,
)
