"""Discovery over http leads into another domain, and a careful client does not follow."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.online import is_online
from hairpin.signin.steps import Redirected, Role
from hairpin.wire.origin import maybe_origin


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.of(Role.ROOT):
        if turn.origin is None or turn.origin.scheme != "http" or turn.status != 200 or turn.host in told:
            continue
        target = maybe_origin(turn.answer.href) if isinstance(turn.answer, Redirected) else None
        if target is None or is_online(target.host) or case.signed_in(turn):
            continue
        domain = case.sip_domain or ""
        followed = any(one.host == target.host for one in case.after(turn))
        if followed or target.host == domain or target.host.endswith("." + domain):
            continue
        told.add(turn.host)
        yield Sign(
            Certainty.PROBABLE,
            f"{turn.host} leads to {target.host}, outside {domain}, over plain http; the client did not follow.",
            (turn.evidence("link redirect", str(target)),),
            {"discover": turn.host, "target": target.host},
        )


ENTRY = Entry(
    id="autodiscover-redirect-not-trusted",
    title="The client does not trust the redirect",
    group=Group.AUTHENTICATION,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PREDICT),
    symptom="Desktop clients ask whether the server can be trusted; careful applications stop without a word.",
    looks_at="""
        A redirect link of an http discovery URL to a host outside the SIP domain, and no request to that
        host. A redirect over https is trusted wherever it leads.
        """,
    cause="""
        The domain of the web services differs from <sip domain>. Anybody on the way could have written an
        answer that came over plain http, so clients follow it only into the same domain.
        """,
    remedies=(
        Change(
            "Answer discovery over https: put <discover> into the certificate.",
            {
                "shell": "openssl s_client -connect <discover>:443 -servername <discover> </dev/null | openssl x509 -noout -ext subjectAltName"
            },
        ),
        Change(
            "Or name the domain as trusted on managed computers.",
            {"Group policy": "TrustModelData = <target>"},
            Owner.CLIENT_ADMIN,
        ),
        Change("Or give the web services names in the SIP domain.", {}, Owner.SERVER_ADMIN),
    ),
    verify=Change("No question is asked, and the next request goes to <target>."),
    undo=Change("Take the domain out of the policy."),
    look_alikes={
        "discover-cname-other-domain": "TLS failed before any answer.",
        "rp-http-redirect-wrong": "The proxy redirects, not Lync.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: RootURL (security check); cannot verify that the server is trusted"),),
    rule=look,
)
