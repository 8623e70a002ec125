"""A real Chromium that sees one DNS view of the lab and trusts the lab's certificate authority.

Both are settled in a profile made for one run, so nothing of the machine or its user is touched:

- every look-up goes to the view's DNS-over-HTTPS endpoint, in secure mode, which never falls back to the
  machine's resolver. For names under ``.local`` Chromium never asks that endpoint but the operating system,
  so those follow resolver rules made of the view's answers at the start, and no other ``.local`` name exists;
- the authority stands in the profile's certificate store, so certificates are really verified: a name that a
  certificate does not cover is refused, as it is for a user.

No name is turned into another, so the addresses in a capture are those that were connected to.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hairpin.deployment.names import records, resolve
from hairpin.lab.lab import Lab
from hairpin.lab.naming import View

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext

PROGRAM = "chromium"

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-proxy-server",
    "--remote-debugging-port=0",
    "--remote-allow-origins=devtools://devtools",
)

# The table Chromium keeps trusted certificates in; _TRUSTED is its protobuf for "a root to trust".
_STORE = """
    CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
    INSERT INTO meta VALUES ('version', '1'), ('last_compatible_version', '1');
    CREATE TABLE certificates(
        sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL);
"""
_TRUSTED = bytes.fromhex("0a020803")


class NoBrowser(RuntimeError):
    """No Chromium can be started here; the text says what is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A running Chromium. Pages belong into contexts of ``browser``: each new one has empty caches.

    ``own`` is the profile's first context, which DevTools is shown in; DevTools is at 127.0.0.1, ``port``.
    """

    browser: Browser
    own: BrowserContext
    port: int


def missing() -> str | None:
    """What is missing to start a browser, as one line; None when nothing is."""
    if shutil.which(PROGRAM) is None:
        return "chromium is missing (Debian: apt-get install chromium)"
    if find_spec("playwright") is None:
        return "the Python package playwright is missing (pip install playwright)"
    from playwright._impl._driver import compute_driver_executable

    node, _ = compute_driver_executable()
    if subprocess.run([node, "--version"], capture_output=True, check=False).returncode != 0:
        return "playwright's own Node.js does not start (Debian: apt-get install libatomic1)"
    return None


@asynccontextmanager
async def chromium(
    view: View, resolver: str, authority: Path, *, flags: tuple[str, ...] = ()
) -> AsyncIterator[Chromium]:
    """Run a headless Chromium as long as the block runs; without its sandbox where it cannot have one.

    Chromium has none as root and in most containers. It is shown the lab's own pages and nothing else.

    ``resolver`` is the https URL of the view's DNS endpoint, with an address for its host; ``authority`` the
    PEM file to trust; ``flags`` are further command-line switches. Raises NoBrowser.
    """
    if (lacking := missing()) is not None:
        raise NoBrowser(lacking)
    from playwright.async_api import Error, async_playwright

    with TemporaryDirectory(prefix="hairpin-", ignore_cleanup_errors=True) as home:
        profile = Path(home) / "profile"
        _write_profile(profile, resolver, authority)
        async with async_playwright() as playwright:
            launch = partial(
                playwright.chromium.launch_persistent_context,
                profile,
                executable_path=shutil.which(PROGRAM),
                headless=True,
                args=[*_FLAGS, f"--host-resolver-rules={_rules(view)}", *flags],
                env={**os.environ, "HOME": home},
            )
            try:
                try:
                    own = await launch(chromium_sandbox=os.geteuid() != 0)
                except Error as error:
                    if "sandbox" not in error.message.lower():
                        raise
                    own = await launch(chromium_sandbox=False)
            except Error as error:
                raise NoBrowser(f"{PROGRAM} does not start: {_reason(error.message)}") from None
            assert own.browser is not None, "playwright gives a launched context its browser"
            try:
                port = int((profile / "DevToolsActivePort").read_text().split()[0])
                yield Chromium(own.browser, own, port)
            finally:
                await own.close()


def chromium_in(lab: Lab, vantage: str) -> AbstractAsyncContextManager[Chromium]:
    """Chromium at a vantage of a running lab."""
    view = View(records(lab.deployment, vantage), lab.places.seen_from(vantage, lab.deployment))
    names = next(server for server in lab.describe().dns if server.view == vantage)
    return chromium(view, names.https, lab.certificate)


def _write_profile(profile: Path, resolver: str, authority: Path) -> None:
    default = profile / "Default"
    default.mkdir(parents=True)
    settings = {"dns_over_https": {"mode": "secure", "templates": resolver}}
    (profile / "Local State").write_text(json.dumps(settings))
    certificate = ssl.PEM_cert_to_DER_cert(authority.read_text())
    row = (hashlib.sha256(certificate).hexdigest(), certificate, _TRUSTED)
    with closing(sqlite3.connect(default / "ServerCertificate")) as store, store:
        store.executescript(_STORE)
        store.execute("INSERT INTO certificates VALUES (?, ?, ?)", row)


def _rules(view: View) -> str:
    names = sorted(name for name in view.records if name.endswith(".local"))
    found = {name: resolve(view.records, name).addresses for name in names}
    rules = [f"MAP {name} {view.addresses.get(each[0], each[0])}" for name, each in found.items() if each]
    return ",".join([*rules, "MAP *.local ^NOTFOUND"])


def _reason(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return next(
        (line for line in lines if "sandbox" in line.lower()), lines[0] if lines else "no reason given"
    )
