"""The name is right, and the network does not let inside clients out and back in to the proxy."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import is_internal, is_second_pool, unanswered
from hairpin.doctor.turn import DISCOVER_INTERNAL, Turn
from hairpin.wire.exchange import Failure

_DROPPED = (Failure.TIMEOUT, Failure.UNREACHABLE, Failure.RESET)


def look(case: Case) -> Iterator[Sign]:
    for turn in unanswered(case, *_DROPPED):
        if is_internal(case, turn) or is_second_pool(case, turn):
            continue
        inside = _was_inside(case, turn)
        where = turn.address or turn.host
        yield Sign(
            Certainty.PROBABLE if inside else Certainty.POSSIBLE,
            f"{turn.host} resolves, and nothing came back from {where}.",
            (
                turn.evidence("failure", turn.failure),
                *((turn.evidence("server address", turn.address),) if turn.address else ()),
                *((inside.evidence("this client is inside", inside.outcome()),) if inside else ()),
            ),
            {"ext": turn.host, "proxy address": turn.address or ""},
        )


def _was_inside(case: Case, turn: Turn) -> Turn | None:
    """An answer that only a client inside can get."""
    return next(
        (
            one
            for one in case.ours
            if one.capture == turn.capture
            and one.status is not None
            and (one.host.startswith(DISCOVER_INTERNAL) or is_internal(case, one))
        ),
        None,
    )


ENTRY = Entry(
    id="hairpin-blocked",
    title="Inside clients cannot reach the reverse proxy",
    group=Group.NAMES,
    owner=Owner.NETWORK_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="""
        Every client on the company's network waits for twenty seconds and gives up; the same phone signs
        in as soon as Wi-Fi is switched off.
        """,
    looks_at="""
        A request to an external name that resolved and timed out, was reset or found no route, while the
        client is inside: an internal name answered it before.
        """,
    cause="""
        Clients of this kind use <ext> wherever they are, so from inside they must leave by the firewall
        and come back in to <proxy address>. The firewall drops traffic that turns around on one interface.
        """,
    remedies=(
        Change(
            "Let the turn happen: allow inside clients to reach the proxy's outside address on 443 and 80.",
            {
                "iptables": """
                    iptables -t nat -A PREROUTING -s 10.0.0.0/8 -d <proxy address> -p tcp --dport 443 -j DNAT --to <proxy inside address>
                    iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -d <proxy inside address> -p tcp --dport 443 -j MASQUERADE
                    """
            },
        ),
        Change(
            """
            Or let internal DNS answer <ext> with an address of the same proxy that inside clients can
            reach. Never with the address of a server: that is how the original case is born.
            """,
            {"BIND, internal view": "<ext>.  300  IN  A  <proxy inside address>"},
            Owner.DNS_ADMIN,
        ),
    ),
    verify=Change(
        "From inside, the port opens.",
        {"PowerShell": "Test-NetConnection <ext> -Port 443", "shell": "curl -sI https://<ext>/"},
    ),
    undo=Change(
        "Delete the two rules.",
        {
            "iptables": """
                iptables -t nat -D PREROUTING -s 10.0.0.0/8 -d <proxy address> -p tcp --dport 443 -j DNAT --to <proxy inside address>
                iptables -t nat -D POSTROUTING -s 10.0.0.0/8 -d <proxy inside address> -p tcp --dport 443 -j MASQUERADE
                """
        },
    ),
    look_alikes={
        "ext-fqdn-missing-inside": "The name does not resolve at all.",
        "ext-fqdn-resolves-to-internal-site": "The name leads to the server itself, and that does answer.",
        "home-pool-not-published": "Only the home pool's name fails, after a good start elsewhere.",
        "rp-timeout-shorter-than-pget": "Only the event channel ends without an answer.",
    },
    sources=(
        (Mark.DOCUMENTED, "Skype for Business Server: plan for mobility (hairpin notes)"),
        (Mark.DOCUMENTED, "Kemp LoadMaster: DNS and mobility setting for internal clients"),
    ),
    rule=look,
    causes=("local-network-access-blocked",),
)
