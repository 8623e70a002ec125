"""The certificate in front does not name the host that was asked."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import Tls, is_internal, is_second_pool, tls_failures, tls_reason
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    for turn in tls_failures(case, Tls.NAME, Tls.UNSAID):
        said = tls_reason(turn) is Tls.NAME
        if is_second_pool(case, turn) or (not said and (is_internal(case, turn) or turn.role is Role.XFRAME)):
            continue
        yield Sign(
            Certainty.CERTAIN if said else Certainty.POSSIBLE,
            f"The certificate that {turn.host} presents does not cover this name."
            if said
            else f"{turn.host} failed in TLS; the capture does not say more.",
            (turn.evidence("failure", turn.step.exchange.note or turn.failure),),
            {"ext": turn.host},
        )
    for shown in case.survey.certificates:
        if shown.sent_name and not shown.covers(shown.name):
            yield Sign(
                Certainty.CERTAIN,
                f"The certificate at {shown.address} does not cover {shown.name}.",
                (shown.evidence("names in the certificate", ", ".join(shown.names)),),
                {"ext": shown.name},
            )


ENTRY = Entry(
    id="rp-cert-san-missing",
    title="The certificate does not cover the name",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="Nothing at all is to be seen, because the page is a hidden frame; in a tab the browser warns.",
    looks_at="""
        A request that failed in TLS with the words of a wrong name, or with no words at all; a probe reads
        the names in the certificate. Browsers ignore the common name.
        """,
    cause="""
        The certificate on the proxy lacks <ext>: it must name the external name of every pool and Director,
        the discovery name of every SIP domain, and the simple URLs. A wildcard covers one label.
        """,
    remedies=(
        Change(
            "Issue the certificate again with every name, and bind it.",
            {
                "Lync Server Management Shell, the names it needs": """
                    Get-CsService -WebServer | Select-Object ExternalFqdn
                    Get-CsSipDomain
                    Get-CsSimpleUrlConfiguration | Select-Object -ExpandProperty SimpleUrl
                    """,
            },
        ),
    ),
    verify=Change(
        "The certificate names <ext>.",
        {
            "shell": """
                openssl s_client -connect <ext>:443 -servername <ext> </dev/null | openssl x509 -noout -ext subjectAltName
                """
        },
    ),
    undo=Change("Bind the former certificate."),
    look_alikes={
        "rp-sni-default-certificate": "With SNI the right certificate is presented, without it another one.",
        "home-pool-not-published": "The name is the second pool's, and no rule publishes it at all.",
        "discover-cname-other-domain": "The discovery name is an alias of another domain's name.",
        "certificate-expired": "The dates are wrong, not the names.",
    },
    sources=(
        (Mark.DOCUMENTED, "Skype for Business Server: plan for mobility, certificate names"),
        (Mark.DOCUMENTED, "F5 DevCentral: troubleshooting the Lync reverse proxy"),
    ),
    rule=look,
    causes=("cert-interstitial-hidden-in-iframe",),
)
