"""Writes docs/proxy-matrix.md: what a gateway must do × what each proxy does, tried one by one.

`scripts/bench matrix` tries every proxy that is installed or can be; those that cannot be have a column that says so.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from bench.peers import Setup, apache, caddy, hairpin, haproxy, http_proxy, mitmproxy, nginx
from bench.peers.lines import LINES, USERS, Probe, Site
from bench.peers.running import certificates, free_port, running
from tests.gateway.ntlm import accounts
from tests.gateway.upstream import upstream

ROOT = Path(__file__).resolve().parent.parent

COLUMNS: dict[str, tuple[ModuleType, Callable[[Setup], list[str]]]] = {
    "Hairpin": (hairpin, hairpin.configure),
    "nginx": (nginx, nginx.configure),
    "nginx, keepalive": (nginx, nginx.configure_keepalive),
    "HAProxy": (haproxy, haproxy.configure),
    "Apache": (apache, apache.configure),
    "Caddy": (caddy, caddy.configure),
    "mitmproxy": (mitmproxy, mitmproxy.configure),
    "http-proxy": (http_proxy, http_proxy.configure),
}
SECONDS = 20

HEAD = """# What proxies do with a sign-in

Made by `scripts/bench matrix`; do not edit. Each line is a check of `bench/peers/lines.py` against a running proxy,
set up as its own documentation says (`bench/peers/`), with TLS on both sides. Versions: Debian's packages, PyPI's
mitmproxy, npm's http-proxy, as installed on the machine that ran it.

"""


async def tried(name: str, folder: Path, files: tuple[Path, Path, Path]) -> dict[str, bool] | str:
    """What one proxy does, or why it could not be tried."""
    module, configure = COLUMNS[name]
    if (lacking := module.missing()) is not None:
        return str(lacking)
    chain, key, ca = files
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(chain, key)
    trust = ssl.create_default_context(cafile=str(ca))
    site = Site()
    async with upstream(site, tls) as pool:
        setup = Setup(folder, free_port(), pool.port, chain, key, ca)
        command = configure(setup)
        starting = running(command, setup.port, None, folder / "log")
        await asyncio.to_thread(starting.__enter__)
        try:
            probe = Probe(setup, site, trust)
            return {line: await _holds(line, probe) for line in LINES}
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)


async def _holds(line: str, probe: Probe) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            return await LINES[line](probe)
    except Exception:  # noqa: BLE001 - whatever goes wrong, the proxy did not do it
        return False


async def table(names: list[str]) -> str:
    columns: dict[str, dict[str, bool] | str] = {}
    with tempfile.TemporaryDirectory(prefix="hairpin-matrix-") as home:
        files = certificates(Path(home))
        for name in names:
            columns[name] = await tried(name, Path(home, name.replace(", ", "-")), files)
            done = columns[name]
            print(name, done if isinstance(done, str) else sum(done.values()), flush=True)
    rows = [f"| | {' | '.join(columns)} |", f"|:--|{':-:|' * len(columns)}"]
    for line in LINES:
        cells = [
            "–" if isinstance(done, str) else "yes" if done[line] else "**no**" for done in columns.values()
        ]
        rows.append(f"| {line} | {' | '.join(cells)} |")
    missing = [f"- {name}: {why}" for name, why in columns.items() if isinstance(why, str)]
    return "\n".join([*rows, "", *missing] if missing else rows) + "\n"


def main() -> int:
    with accounts(USERS):
        made = asyncio.run(table(sys.argv[1:] or list(COLUMNS)))
    if sys.argv[1:]:
        print(made)
    else:
        (ROOT / "docs" / "proxy-matrix.md").write_text(HEAD + made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
