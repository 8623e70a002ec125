"""The proxy presents its certificate without the intermediates."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import Tls, is_internal, tls_failures, tls_reason


def look(case: Case) -> Iterator[Sign]:
    for turn in tls_failures(case, Tls.CHAIN, Tls.ISSUER):
        if is_internal(case, turn):
            continue
        said = tls_reason(turn) is Tls.CHAIN
        yield Sign(
            Certainty.PROBABLE if said else Certainty.POSSIBLE,
            f"This client could not follow the certificate of {turn.host} to a root it knows.",
            (turn.evidence("failure", turn.step.exchange.note or turn.failure),),
            {"ext": turn.host},
        )
    for shown in case.survey.certificates:
        if not shown.complete:
            yield Sign(
                Certainty.CERTAIN,
                f"{shown.address} presents the certificate of {shown.name} without its intermediates.",
                (shown.evidence("issuer that was not sent", shown.issuer),),
                {"ext": shown.name},
            )


ENTRY = Entry(
    id="rp-chain-incomplete",
    title="The proxy does not send its intermediate certificates",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Windows browsers work, because they fetch what is missing; Android, iOS, Firefox and scripts do not.",
    looks_at="""
        A TLS failure of a client that says it lacks the issuer of the first certificate; a probe counts
        what was sent. Where a capture says only that the issuer is unknown, this is a possibility.
        """,
    cause="The certificate of <ext> was installed without the intermediates that lead to its root.",
    remedies=(
        Change(
            "Install the intermediates beside the certificate and bind it again.",
            {
                "nginx": """
                    cat <ext>.pem intermediate.pem > /etc/ssl/<ext>-bundle.pem
                    nginx -s reload
                    """,
                "Windows": "certutil -addstore CA intermediate.cer",
            },
        ),
    ),
    verify=Change(
        "The chain is sent whole, and OpenSSL returns 0.",
        {"shell": "openssl s_client -connect <ext>:443 -servername <ext> -showcerts </dev/null"},
    ),
    undo=Change("Install the former bundle."),
    look_alikes={
        "internal-ca-not-trusted": "The chain is whole and ends in a root that this device does not have.",
        "proxy-or-tls-inspection-in-the-way": "The issuer is an inspecting proxy.",
    },
    sources=((Mark.DOCUMENTED, "Lync Server 2013: web publishing rules; Kemp load balancer reports"),),
    rule=look,
    causes=("cert-interstitial-hidden-in-iframe",),
)
