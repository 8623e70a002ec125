"""The gateway beside other proxies, in one run: `scripts/bench gateway [--rounds N] [PEER…]`.

Every proxy has a core of its own; the upstream (nginx with a file) and the load (wrk, 64 connections) share the
other. TLS on both sides, a JSON of 2.7 KB with 30 absolute links. Besides requests per second the table has the
processor time a request costs. All proxies are measured in turn, round after round, and each one's median round
counts, so that a machine that is busy for a while does not decide. The second table is the memory of a proxy per
event channel it holds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import resource
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.peers import (
    EXTERNAL,
    INTERNAL,
    Setup,
    apache,
    caddy,
    hairpin,
    haproxy,
    http_proxy,
    mitmproxy,
    nginx,
)
from bench.peers.running import certificates, free_port, processor_seconds, resident_bytes, running


@dataclass(frozen=True)
class Peer:
    """A proxy: its name in the tables, how it is set up, whether it rewrites bodies."""

    name: str
    configure: Callable[[Setup], list[str]]
    missing: Callable[[], str | None]
    bodies: bool


PEERS = {
    "hairpin": Peer("Hairpin gateway", hairpin.configure, hairpin.missing, True),
    "nginx-keepalive": Peer("nginx + sub_filter, keepalive", nginx.configure_keepalive, nginx.missing, True),
    "nginx": Peer("nginx + sub_filter", nginx.configure, nginx.missing, True),
    "haproxy": Peer("HAProxy", haproxy.configure, haproxy.missing, False),
    "apache": Peer("Apache + mod_substitute", apache.configure, apache.missing, True),
    "caddy": Peer("Caddy", caddy.configure, caddy.missing, False),
    "mitmproxy": Peer("mitmproxy", mitmproxy.configure, mitmproxy.missing, True),
    "http-proxy": Peer("Node http-proxy", http_proxy.configure, http_proxy.missing, True),
}
HOLDERS = ("hairpin", "nginx", "caddy")


def links() -> bytes:
    """2.7 KB of JSON with 30 absolute links, half of them to the internal name."""
    made = {
        f"rel{number:02}": {
            "href": f"https://{INTERNAL if number % 2 else EXTERNAL}/ucwa/oauth/v1/applications/{number:09}"
        }
        for number in range(30)
    }
    return json.dumps({"_links": made}).encode()


@contextlib.contextmanager
def site(folder: Path, port: int, chain: Path, key: Path) -> Iterator[None]:
    """The upstream: nginx with one file."""
    (folder / "www").mkdir()
    (folder / "www" / "links.json").write_bytes(links())
    (folder / "site.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; worker_rlimit_nofile 65536;
events {{ worker_connections 20000; }}
http {{
  access_log off; types {{ application/json json; }} keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {chain}; ssl_certificate_key {key}; root {folder}/www; }}
}}""")
    with running(["nginx", "-p", str(folder), "-c", str(folder / "site.conf")], port, 1, folder / "site.log"):
        yield


def load(url: str, seconds: int, pid: int) -> dict[str, float]:
    """wrk's figures: requests a second, p50 and p99 in ms, microseconds of the proxy's processor a request."""
    before = processor_seconds(pid)
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds(pid) - before
    requests = int(_found(r"(\d+) requests in", out))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {
        "rps": float(_found(r"Requests/sec:\s+([\d.]+)", out)),
        "p50": _milliseconds(_found(r"\n\s+50%\s+([\d.]+\w+)", out)),
        "p99": _milliseconds(_found(r"\n\s+99%\s+([\d.]+\w+)", out)),
        "cpu": spent / max(requests, 1) * 1e6,
        "failed": float(failed[1]) if failed else 0.0,
    }


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk said: {text}")
    return match[1]


def _milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise ValueError(text)


def throughput(names: list[str], seconds: int, rounds: int) -> list[str]:
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="hairpin-bench-") as home:
        folder = Path(home)
        folder.chmod(0o755)  # nginx's worker is another user
        chain, key, ca = certificates(folder)
        upstream = free_port()
        with site(folder, upstream, chain, key):
            for number in range(1, rounds + 1):
                for name in names:
                    if PEERS[name].missing() is not None:
                        continue
                    setup = Setup(folder / f"{name}-{number}", free_port(), upstream, chain, key, ca)
                    got = _measured(PEERS[name], setup, seconds)
                    measured[name].append(got)
                    print(f"round {number}, {PEERS[name].name}: {got['rps']:.0f} requests/s", file=sys.stderr)
    return [
        "| proxy | requests/s | p50 ms | p99 ms | processor µs a request | Hairpin is × as fast | rewrites bodies |",
        "|:--|--:|--:|--:|--:|--:|:--|",
        *(_row(PEERS[name], measured[name], measured.get("hairpin", [])) for name in names),
    ]


def _measured(peer: Peer, setup: Setup, seconds: int) -> dict[str, float]:
    command = peer.configure(setup)
    with running(command, setup.port, 0, setup.folder / "proxy.log") as process:
        url = f"{setup.base}/links.json"
        load(url, 1, process.pid)
        return load(url, seconds, process.pid)


def _row(peer: Peer, rounds: list[dict[str, float]], ours: list[dict[str, float]]) -> str:
    if (lacking := peer.missing()) is not None:
        return f"| {peer.name} | {lacking} | | | | | |"
    got = sorted(rounds, key=lambda one: one["rps"])[len(rounds) // 2]
    ratios = (
        sorted(our["rps"] / their["rps"] for our, their in zip(ours, rounds, strict=True)) if ours else []
    )
    ratio = f"{ratios[len(ratios) // 2]:.2f}" if ratios else ""
    note = f" ({got['failed']:.0f} failed)" if got["failed"] else ""
    figures = f"{got['rps']:.0f}{note} | {got['p50']:.1f} | {got['p99']:.1f} | {got['cpu']:.0f} | {ratio}"
    return f"| {peer.name} | {figures} | {'yes' if peer.bodies else 'no'} |"


async def _held(port: int, count: int, context: ssl.SSLContext | None, base: str, pid: int) -> float:
    """Bytes of a proxy's memory for each of that many event channels that wait."""
    before = resident_bytes(pid)
    writers = []
    for at in range(0, count, 50):
        opened = await asyncio.gather(
            *[
                asyncio.open_connection(
                    "127.0.0.1", port, ssl=context, server_hostname="localhost" if context else None
                )
                for _ in range(min(50, count - at))
            ]
        )
        for _, writer in opened:
            writer.write(f"GET {base}/ucwa/events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            writers.append(writer)
    await asyncio.sleep(3)
    after = resident_bytes(pid)
    for writer in writers:
        writer.transport.abort()
    return (after - before) / count


HOLDING_SITE = """
import asyncio, ssl, sys
context = None
if len(sys.argv) > 2:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
class Holding(asyncio.Protocol):
    pass
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Holding, "127.0.0.1", int(sys.argv[1]), ssl=context, backlog=4096)
    await server.serve_forever()
asyncio.run(main())
"""


def channels(names: list[str], count: int) -> list[str]:
    rows = ["| proxy | KiB a channel, TLS on both sides | KiB a channel, no TLS |", "|:--|--:|--:|"]
    with tempfile.TemporaryDirectory(prefix="hairpin-bench-") as home:
        folder = Path(home)
        chain, key, ca = certificates(folder)
        (folder / "holding.py").write_text(HOLDING_SITE)
        plain = Setup(folder, 0, 0, chain, key, ca)
        for name in names:
            cells = [
                f"{_one_holder(name, replace(plain, tls=tls, upstream_tls=tls), count) / 1024:.1f}"
                for tls in (True, False)
            ]
            rows.append(f"| {PEERS[name].name} | {cells[0]} | {cells[1]} |")
            print(rows[-1], flush=True)
    return rows


def _one_holder(name: str, setup: Setup, count: int) -> float:
    kind = "tls" if setup.tls else "plain"
    setup = replace(setup, folder=setup.folder / f"{name}-{kind}", port=free_port(), upstream=free_port())
    setup.folder.mkdir()
    tls = [str(setup.certificate), str(setup.key)] if setup.tls else []
    holding = [sys.executable, str(setup.folder.parent / "holding.py"), str(setup.upstream), *tls]
    context = ssl.create_default_context(cafile=str(setup.ca)) if setup.tls else None
    with (
        running(holding, setup.upstream, 1, setup.folder / "holding.log"),
        running(PEERS[name].configure(setup), setup.port, 0, setup.folder / "peer.log") as process,
    ):
        asyncio.run(_held(setup.port, 20, context, "/director", process.pid))
        return asyncio.run(_held(setup.port, count, context, "/director", process.pid))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", nargs="*", choices=[*PEERS, []], help="only these; all when none is named")
    parser.add_argument("--seconds", type=int, default=4, help="for one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--channels", type=int, default=5000)
    chosen = parser.parse_args()
    names = chosen.peers or list(PEERS)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    rows = throughput(names, chosen.seconds, chosen.rounds)
    held = channels([name for name in HOLDERS if name in names], chosen.channels) if chosen.channels else []
    print("\n" + "\n".join([*rows, "", *held]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
