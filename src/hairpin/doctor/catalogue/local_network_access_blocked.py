"""A public page may not reach a private address without leave."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.wire.exchange import Failure


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if turn.failure is not Failure.BLOCKED_LOCAL_NETWORK or turn.host in told or case.signed_in(turn):
            continue
        told.add(turn.host)
        yield Sign(
            Certainty.CERTAIN,
            f"The browser did not let a public page reach {turn.host} in the local network.",
            (
                turn.evidence("failure", turn.step.exchange.note or turn.failure),
                *((turn.evidence("server address", turn.address),) if turn.address else ()),
                *((turn.evidence("asked by", turn.asker),) if turn.asker else ()),
            ),
            {"ext": turn.host},
        )


ENTRY = Entry(
    id="local-network-access-blocked",
    title="The browser keeps the page out of the local network",
    group=Group.CLIENT,
    owner=Owner.CLIENT_ADMIN,
    seen_by=(SeenBy.CAPTURE,),
    symptom="""
        Chrome, Edge and others since 2025 ask whether the site may look for devices on the local network; in
        a frame they just refuse. The console says CORS policy and address space in one sentence.
        """,
    looks_at="""
        A request that failed with the words of local network access.
        """,
    cause="""
        The page comes from a public address, and the client's DNS gives <ext> a private one, or a link led
        to an internal name. Going from public to private needs a permission that a frame does not have.
        """,
    remedies=(
        Change(
            "Let DNS inside answer <ext> with the public address of the reverse proxy: then nothing is local.",
            {"PowerShell": "Resolve-DnsName <ext>"},
            Owner.DNS_ADMIN,
        ),
        Change(
            "Or allow the page by policy.",
            {"Chrome and Edge policy": 'LocalNetworkAccessAllowedForUrls = ["<app origin>"]'},
        ),
        Change(
            "Or give the frame the permission in the page.",
            {
                "HTML": '<iframe src="https://<ext>/Autodiscover/XFrame/XFrame.html" allow="local-network-access"></iframe>'
            },
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change(
        "The permission is granted, or not needed.",
        {"JavaScript": "navigator.permissions.query({name: 'local-network-access'})"},
    ),
    undo=Change("Take the page out of the policy."),
    look_alikes={
        "direct-xhr-without-xframe": "A true CORS refusal does not speak of an address space.",
        "private-network-preflight": "The older form, which asks with a preflight.",
        "hairpin-blocked": "The firewall, not the browser, stops the request.",
    },
    sources=(
        (Mark.DOCUMENTED, "WICG local-network-access explainer; MDN: Permissions-Policy local-network"),
        (Mark.INFERRED, "where it meets this sign-in"),
    ),
    rule=look,
)
