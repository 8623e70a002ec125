"""Caddy, Debian's package: heads rewritten by pattern, bodies as they are."""

from __future__ import annotations

import shutil

from bench.peers import EXTERNAL, INTERNAL, Setup


def missing() -> str | None:
    return None if shutil.which("caddy") else "Caddy is missing (Debian: apt-get install caddy)"


def configure(setup: Setup) -> list[str]:
    edits = "\n".join(
        f'      header_down {name} "https://({EXTERNAL}|{INTERNAL})" "{setup.base}"'
        for name in (
            "WWW-Authenticate",
            "Location",
            "Content-Location",
            "Link",
            "Refresh",
            "X-MS-WebTicketURL",
        )
    )
    inner = (
        f"""
      transport http {{
        tls_server_name {EXTERNAL}
        tls_trusted_ca_certs {setup.ca}
      }}"""
        if setup.upstream_tls
        else ""
    )
    name = setup.write(
        "Caddyfile",
        f"""
{{
  admin off
  auto_https off
}}
{setup.public} {{
  bind 127.0.0.1
  {f"tls {setup.certificate} {setup.key}" if setup.tls else ""}
  handle_path /director/* {{
    reverse_proxy {setup.inner} {{
      header_up Host {EXTERNAL}
      flush_interval -1
      header_down Set-Cookie "(?i)domain={EXTERNAL}" "Domain=localhost"
      header_down Set-Cookie "(?i)path=/" "Path=/director/"
{edits}{inner}
    }}
  }}
}}
""",
    )
    return ["env", "GOMAXPROCS=1", f"XDG_DATA_HOME={setup.folder}", f"XDG_CONFIG_HOME={setup.folder}",
            "caddy", "run", "--config", name]  # fmt: skip
