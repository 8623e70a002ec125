"""The browser's certificate warning would be in a hidden frame, where nobody can see or answer it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import is_internal, unanswered
from hairpin.signin.steps import Role
from hairpin.wire.exchange import Failure


def look(case: Case) -> Iterator[Sign]:
    for turn in unanswered(case, Failure.TLS):
        if turn.role is Role.XFRAME and not is_internal(case, turn):
            yield Sign(
                Certainty.PROBABLE,
                f"The frame of {turn.host} failed in TLS, where a browser shows no warning.",
                (turn.evidence("failure", turn.step.exchange.note or turn.failure),),
                {"ext": turn.host},
            )


ENTRY = Entry(
    id="cert-interstitial-hidden-in-iframe",
    title="A certificate warning is hidden in the frame",
    group=Group.TLS,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE,),
    symptom="The application hangs and nothing is to be seen; opened in a tab, the frame's page shows a warning.",
    looks_at="""
        The page of the frame failed in TLS and nothing follows. Where the capture also says what was wrong
        with the certificate, that is the finding and this one its symptom.
        """,
    cause="""
        Browsers show their warning only for a whole page. In a frame the request for <ext> just fails, and
        whoever accepts the certificate in a tab makes it work for that profile alone.
        """,
    remedies=(
        Change(
            "Find out what is wrong with the certificate, and repair that.",
            {
                "shell": """
                    openssl s_client -connect <ext>:443 -servername <ext> </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName
                    """,
                "browser, as a test only": "https://<ext>/Autodiscover/XFrame/XFrame.html",
            },
        ),
    ),
    verify=Change("The frame's page opens in a tab of a fresh profile without a warning."),
    undo=Change("Remove an exception that was accepted in the browser as a test."),
    look_alikes={
        "rp-adds-frame-or-csp-headers": "The page arrives and may not be embedded.",
        "rp-cert-san-missing": "The certificate's own fault, where the capture names it.",
        "certificate-expired": "The certificate's own fault, where the capture names it.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: Cross_domainIFRAME"), (Mark.INFERRED, "browser behaviour")),
    rule=look,
)
