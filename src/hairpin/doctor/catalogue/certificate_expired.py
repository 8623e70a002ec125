"""A certificate on the way is out of date."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import Tls, tls_failures


def look(case: Case) -> Iterator[Sign]:
    for turn in tls_failures(case, Tls.DATE):
        yield Sign(
            Certainty.CERTAIN,
            f"The certificate of {turn.host} is out of date, or the client's clock is wrong.",
            (turn.evidence("failure", turn.step.exchange.note),),
            {"ext": turn.host},
        )
    for shown in case.survey.certificates:
        if shown.expires is not None and case.survey.at is not None and shown.expires < case.survey.at:
            days = int((case.survey.at - shown.expires) // 86400)
            yield Sign(
                Certainty.CERTAIN,
                f"The certificate of {shown.name} at {shown.address} expired {days} days ago.",
                (shown.evidence("days since notAfter", str(days)),),
                {"ext": shown.name},
            )


ENTRY = Entry(
    id="certificate-expired",
    title="A certificate is out of date",
    group=Group.TLS,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="It worked yesterday. The browser names the date in a tab, and says nothing in a frame.",
    looks_at="A TLS failure with the words of a wrong date; a probe reads notAfter of every certificate it meets.",
    cause="""
        A renewal was missed on one of several places: servers, reverse proxy, load balancer, or the token
        issuer, whose expiry shows in Exchange and OAuth parts only.
        """,
    remedies=(
        Change(
            "Renew and assign the certificate, on every place that presents it.",
            {
                "Lync Server Management Shell": """
                    Get-CsCertificate | Format-Table Use, NotAfter, Subject
                    Request-CsCertificate -New -Type WebServicesExternal -ComputerFqdn <server>
                    Set-CsCertificate -Type WebServicesInternal,WebServicesExternal -Thumbprint <thumbprint>
                    """
            },
        ),
    ),
    verify=Change(
        "notAfter lies in the future on every hop.",
        {
            "shell": "openssl s_client -connect <ext>:443 -servername <ext> </dev/null | openssl x509 -noout -dates"
        },
    ),
    undo=Change("Assign the former certificate by its thumbprint."),
    look_alikes={"tls-version-mismatch": "The handshake ends before any certificate is looked at."},
    sources=(
        (Mark.DOCUMENTED, "Troubleshooting: Lync Server certificate expiration"),
        (Mark.INFERRED, "the token issuer's part"),
    ),
    rule=look,
    causes=("cert-interstitial-hidden-in-iframe",),
)
