"""The lab on real sockets: curl and plain sockets see what the deployment file says."""

import asyncio
import json
import shutil
import socket
import ssl
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.deployment.changes import shifted
from hairpin.deployment.file import load
from hairpin.deployment.model import Publication, Server
from hairpin.lab.lab import Lab, LabError, with_passwords
from hairpin.lab.place import UNREACHABLE, places
from hairpin.lab.ready import Ready
from tests.lab.running import machine, running, tasks_left

CASE = load()
USER = "/Autodiscover/AutodiscoverService.svc/root/oauth/user?originalDomain=nnylync.info"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


class Answer(NamedTuple):
    status: int
    lines: list[str]
    body: str

    def header(self, name: str) -> list[str]:
        return [line.split(": ", 1)[1] for line in self.lines if line.startswith(f"{name}: ")]


def here(lab: Lab, url: str) -> str:
    """A URL as this lab has it: with its port shifted where low ports are forbidden or taken."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return parts._replace(netloc=f"{parts.hostname}:{port + lab.offset}").geturl() if lab.offset else url


def curl(lab: Lab, url: str, to: str, *more: str) -> Answer:
    """Ask a machine of the lab; ``to`` is its loopback address."""
    url = here(lab, url)
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    command = ["curl", "-sS", "-i", "--max-time", "10", "--cacert", str(lab.certificate), *more]
    command += ["--resolve", f"{parts.hostname}:{port}:{to}", url]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    head, _, body = done.stdout.partition("\n\n")
    first, *lines = head.splitlines()
    return Answer(int(first.split()[1]), lines, body)


@needs_curl
def test_the_port_that_is_reached_decides_the_names(lab: Lab) -> None:
    director, proxy = machine(lab, "Director.NNY.local").loopback, machine(lab, "reverse proxy").loopback
    url = f"https://webdir.nnylync.info{USER}"
    straight, through = curl(lab, url, director), curl(lab, url, proxy)
    assert (straight.status, through.status) == (401, 401)
    internal, external = here(lab, "https://director.nny.local/"), here(lab, "https://webdir.nnylync.info/")
    assert f'href="{internal}WebTicket/oauthtoken"' in straight.header("WWW-Authenticate")[1]
    assert f'href="{external}WebTicket/oauthtoken"' in through.header("WWW-Authenticate")[1]
    assert straight.header("X-MS-Server-Fqdn") == through.header("X-MS-Server-Fqdn") == ["Director.NNY.local"]
    for port, href in ((4443, external), (443, internal)):
        answer = curl(lab, f"https://director.nny.local:{port}{USER}", director)
        assert f'href="{href}WebTicket' in answer.header("WWW-Authenticate")[1]


@needs_curl
def test_the_original_preflight(lab: Lab) -> None:
    answer = curl(
        lab, "https://director.nny.local/WebTicket/oauthtoken", machine(lab, "Director.NNY.local").loopback,
        "-X", "OPTIONS", "-H", "Origin: https://webdir.nnylync.info", "-H", "Access-Control-Request-Method: POST",
        "-H", "Access-Control-Request-Headers: content-type, accept, x-ms-origin",
    )  # fmt: skip
    assert answer.status == 400
    assert answer.header("X-Ms-diagnostics") == [
        '28020;source="Director.NNY.local";reason="No valid security token."'
    ]
    assert not any(line.startswith("Access-Control") for line in answer.lines)


@needs_curl
def test_the_proxy_sends_each_name_to_its_pool(lab: Lab) -> None:
    proxy = machine(lab, "reverse proxy").loopback
    answer = curl(lab, f"https://webext-ny.nny.info{USER}", proxy)
    assert answer.header("X-MS-Server-Fqdn") == ["Lync-SE.NNY.local"]
    root = curl(lab, "https://lyncdiscover.nnylync.info/", proxy)
    assert json.loads(root.body)["_links"]["user"]["href"] == here(lab, f"https://webdir.nnylync.info{USER}")
    plain = curl(lab, "http://lyncdiscover.nnylync.info/", proxy)
    assert list(json.loads(plain.body)["_links"]) == ["redirect"]


@needs_curl
def test_an_unpublished_name_is_the_proxys_own_404(lab: Lab) -> None:
    answer = curl(lab, "http://intranet.nnylync.info/", machine(lab, "reverse proxy").loopback)
    assert answer.status == 404
    assert not answer.header("X-MS-Server-Fqdn")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        curl(lab, "https://intranet.nnylync.info/", machine(lab, "reverse proxy").loopback)
    assert caught.value.returncode == 60, "the certificate does not cover it"


@needs_curl
def test_every_machine_has_a_certificate_for_its_names_and_no_other(lab: Lab) -> None:
    director = machine(lab, "Director.NNY.local").loopback
    for name in ("director.nny.local", "webdir.nnylync.info", "lyncdiscoverinternal.nnylync.info"):
        assert curl(lab, f"https://{name}/", director).status in {200, 404}
    with pytest.raises(subprocess.CalledProcessError):
        curl(lab, "https://webext-ny.nny.info/", director)


@needs_curl
def test_the_app_page_is_on_an_origin_of_its_own(lab: Lab) -> None:
    app = machine(lab, "app.nnylync.info").loopback
    assert 'id="outcome"' in curl(lab, "https://app.nnylync.info/", app).body
    assert json.loads(curl(lab, "https://app.nnylync.info/deployment.json", app).body) == {
        "sipDomains": ["nnylync.info"],
        "httpsPort": 443 + lab.offset,
        "roots": [],
    }
    assert curl(lab, "https://app.nnylync.info/../etc/passwd", app, "--path-as-is").status == 404


def test_what_the_machines_saw_is_kept_and_redacted(lab: Lab) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    user = lab.deployment.users[0]
    form = f"grant_type=password&username={user.address}&password={user.password}"
    proxy = machine(lab, "reverse proxy").loopback
    answer = curl(lab, "https://webext-ny.nny.info/WebTicket/oauthtoken", proxy, "-d", form)
    assert json.loads(answer.body)["access_token"].startswith("cwt=")
    seen = lab.exchanges[-1]
    assert (seen.machine, seen.site and str(seen.site.side)) == ("Lync-SE.NNY.local", "external")
    assert (seen.exchange.request.method, seen.exchange.response and seen.exchange.response.status) == (
        "POST",
        200,
    )
    assert seen.exchange.address == "10.10.0.20"
    assert user.password not in repr(seen)
    assert json.loads(answer.body)["access_token"] not in repr(seen)


def connected(lab: Lab, host: str, to: str) -> ssl.SSLSocket:
    trust = ssl.create_default_context(cafile=str(lab.certificate))
    return trust.wrap_socket(
        socket.create_connection((to, 443 + lab.offset), timeout=5), server_hostname=host
    )


def test_the_proxy_keeps_a_connection_and_its_clients_apart(lab: Lab) -> None:
    proxy = machine(lab, "reverse proxy").loopback
    with connected(lab, "webdir.nnylync.info", proxy) as client, client.makefile("rwb") as stream:
        for _ in range(3):
            stream.write(b"GET /xframe HTTP/1.1\r\nHost: webdir.nnylync.info\r\n\r\n")
            stream.flush()
            assert b"200" in stream.readline()
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            stream.read(length)


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
     b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n"],
    ids=["no http", "no host", "two hosts", "long head", "two lengths", "bad chunk", "bad url", "binary"],
)  # fmt: skip
def test_what_is_no_http_is_refused_and_harms_nobody(lab: Lab, sent: bytes) -> None:
    director = machine(lab, "Director.NNY.local").loopback
    with closing(socket.create_connection((director, 80 + lab.offset), timeout=5)) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while data := client.recv(65536):
                answer += data
        except ConnectionResetError:
            pass
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    with closing(socket.create_connection((director, 80 + lab.offset), timeout=5)) as client:
        client.sendall(b"GET /xframe HTTP/1.1\r\nHost: director.nny.local\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_a_client_that_leaves_a_held_get_ends_it() -> None:
    async def main() -> None:
        async with Lab(CASE) as lab:
            await lose_an_event_channel(lab)
            await asyncio.sleep(0.2)
            assert len(lab._connections) == 0

    asyncio.run(main())


async def lose_an_event_channel(lab: Lab) -> None:
    trust = ssl.create_default_context(cafile=str(lab.certificate))
    to, port = machine(lab, "reverse proxy").loopback, 443 + lab.offset
    name = "webext-ny.nny.info"

    async def ask(method: str, path: str, *lines: str, body: str = "") -> dict[str, object]:
        reader, writer = await asyncio.open_connection(to, port, ssl=trust, server_hostname=name)
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: {name}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        writer.write("\r\n".join([*head, *lines, "", body]).encode())
        answer = (await reader.read()).decode()
        writer.close()
        return dict(json.loads(answer.partition("\r\n\r\n")[2]))

    user = lab.deployment.users[0]
    form = f"grant_type=password&username={user.address}&password={user.password}"
    ticket = (await ask("POST", "/WebTicket/oauthtoken", body=form))["access_token"]
    bearer = f"Authorization: Bearer {ticket}"
    application = await ask(
        "POST", "/ucwa/oauth/v1/applications", bearer, "Content-Type: application/json",
        body='{"UserAgent":"test","EndpointId":"1","Culture":"en-US"}',
    )  # fmt: skip
    events = msgspec.convert(application, dict[str, object])["_links"]
    href = msgspec.convert(events, dict[str, dict[str, str]])["events"]["href"]
    reader, writer = await asyncio.open_connection(to, port, ssl=trust, server_hostname=name)
    writer.write(f"GET {href} HTTP/1.1\r\nHost: {name}\r\n{bearer}\r\n\r\n".encode())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await reader.read(1)
    assert lab._connections
    writer.transport.abort()


def test_nothing_outlives_a_lab() -> None:
    async def main() -> tuple[Path, list[str]]:
        async with Lab(CASE) as lab:
            certificate = lab.certificate
            assert stat.S_IMODE(certificate.parent.stat().st_mode) == 0o700
            kept = list(certificate.parent.iterdir())
            assert {file.name for file in kept} == {certificate.name, "accounts"}
            assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
            address = machine(lab, "Director.NNY.local").loopback
            lingering = await asyncio.open_connection(address, 80 + lab.offset)
        assert await lingering[0].read() == b""
        lingering[1].close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(address, 80 + lab.offset)
        return certificate.parent, await tasks_left()

    directory, left = asyncio.run(main())
    assert not directory.exists()
    assert not left


def test_labs_run_side_by_side(lab: Lab) -> None:
    with running(CASE) as other:
        assert other.places.block != lab.places.block
        assert machine(other, "reverse proxy").loopback != machine(lab, "reverse proxy").loopback


def start(lab: Lab) -> None:
    async def main() -> None:
        async with lab:
            pass

    asyncio.run(main())


def test_a_block_that_is_taken_is_told(lab: Lab) -> None:
    with pytest.raises(LabError, match=rf"^port \d+ on 127\.{lab.places.block}\.0\.53 is in use"):
        start(Lab(CASE, block=lab.places.block, offset=lab.offset))


def test_a_port_in_use_is_told_and_nothing_is_left_behind() -> None:
    block = 250
    with socket.socket() as taken:
        taken.bind((places(CASE, block).of("203.0.113.10"), 20443))
        taken.listen()
        with pytest.raises(LabError, match=r"^port 20443 on 127\.250\.20\.1 is in use") as caught:
            start(Lab(CASE, block=block, offset=20_000))
        assert "\n" not in str(caught.value)
    start(Lab(CASE, block=block, offset=20_000))


def test_an_offset_that_leads_beyond_the_last_port_is_told() -> None:
    with pytest.raises(LabError, match=r"^port 73080 does not exist"):
        start(Lab(CASE, block=251, offset=65_000))


@needs_curl
def test_where_ports_are_shifted_the_links_follow() -> None:
    with running(CASE, offset=20_000) as lab:
        proxy = machine(lab, "reverse proxy").loopback
        answer = curl(lab, f"https://webdir.nnylync.info{USER}", proxy)
        href = "https://webdir.nnylync.info:20443/WebTicket/oauthtoken"
        assert f'href="{href}"' in answer.header("WWW-Authenticate")[1]
        ready = lab.describe()
        assert ready.port_offset == 20_000
        assert ready.app == "https://app.nnylync.info:20443/"
        assert ready.entry_points["outside"] == ("https://lyncdiscover.nnylync.info:20443/",)
        assert {server.port for server in ready.dns} == {20_053}
        assert lab.deployment == shifted(with_passwords(lab.deployment), 0)


def test_the_description_is_one_object_that_reads_back(lab: Lab) -> None:
    ready = lab.describe()
    document = json.loads(msgspec.json.encode(ready))
    assert document["schema"] == "hairpin.lab/1"
    assert sorted(document) == sorted(Ready.__struct_fields__)
    assert msgspec.json.decode(msgspec.json.encode(ready), type=Ready) == ready
    assert all(user["password"] for user in document["users"])


def test_passwords_are_made_up_only_where_the_file_has_none() -> None:
    given = replace(CASE, user=(replace(CASE.users[0], password="known"), *CASE.users[1:]))
    first, second = with_passwords(given), with_passwords(given)
    assert first.users[0].password == second.users[0].password == "known"
    assert first.users[1].password != second.users[1].password
    assert len(first.users[1].password) >= 12


def test_places_are_stable_and_never_shared() -> None:
    servers = tuple(Server(fqdn=f"s{n}.nny.local", address=f"10.1.{n // 250}.{n % 250}") for n in range(600))
    many = replace(CASE, pool=(replace(CASE.pools[0], servers=servers), CASE.pools[1]))
    found = places(many, 9)
    assert len(set(found.machines.values())) == len(found.machines) == 603
    assert found == places(many, 9)
    assert all(found.real[loopback] == address for address, loopback in found.machines.items())


def test_outside_no_server_can_be_reached(lab: Lab) -> None:
    seen = lab.places.seen_from("outside", lab.deployment)
    assert seen["10.10.0.10"] == UNREACHABLE
    assert seen["203.0.113.10"] == machine(lab, "reverse proxy").loopback
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection((UNREACHABLE, 443), timeout=5)


@needs_curl
def test_a_publication_with_nothing_behind_it_is_the_proxys_own_404() -> None:
    assert CASE.reverse_proxy is not None
    lonely = Publication(name="x.nnylync.info", pool="ny", ports={8443: 4443})
    proxy = replace(CASE.reverse_proxy, publishes=(*CASE.reverse_proxy.publishes, lonely))
    with running(replace(CASE, reverse_proxy=proxy)) as lab:
        to = machine(lab, "reverse proxy").loopback
        assert curl(lab, f"https://x.nnylync.info:8443{USER}", to).status == 401
        assert curl(lab, "https://x.nnylync.info/", to).status == 404
