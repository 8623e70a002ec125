"""A web name has the addresses of several servers, and each connection may end on another one."""

from collections.abc import Iterator

from hairpin.deployment.model import Side
from hairpin.doctor.affinity import lost_applications, servers_at
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL


def look(case: Case) -> Iterator[Sign]:
    for lost in lost_applications(case):
        by_address = servers_at(case, lost.capture, lost.host)
        if len(by_address) > 1 and len(set().union(*by_address.values())) > 1:
            shown = [
                f"{address}: {', '.join(sorted(names))}" for address, names in sorted(by_address.items())
            ]
            yield Sign(
                Certainty.PROBABLE,
                f"{lost.host} has {len(by_address)} addresses with a server behind each, and the session was lost.",
                (
                    lost.evidence("server addresses and X-MS-Server-Fqdn", "; ".join(shown)),
                    lost.evidence("outcome", lost.outcome()),
                ),
                {"ext": lost.host},
            )
    for lookup in case.survey.lookups:
        if lookup.name.startswith((DISCOVER, DISCOVER_INTERNAL)) or len(lookup.addresses) < 2:
            continue
        if case.names.side(lookup.name) in {Side.INTERNAL, Side.EXTERNAL}:
            yield Sign(
                Certainty.PROBABLE,
                f"The web name {lookup.name} has {len(lookup.addresses)} addresses.",
                (lookup.evidence(),),
                {"ext": lookup.name},
            )


ENTRY = Entry(
    id="web-names-dns-load-balanced",
    title="A web name is balanced by DNS over several servers",
    group=Group.NAMES,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Sometimes it works. Sessions are lost in the middle; where one of the addresses is IPv6, every
        second connection may fail.
        """,
    looks_at="""
        One web name at several addresses, another server behind each, and an application that one of them
        does not know. A probe sees several addresses for a web name.
        """,
    cause="""
        DNS load balancing is made for SIP. Web traffic to <ext> needs one address, because a session
        belongs to the server or the balancer it began on.
        """,
    remedies=(
        Change(
            """
            Give the web name one address, of the hardware load balancer; where the pool itself is balanced
            by DNS, override the internal web name so that it differs from the pool's name.
            """,
            {
                "Lync Server Management Shell": """
                    Get-CsService -WebServer | Select-Object PoolFqdn, InternalFqdn, ExternalFqdn
                    """
            },
        ),
        Change(
            "Remove every A and AAAA record of <ext> but the balancer's.",
            {"PowerShell": "Get-DnsServerResourceRecord -ZoneName <zone> -Name <label>"},
            Owner.DNS_ADMIN,
        ),
    ),
    verify=Change(
        "One address, and one X-MS-Server-Fqdn per client.", {"shell": "dig +short <ext> A <ext> AAAA"}
    ),
    undo=Change("Put the further records back."),
    look_alikes={"hlb-affinity-wrong": "One address, and the balancer behind it changes the server."},
    sources=(
        (Mark.DOCUMENTED, "Skype for Business Server: load balancing requirements; DNS requirements"),
        (Mark.INFERRED, "the effect of a stray AAAA record"),
    ),
    rule=look,
    causes=("hlb-affinity-wrong",),
)
