"""Apache with mod_proxy and mod_substitute, Debian's package."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.peers import EXTERNAL, INTERNAL, Setup

MODULES = Path("/usr/lib/apache2/modules")
LOADED = (
    "mpm_event",
    "authz_core",
    "filter",
    "headers",
    "proxy",
    "proxy_http",
    "ssl",
    "substitute",
    "socache_shmcb",
)


def missing() -> str | None:
    return None if shutil.which("apache2") else "Apache is missing (Debian: apt-get install apache2)"


def configure(setup: Setup) -> list[str]:
    folder, base = setup.folder, setup.base
    loads = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
    tls = f"SSLEngine on\nSSLCertificateFile {setup.certificate}\nSSLCertificateKeyFile {setup.key}"
    name = setup.write(
        "apache.conf",
        f"""
{loads}
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
ServerName localhost
Listen 127.0.0.1:{setup.port}
StartServers 1
ServerLimit 1
ThreadsPerChild 256
MaxRequestWorkers 256
MaxKeepAliveRequests 0
<VirtualHost *:{setup.port}>
{tls if setup.tls else ""}
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile {setup.ca}
SSLProxyCheckPeerName off
ProxyPreserveHost Off
ProxyTimeout 1860
RequestHeader set Host {EXTERNAL}
ProxyPass /director/ {setup.inner}/
ProxyPassReverse /director/ https://{EXTERNAL}/
ProxyPassReverse /director/ https://{INTERNAL}/
ProxyPassReverseCookieDomain {EXTERNAL} localhost
ProxyPassReverseCookiePath / /director/
Header edit* WWW-Authenticate https://({EXTERNAL}|{INTERNAL}) {base}
Header always edit* WWW-Authenticate https://({EXTERNAL}|{INTERNAL}) {base}
<Location /director/>
AddOutputFilterByType SUBSTITUTE application/json application/xml text/html text/xml multipart/batching
Substitute "s|https://{EXTERNAL}|{base}|iq"
Substitute "s|https://{INTERNAL}|{base}|iq"
Substitute 's|"/ucwa/|"/director/ucwa/|iq'
</Location>
</VirtualHost>
""",
    )
    return ["apache2", "-D", "FOREGROUND", "-f", name]
