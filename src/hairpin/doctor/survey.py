"""What a probe of the live names found, as plain data: lookups and certificates.

A capture shows neither, so the failures of DNS and TLS that leave no exchange behind are found here.
"""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.deployment.model import Deployment
from hairpin.deployment.names import addresses, records
from hairpin.doctor.finding import Evidence
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL, plain

INSIDE = "inside"
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A name asked from a vantage (``inside``, ``outside``, or a resolver's name); no addresses: it does not exist.

    ``aliases`` are the CNAME targets on the way, in order.
    """

    vantage: str
    name: str
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def evidence(self) -> Evidence:
        answer = ", ".join((*self.aliases, *self.addresses)) or "no such name"
        return Evidence(
            None, None, plain(f"lookup of {self.name} {self.vantage}"), "DNS answer", plain(answer)
        )


@dataclass(frozen=True, slots=True)
class Certificate:
    """What TLS on an address presented for a name; ``expires`` is seconds since the epoch.

    ``sent_name`` is false where the client sent no SNI. ``complete`` is false where intermediates were missing,
    ``trusted`` is false where the chain ends in a root no public store has. ``protocols`` are those accepted.
    """

    vantage: str
    name: str
    address: str
    names: tuple[str, ...]
    issuer: str = ""
    expires: float | None = None
    complete: bool = True
    trusted: bool = True
    sent_name: bool = True
    protocols: tuple[str, ...] = ()

    def covers(self, host: str) -> bool:
        """RFC 6125: an exact name, or a wildcard for exactly one label."""
        host = host.lower()
        tail = "*." + host.partition(".")[2]
        return any(name.lower() in {host, tail} for name in self.names)

    def evidence(self, part: str, seen: str) -> Evidence:
        request = f"TLS with {self.address} for {self.name} {self.vantage}"
        return Evidence(None, None, plain(request), part, plain(seen))


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything a probe found, at a time (seconds since the epoch)."""

    lookups: tuple[Lookup, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    at: float | None = None

    def of(self, name: str, vantage: str | None = None) -> tuple[Lookup, ...]:
        return tuple(
            one
            for one in self.lookups
            if one.name.lower() == name.lower() and (vantage is None or one.vantage == vantage)
        )

    def addresses(self, name: str, vantage: str | None = None) -> frozenset[str]:
        return frozenset(address for one in self.of(name, vantage) for address in one.addresses)


def declared(deployment: Deployment) -> Survey:
    """The lookups a deployment file promises, of every name it knows in both views."""
    names = {
        f"{prefix}{domain}" for domain in deployment.sip_domains for prefix in (DISCOVER, DISCOVER_INTERNAL)
    }
    names |= {pool.external_fqdn for pool in deployment.pools}
    names |= {pool.internal_fqdn for pool in deployment.pools}
    return Survey(
        tuple(
            Lookup(vantage, name, addresses(deployment, vantage, name), _aliases(deployment, vantage, name))
            for vantage in (INSIDE, OUTSIDE)
            for name in sorted(names)
        )
    )


def _aliases(deployment: Deployment, vantage: str, name: str) -> tuple[str, ...]:
    """The first CNAME target of a name, where its record is one."""
    record = records(deployment, vantage).get(name.lower())
    if isinstance(record, str) and addresses(deployment, vantage, name) != (record,):
        return (record,)
    return ()
