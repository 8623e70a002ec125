"""The certificate is from the company's own authority, which this device does not know."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import Tls, is_internal, tls_failures, tls_reason


def look(case: Case) -> Iterator[Sign]:
    for turn in tls_failures(case, Tls.ISSUER, Tls.CHAIN, Tls.UNSAID):
        if not is_internal(case, turn):
            continue
        said = tls_reason(turn) is not Tls.UNSAID
        yield Sign(
            Certainty.PROBABLE if said else Certainty.POSSIBLE,
            f"This client does not trust the certificate of {turn.host}, an internal name."
            if said
            else f"{turn.host}, an internal name, failed in TLS; the usual reason is an unknown authority.",
            (turn.evidence("failure", turn.step.exchange.note or turn.failure),),
            {"int": turn.host},
        )
    for shown in case.survey.certificates:
        if not shown.trusted and shown.complete and shown.covers(shown.name):
            yield Sign(
                Certainty.CERTAIN,
                f"The certificate of {shown.name} ends in a root that no public store has.",
                (shown.evidence("issuer", shown.issuer),),
                {"int": shown.name},
            )


ENTRY = Entry(
    id="internal-ca-not-trusted",
    title="The device does not trust the company's authority",
    group=Group.TLS,
    owner=Owner.CLIENT_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="""
        Domain computers sign in; phones, private laptops and Firefox with its own store do not. It works on
        mobile data and fails on the company's Wi-Fi, where the internal discovery name comes first.
        """,
    looks_at="""
        A request to an internal name that failed in TLS with the words of an unknown issuer, or with none.
        A probe follows the chain to a root that no public store has.
        """,
    cause="<int> has a certificate of the company's own authority, whose root was not given to this device.",
    remedies=(
        Change(
            "Give the root to the devices through their management.",
            {
                "Group policy": "Computer Configuration, Public Key Policies, Trusted Root Certification Authorities",
                "Firefox policy": "ImportEnterpriseRoots = true",
            },
        ),
        Change(
            "Or do not let that Wi-Fi resolve lyncdiscoverinternal, so that devices take the way over the reverse proxy.",
            {},
            Owner.DNS_ADMIN,
        ),
        Change("Or give the internal site a certificate of a public authority.", {}, Owner.SERVER_ADMIN),
    ),
    verify=Change("TLS succeeds with the device's own store.", {"shell": "curl -sI https://<int>/"}),
    undo=Change("Withdraw the root from the profile."),
    look_alikes={
        "rp-chain-incomplete": "The root is known; the intermediates were not sent.",
        "lyncdiscover-resolves-to-internal-site": "The device should never have been sent to an internal name.",
        "proxy-or-tls-inspection-in-the-way": "The issuer is the inspecting proxy, for every site.",
    },
    sources=(
        (
            Mark.DOCUMENTED,
            "Troubleshooting: cannot sign in on a mobile client; Lync mobility on corporate Wi-Fi",
        ),
    ),
    rule=look,
    causes=("cert-interstitial-hidden-in-iframe",),
)
