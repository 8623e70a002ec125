"""mitmproxy as a reverse proxy with a small addon, from PyPI, in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.peers import EXTERNAL, INTERNAL, Setup

HOME = Path(sys.prefix) / "bench" / "mitmproxy"
ADDON = f"""
import re
NAMES = re.compile(r"https://(?:{EXTERNAL}|{INTERNAL})")

def request(flow):
    flow.request.path = flow.request.path.removeprefix("/director")
    flow.request.host_header = "{EXTERNAL}"

def response(flow):
    for name in set(flow.response.headers):
        lines = flow.response.headers.get_all(name)
        flow.response.headers.set_all(name, [NAMES.sub(BASE, line) for line in lines])
    if flow.response.headers.get("content-type", "").startswith(("text/", "application/", "multipart/")):
        flow.response.text = NAMES.sub(BASE, flow.response.text).replace('"/ucwa/', '"/director/ucwa/')
"""


def missing() -> str | None:
    if not (HOME / "bin" / "mitmdump").exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=False, capture_output=True)
        if made.returncode == 0:
            pip = [str(HOME / "bin" / "pip"), "-q", "install", "mitmproxy"]
            subprocess.run(pip, check=False, capture_output=True)
    return None if (HOME / "bin" / "mitmdump").exists() else "mitmproxy is missing (pip install mitmproxy)"


def configure(setup: Setup) -> list[str]:
    both = setup.write("both.pem", setup.key.read_text() + setup.certificate.read_text())
    addon = setup.write("addon.py", f"BASE = {setup.base!r}\n{ADDON}")
    return [
        str(HOME / "bin" / "mitmdump"), "-q", "--mode", f"reverse:{setup.inner}/", "-p", str(setup.port),
        "--listen-host", "127.0.0.1", "--certs", f"*={both}", "-s", addon, "--set", "http2=false",
        "--set", f"ssl_verify_upstream_trusted_ca={setup.ca}", "--set", f"confdir={setup.folder}",
        "--set", "keep_host_header=true", "--set", "connection_strategy=lazy",
    ]  # fmt: skip
