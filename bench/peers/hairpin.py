"""This gateway, started as any of the others."""

from __future__ import annotations

import sys

from bench.peers import EXTERNAL, INTERNAL, Setup

PROGRAM = """
from hairpin.gateway.config import Config, Limits, Listen, Site
from hairpin.gateway.serve import run

names = [f"{scheme}://{host}{port}" for host in (EXTERNAL, INTERNAL) for scheme, port in
         (("https", ""), ("https", ":4443"), ("http", ""), ("http", ":8080"))]
site = Site("director", "/director", EXTERNAL, (("127.0.0.1", UPSTREAM),), tuple(names), (INTERNAL,), (INTERNAL,),
            tls=UPSTREAM_TLS, ca=CA)
run(Config((site,), (PUBLIC,), (Listen("127.0.0.1", PORT, CERT, KEY),), origins=("https://app.nnylync.info",)))
"""


def missing() -> str | None:
    return None


def configure(setup: Setup) -> list[str]:
    values = {
        "EXTERNAL": EXTERNAL, "INTERNAL": INTERNAL, "UPSTREAM": setup.upstream, "PORT": setup.port,
        "CA": str(setup.ca), "CERT": str(setup.certificate) if setup.tls else None,
        "KEY": str(setup.key) if setup.tls else None, "PUBLIC": setup.public, "UPSTREAM_TLS": setup.upstream_tls,
    }  # fmt: skip
    head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    return [sys.executable, setup.write("gateway.py", head + PROGRAM)]
