"""nginx with sub_filter, Debian's package; with and without connections kept to the upstream."""

from __future__ import annotations

import shutil

from bench.peers import EXTERNAL, INTERNAL, Setup


def missing() -> str | None:
    return None if shutil.which("nginx") else "nginx is missing (Debian: apt-get install nginx-light)"


def configure(setup: Setup, *, keepalive: bool = False) -> list[str]:
    kept = "keepalive 64;" if keepalive else ""
    version = 'proxy_http_version 1.1; proxy_set_header Connection "";' if keepalive else ""
    tls = f"ssl_certificate {setup.certificate}; ssl_certificate_key {setup.key};" if setup.tls else ""
    folder, base, scheme = setup.folder, setup.base, setup.inner.partition(":")[0]
    name = setup.write(
        "nginx.conf",
        f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn; worker_rlimit_nofile 65536;
events {{ worker_connections 20000; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 100000000;
  map $upstream_http_www_authenticate $challenge {{
    default $upstream_http_www_authenticate;
    "~^(?<head>.*)https://{INTERNAL}(?<tail>.*)$" "${{head}}{base}$tail";
  }}
  upstream pool {{ server 127.0.0.1:{setup.upstream}; {kept} }}
  server {{
    listen 127.0.0.1:{setup.port} {"ssl" if setup.tls else ""}; {tls}
    location /director/ {{
      proxy_pass {scheme}://pool/; {version} proxy_set_header Host {EXTERNAL};
      proxy_ssl_server_name on; proxy_ssl_name {EXTERNAL}; proxy_ssl_verify on;
      proxy_ssl_trusted_certificate {setup.ca};
      proxy_read_timeout 1860s; proxy_buffering off;
      proxy_redirect https://{EXTERNAL}/ {base}/; proxy_redirect https://{INTERNAL}/ {base}/;
      proxy_cookie_domain {EXTERNAL} localhost; proxy_cookie_path / /director/;
      proxy_hide_header WWW-Authenticate; add_header WWW-Authenticate $challenge always;
      sub_filter_types *; sub_filter_once off;
      sub_filter https://{EXTERNAL} {base}; sub_filter https://{INTERNAL} {base};
      sub_filter '"/ucwa/' '"/director/ucwa/';
    }}
  }}
}}
""",
    )
    return ["nginx", "-p", str(folder), "-c", name]


def configure_keepalive(setup: Setup) -> list[str]:
    return configure(setup, keepalive=True)
