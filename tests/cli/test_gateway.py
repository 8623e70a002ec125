"""hairpin up with its gateway, and hairpin gateway in front of servers that a lab lends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest


@contextmanager
def started(*arguments: str) -> Iterator[dict[str, Any]]:
    """A verb that stays up; the object in its first line."""
    command = [sys.executable, "-m", "hairpin", *arguments, "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(timeout=20)


def complaint(*arguments: str) -> str:
    command = [sys.executable, "-m", "hairpin", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def sign_in(client: httpx2.Client, root: str, user: dict[str, str]) -> httpx2.Response:
    """A client that takes its one ticket along and knows nothing of pools."""
    known = client.get(root).json()["_links"]
    challenge = client.get(known["user"]["href"])
    assert challenge.status_code == 401
    line = next(one for one in challenge.headers.get_list("www-authenticate") if "MsRtcOAuth" in one)
    form = {"grant_type": "password", "username": user["logon"], "password": user["password"]}
    ticket = client.post(line.split('href="')[1].split('"')[0], data=form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {ticket}"}
    mine = client.get(known["user"]["href"], headers=bearer).json()["_links"]
    wish = {"UserAgent": "test", "EndpointId": "e", "Culture": "en-US"}
    return client.post(mine["applications"]["href"], json=wish, headers=bearer)


def test_up_names_the_gateway_and_a_plain_client_signs_in_at_it() -> None:
    with started("up") as ready, httpx2.Client() as client:
        front = ready["gateway"]
        assert front["origin"].startswith("http://localhost:")
        made = sign_in(client, f"{front['origin']}/", ready["users"][0])
        assert made.status_code == 201
        assert made.json()["_links"]["self"]["href"].startswith("/ny/ucwa/oauth/v1/applications/")
        page = client.get(front["page"])
        assert "Sample UCWA application" in page.text
        known = client.get(f"{front['page']}deployment.json").json()
        assert known["roots"] == [f"{front['origin']}/"]


FILE = """
sip_domains = ["nnylync.info"]
[[pool]]
name = "director"
kind = "director"
internal_fqdn = "director.nny.local"
external_fqdn = "webdir.nnylync.info"
servers = [{{ fqdn = "Director.NNY.local", address = "{director}" }}]
allow_origins = ["https://app.nnylync.info"]
[pool.ports]
external_https = {port}
published_https = {published}
[[pool]]
name = "ny"
internal_fqdn = "lync-se.nny.local"
external_fqdn = "webext-ny.nny.info"
servers = [{{ fqdn = "Lync-SE.NNY.local", address = "{ny}" }}]
allow_origins = ["https://app.nnylync.info"]
[pool.ports]
external_https = {port}
published_https = {published}
"""


@pytest.mark.parametrize("verb", ["up", "gateway"])
def test_in_front_of_real_servers(verb: str, tmp_path: Path) -> None:
    with started("lab") as lab:
        servers = {one["pool"]: one["loopback"] for one in lab["machines"] if one["role"] == "server"}
        path = tmp_path / "pools.toml"
        shift = lab["port_offset"]
        path.write_text(FILE.format(port=4443 + shift, published=443 + shift, **servers))
        own = {
            "up": ("--port", "18765"),
            "gateway": ("--listen", "127.0.0.1:18765", "--trust", lab["certificate_authority"]),
        }
        with started(verb, "--deployment", str(path), *own[verb]) as running, httpx2.Client() as client:
            assert running["schema"] == "hairpin.gateway/1"
            assert running["origins"] == ["http://localhost:18765"]
            assert running["pools"]["ny"] == "http://localhost:18765/ny"
            if verb == "up":
                # The lab's authority is nobody's: servers that cannot be verified are not asked.
                refused = client.get("http://localhost:18765/")
                assert refused.status_code == 502
                assert "certificate" in refused.text
            else:
                assert sign_in(client, "http://localhost:18765/", lab["users"][0]).status_code == 201


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("gateway", "--deployment", "/no/file.toml"), "/no/file.toml"),
        (("gateway", "--deployment", "nnylync", "--listen", "8765"), "ADDRESS:PORT"),
        (("gateway", "--deployment", "nnylync", "--public", "ftp://x"), "ftp://x"),
        (("gateway", "--deployment", "nnylync", "--origin", "app.contoso.com"), "app.contoso.com"),
        (("gateway", "--deployment", "nnylync", "--certificate", "chain.pem"), "FILE,KEY"),
        (("gateway", "--deployment", "nnylync", "--certificate", "/no/c.pem,/no/k.pem"), "/no/c.pem"),
        (("gateway", "--deployment", "nnylync", "--trust", "/no/ca.pem"), "/no/ca.pem"),
    ],
)
def test_an_unusable_call_gets_one_line(arguments: tuple[str, ...], says: str) -> None:
    assert says in complaint(*arguments)
