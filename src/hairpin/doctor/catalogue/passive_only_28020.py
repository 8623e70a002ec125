"""The pool wants a passive sign-in, and the client does not go to the page it names."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.tickets import first_legs, visited


def look(case: Case) -> Iterator[Sign]:
    for legs in first_legs(case):
        first, again = legs[0], legs[1:]
        passive = getattr(first.answer, "passive", None) or ""
        if visited(case, first) or not list(case.after(first)):
            continue
        yield Sign(
            Certainty.PROBABLE if again else Certainty.POSSIBLE,
            f"{first.host} names a page to sign in at, and the client never goes there.",
            (
                first.evidence("response body ms_rtc_passiveauthuri", passive),
                *(one.evidence("asked again without it", one.outcome()) for one in again[:1]),
            ),
            {"ext": first.host},
        )


ENTRY = Entry(
    id="passive-only-28020",
    title="The client does not know passive sign-in",
    group=Group.AUTHENTICATION,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The client reports an invalid grant or 28020 for every user, while others see a login page.",
    looks_at="""
        A token request answered 400 with ms_rtc_passiveauthuri, which is the normal first leg, after which
        the page it names is never opened. Where that page is on an internal name, the web site is wrong and
        that is the finding.
        """,
    cause="""
        <ext> uses passive sign-in: the first answer names a page, which leads to the federation service and
        back with a cookie, and only then the same request is granted. This client stops at the first answer.
        """,
    remedies=(
        Change(
            "Open ms_rtc_passiveauthuri in a frame or a window, wait for the way back, and repeat the same request.",
            {"HTTP": "POST https://<ext>/WebTicket/oauthtoken    grant_type=urn:microsoft.rtc:passive"},
        ),
        Change(
            "Or set passive sign-in for single pools instead of for all, with claim rules for both web names.",
            {
                "Lync Server Management Shell": """
                    Get-CsWebServiceConfiguration | Format-List Identity, UseWsFedPassiveAuth, WsFedPassiveMetadataUri
                    New-CsWebServiceConfiguration -Identity "Service:WebServer:<pool>" -UseWsFedPassiveAuth $true -WsFedPassiveMetadataUri https://<sts>/federationmetadata/2007-06/federationmetadata.xml
                    """
            },
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change("After the way through the federation service the same POST is answered 200."),
    undo=Change(
        "Remove the pool's own configuration.",
        {
            "Lync Server Management Shell": 'Remove-CsWebServiceConfiguration -Identity "Service:WebServer:<pool>"'
        },
    ),
    look_alikes={
        "bad-credentials-invalid-grant": "No ms_rtc_passiveauthuri in the answer.",
        "passive-blocked-by-cookies": "The page was opened, and the cookie did not come back.",
        "ext-fqdn-resolves-to-internal-site": "28020 in answer to an OPTIONS, or a passive page on an internal name.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: AuthenticationInUCWA; Lync 2013 passive authentication"),),
    rule=look,
)
