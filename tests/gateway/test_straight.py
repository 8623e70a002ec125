"""The real names: Host kept, nothing rewritten, the certificate chosen by name."""

import asyncio
import ssl

import trustme

from hairpin.deployment.file import load
from hairpin.gateway.config import Listen, from_deployment
from hairpin.lab.lab import Lab
from tests.gateway.front import front, read_answer, request, site
from tests.gateway.upstream import answer, upstream

BODY = b'{"href":"https://director.nnylync.info/ucwa","b":"/ucwa/c"}'


async def handler(asked, writer):
    writer.write(
        answer(
            BODY, "200 OK", "Location: https://director.nny.local/x", "X-MS-Server-Fqdn: Director.NNY.local"
        )
    )


def test_host_is_kept_and_nothing_else_changes():
    async def main():
        async with upstream(handler) as pool, front(site("director", pool.port), straight=True) as gateway:
            lines = (
                "Host: Director.nnylync.info:8443",
                "Origin: https://elsewhere.example",
                "X-Ms-Origin: https://elsewhere.example",
                "Range: bytes=0-",
            )
            got = await gateway.ask("/ucwa/v1/applications", *lines)
            assert got.body == BODY
            assert got.get("Location") == "https://director.nny.local/x"
            assert got.get("X-MS-Server-Fqdn") == "Director.NNY.local"
            assert got.get("Access-Control-Allow-Origin") is None
            assert got.get("Vary") is None
            asked = pool.asked[0]
            assert asked.target == "/ucwa/v1/applications"
            assert [f"{name}: {value}" for name, value in asked.lines] == list(lines)
            preflight = await gateway.ask(
                "/x", *lines, "Access-Control-Request-Method: POST", method="OPTIONS"
            )
            assert preflight.status == 200
            assert (await gateway.ask("/ucwa", "Host: elsewhere.example")).status == 421

    asyncio.run(main())


def test_every_name_gets_its_own_certificate(tmp_path):
    authority = trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    def pair(name):
        own = authority.issue_cert(name)
        chain, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in own.cert_chain_pems))
        key.write_bytes(own.private_key_pem.bytes())
        return str(chain), str(key)

    first, second, wild = pair("director.nnylync.info"), pair("home.nnylync.info"), pair("*.example.org")

    async def main():
        listen = Listen("127.0.0.1", 0, *first, more=(second, wild))
        async with upstream(handler) as pool:
            sites = [site(name, pool.port) for name in ("director", "home")]
            sites.append(site("meet", pool.port, host="meet.example.org"))
            async with front(*sites, straight=True, listen=(listen,)) as gateway:
                for host in ("director.nnylync.info", "home.nnylync.info", "meet.example.org"):
                    reader, writer = await asyncio.open_connection(
                        "127.0.0.1", gateway.port, ssl=trust, server_hostname=host
                    )
                    writer.write(request("/a", f"Host: {host}"))
                    assert (await read_answer(reader)).status == 200
                    assert pool.asked[-1].get("host") == host
                    writer.close()
                    await writer.wait_closed()

    asyncio.run(main())


def test_the_plain_half_leads_to_the_external_web_site():
    async def main():
        async with Lab(load("nnylync")) as lab:
            sites = from_deployment(lab.deployment, plain=True, reach=lab.places.of)
            assert {port for site in sites for _, port in site.addresses} == {
                lab.deployment.first_pool.ports.external_http
            }
            async with front(*sites, straight=True) as gateway:
                got = await gateway.ask("/", "Host: lyncdiscover.nnylync.info", "Accept: application/json")
                assert got.status == 200
                assert b"https://webdir.nnylync.info" in got.body
                assert b"nny.local" not in got.body

    asyncio.run(main())
