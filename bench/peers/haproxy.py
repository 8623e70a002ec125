"""HAProxy, Debian's package: heads rewritten line by line, bodies as they are."""

from __future__ import annotations

import shutil

from bench.peers import EXTERNAL, INTERNAL, Setup


def missing() -> str | None:
    return None if shutil.which("haproxy") else "HAProxy is missing (Debian: apt-get install haproxy)"


def configure(setup: Setup) -> list[str]:
    both = setup.write("both.pem", setup.certificate.read_text() + setup.key.read_text())
    bind = f"ssl crt {both}" if setup.tls else ""
    verify = f"ssl verify required ca-file {setup.ca} sni str({EXTERNAL})" if setup.upstream_tls else ""
    names = f"https://({EXTERNAL}|{INTERNAL})"
    edits = "\n".join(
        f"  http-response replace-header {name} ^(.*){names}(.*)$ \\1{setup.base}\\3"
        for name in (
            "WWW-Authenticate",
            "Location",
            "Content-Location",
            "Link",
            "Refresh",
            "X-MS-WebTicketURL",
        )
    )
    name = setup.write(
        "haproxy.cfg",
        f"""
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout client 1860s
  timeout server 1860s
  timeout connect 5s
frontend public
  bind 127.0.0.1:{setup.port} {bind}
  default_backend pool
backend pool
  http-request set-header Host {EXTERNAL}
  http-request replace-path /director(/.*)? \\1
{edits}
  http-response replace-header Set-Cookie ^(.*)[Dd]omain={EXTERNAL}(.*)$ \\1Domain=localhost\\2
  http-response replace-header Set-Cookie ^(.*)[Pp]ath=/(.*)$ \\1Path=/director/\\2
  server one 127.0.0.1:{setup.upstream} {verify}
""",
    )
    return ["haproxy", "-f", name]
