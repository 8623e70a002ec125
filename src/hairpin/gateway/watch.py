"""Keeping watch: what is counted, and what of the doctor's findings is seen passing by.

Counters are whole numbers in one block of shared memory with a row for every worker, so that any worker can show
the sums of all. The findings are those a single exchange shows without doubt; each has the catalogue's id.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

Line = tuple[bytes, bytes]

OWN = "gateway"
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0, 200.0, float("inf"))
FINDINGS = (
    "ext-fqdn-resolves-to-internal-site",
    "origin-not-allowed-28070",
    "ticket-from-other-pool",
    "bad-credentials-invalid-grant",
    "rp-breaks-ntlm",
)
REFUSALS = ("bad-request", "origin", "unknown-host", "unknown-path", "too-large", "too-slow", "too-many")
FAILURES = ("refused", "timeout", "tls", "protocol", "closed", "coding")

_GAUGES = {"connections", "held", "pinned"}


class Counters:
    """Named whole numbers, a row of them for every worker. ``add`` is cheap enough for every request."""

    def __init__(self, sites: Sequence[str], workers: int = 1) -> None:
        self.sites = (*sites, OWN)
        self.names: list[tuple[str, ...]] = [(gauge,) for gauge in sorted(_GAUGES)]
        for site in self.sites:
            self.names += [("requests", site, status) for status in STATUSES]
            self.names += [("seconds_bucket", site, str(bound)) for bound in BUCKETS]
            self.names += [(name, site) for name in ("sent_bytes", "milliseconds", "rewrites", "vouched")]
            self.names += [("failures", site, why) for why in FAILURES]
            self.names += [("findings", site, finding) for finding in FINDINGS]
        self.names += [("refusals", why) for why in REFUSALS]
        self.at = {name: spot for spot, name in enumerate(self.names)}
        self._bases = {site: self.at["requests", site, STATUSES[0]] for site in self.sites}
        self._memory = memoryview(mmap.mmap(-1, max(1, len(self.names) * workers * 8))).cast("q")
        self._workers = workers
        self._row = 0

    def use_row(self, worker: int) -> None:
        """Counts from now on belong to that worker; its gauges start again at nothing."""
        self._row = worker * len(self.names)
        for gauge in _GAUGES:
            self._memory[self._row + self.at[(gauge,)]] = 0

    def add(self, *name: str, by: int = 1) -> None:
        """Unknown names are ignored: a reload may bring sites that are counted only after a restart."""
        spot = self.at.get(name)
        if spot is not None:
            self._memory[self._row + spot] += by

    def total(self, *name: str) -> int:
        spot, width = self.at[name], len(self.names)
        return sum(self._memory[spot + row * width] for row in range(self._workers))

    def exchange(self, site: str, status: int, seconds: float, sent: int) -> None:
        """One answered request; the same as four times ``add``, quicker."""
        memory, base = self._memory, self._row + self._bases.get(site, self._bases[OWN])
        memory[base + min(max(status // 100, 1), 5) - 1] += 1
        memory[base + len(STATUSES) + bisect_left(BUCKETS, seconds)] += 1
        memory[base + len(STATUSES) + len(BUCKETS)] += sent
        memory[base + len(STATUSES) + len(BUCKETS) + 1] += int(seconds * 1000)


class _Collector(Collector):
    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        total = self._counters.total
        for gauge, text in (
            ("connections", "Client connections that are open."),
            ("held", "Requests for events that wait for their answer."),
            ("pinned", "Upstream connections bound to one client by NTLM or Negotiate."),
        ):
            yield GaugeMetricFamily(f"hairpin_gateway_{gauge}", text, value=total(gauge))
        labelled = {
            "requests": ("Answered requests.", "status"),
            "failures": ("Requests a web site could not answer.", "why"),
            "findings": ("What the doctor would report, seen in single exchanges.", "finding"),
        }
        for name, (text, label) in labelled.items():
            family = CounterMetricFamily(f"hairpin_gateway_{name}", text, labels=["pool", label])
            for kind, *rest in self._counters.names:
                if kind == name:
                    family.add_metric(rest, total(kind, *rest))
            yield family
        for name, text in (
            ("sent_bytes", "Bytes of answers sent to clients."),
            ("rewrites", "Links, cookies and origins that were rewritten."),
            ("vouched", "Requests whose origin was replaced for the web site's allow list."),
        ):
            family = CounterMetricFamily(f"hairpin_gateway_{name}", text, labels=["pool"])
            for site in self._counters.sites:
                family.add_metric([site], total(name, site))
            yield family
        refusals = CounterMetricFamily("hairpin_gateway_refusals", "Requests refused here.", labels=["why"])
        for why in REFUSALS:
            refusals.add_metric([why], total("refusals", why))
        yield refusals
        yield from self._durations()

    def _durations(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(
            "hairpin_gateway_request_seconds", "From a request's head to its answer's end.", labels=["pool"]
        )
        for site in self._counters.sites:
            count, buckets = 0, []
            for bound in BUCKETS:
                count += self._counters.total("seconds_bucket", site, str(bound))
                buckets.append((str(bound) if bound != float("inf") else "+Inf", count))
            family.add_metric([site], buckets, self._counters.total("milliseconds", site) / 1000)
        yield family


def exposition(counters: Counters) -> bytes:
    """All counters in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(counters))
    return generate_latest(registry)


def findings(
    status: int, lines: Iterable[Line], internal: Sequence[str], body: bytes, last_message: bool
) -> Iterator[str]:
    """What one answer of a web site shows.

    ``internal`` are the site's internal web FQDNs, ``body`` is the request's; ``last_message`` says that the
    request carried the last message of an NTLM handshake.
    """
    for name, value in lines:
        kind = name.lower()
        if kind == b"www-authenticate" and b"MsRtcOAuth" in value:
            challenge = value.decode("latin-1").lower()
            if any(f"//{host.lower()}{end}" in challenge for host in internal for end in "/:"):
                yield "ext-fqdn-resolves-to-internal-site"
        elif kind == b"x-ms-diagnostics":
            code = value.partition(b";")[0].strip()
            if code == b"28070":
                yield "origin-not-allowed-28070"
            elif code in {b"28032", b"28072", b"28077"}:
                yield "ticket-from-other-pool"
            elif code == b"28020" and status == 400 and b"password=" in body:
                yield "bad-credentials-invalid-grant"
    if last_message and status == 401:
        yield "rp-breaks-ntlm"
