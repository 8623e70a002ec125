"""Pages: who may call across origins, what a browser is told, what the web site's own allow list is told."""

import asyncio

import pytest

from tests.gateway.front import APP, PUBLIC, front, site
from tests.gateway.upstream import answer, upstream


def run(story, *lines, own=None, **more):
    async def handler(asked, writer):
        writer.write(answer(b"{}", "200 OK", *lines))

    async def main():
        async with (
            upstream(handler) as pool,
            front(site("director", pool.port, **(own or {})), **more) as gateway,
        ):
            await asyncio.wait_for(story(gateway, pool), 20)

    asyncio.run(main())


def test_a_preflight_is_answered_here():
    async def story(gateway, pool):
        got = await gateway.ask(
            "/director/WebTicket/oauthtoken",
            f"Origin: {APP}",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type, accept, x-ms-origin",
            "Access-Control-Request-Private-Network: true",
            method="OPTIONS",
        )
        assert got.status == 204
        assert got.get("Access-Control-Allow-Origin") == APP
        assert got.get("Access-Control-Allow-Credentials") == "true"
        assert got.get("Access-Control-Allow-Headers") == "content-type, accept, x-ms-origin"
        assert "POST" in got.get("Access-Control-Allow-Methods")
        assert got.get("Access-Control-Allow-Private-Network") == "true"
        assert int(got.get("Access-Control-Max-Age")) > 0
        assert "Origin" in got.get("Vary")
        assert pool.asked == []

    run(story)


def test_an_options_that_is_no_preflight_goes_up():
    async def story(gateway, pool):
        assert (await gateway.ask("/director/ucwa/v1/applications", method="OPTIONS")).status == 200
        assert pool.asked[0].method == "OPTIONS"

    run(story)


def test_a_listed_page_may_read_the_answer_and_its_challenge():
    async def story(gateway, pool):
        got = await gateway.ask("/director/a", f"Origin: {APP}")
        assert got.all("Access-Control-Allow-Origin") == [APP]
        assert got.get("Access-Control-Allow-Credentials") == "true"
        exposed = got.get("Access-Control-Expose-Headers")
        assert "WWW-Authenticate" in exposed
        assert "X-Ms-diagnostics" in exposed
        assert "Origin" in got.all("Vary")
        assert pool.asked[0].get("origin") == APP
        assert pool.asked[0].get("x-ms-origin") == APP

    run(story, "Access-Control-Allow-Origin: https://director.nnylync.info")


def test_answers_do_not_go_to_the_wrong_page_from_a_cache():
    async def story(gateway, pool):
        got = await gateway.ask("/director/a")
        assert got.get("Access-Control-Allow-Origin") is None
        assert got.all("Vary") == ["Accept-Encoding", "Origin"]

    run(story, "Vary: Accept-Encoding")


@pytest.mark.parametrize(
    "line",
    [
        "Origin: https://elsewhere.example",
        "Origin: null",
        "Origin: http://app.nnylync.info",
        "Origin: https://app.nnylync.info:8443",
        "Origin: https://app.nnylync.info.example",
        "X-Ms-Origin: https://elsewhere.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_pages_get_403_and_a_reason(line, method):
    async def story(gateway, pool):
        more = ["Access-Control-Request-Method: POST"] if method == "OPTIONS" else []
        got = await gateway.ask("/director/a", line, *more, method=method)
        assert got.status == 403
        assert b"origin" in got.body
        assert got.get("X-Ms-diagnostics").startswith('28070;source="hairpin-gateway";reason=')
        assert got.get("Access-Control-Allow-Origin") is None
        assert pool.asked == []
        assert gateway.count("refusals", "origin") == 1

    run(story)


@pytest.mark.parametrize(
    ("pattern", "origin", "listed"),
    [
        ("https://*.example.org", "https://a.example.org", True),
        ("https://*.example.org", "https://a.b.example.org", True),
        ("https://*.example.org", "https://example.org", False),
        ("https://*.example.org", "http://a.example.org", False),
        ("https://*.example.org", "https://a.example.org.evil.test", False),
        ("https://*.example.org", "https://evil.test/.example.org", False),
        ("https://*.example.org", "https://a.example.org:444", False),
        ("https://A.example.org", "https://a.EXAMPLE.org:443", True),
    ],
)
def test_lists_and_patterns(pattern, origin, listed):
    async def story(gateway, pool):
        assert (await gateway.ask("/director/a", f"Origin: {origin}")).status == (200 if listed else 403)

    run(story, origins=(pattern,))


def test_the_gateways_own_pages_need_no_listing():
    async def story(gateway, pool):
        got = await gateway.ask("/director/a", f"Origin: {PUBLIC}", f"X-Ms-Origin: {PUBLIC}")
        assert got.status == 200
        assert got.get("Access-Control-Allow-Origin") is None
        assert pool.asked[0].get("origin") == "https://director.nnylync.info"
        assert pool.asked[0].get("x-ms-origin") == PUBLIC

    run(story)


def test_vouching_is_a_setting_and_is_counted():
    async def story(gateway, pool):
        await gateway.ask("/director/a", f"X-Ms-Origin: {PUBLIC}")
        assert pool.asked[0].get("x-ms-origin") == "https://allowed.example"
        await gateway.ask("/director/a", f"Origin: {APP}")
        assert pool.asked[1].get("x-ms-origin") == "https://allowed.example"
        assert gateway.count("vouched", "director") == 2
        await gateway.ask("/director/a")
        assert pool.asked[2].get("x-ms-origin") is None
        assert gateway.count("vouched", "director") == 2

    run(story, own={"present_as": "https://allowed.example"})


def test_a_listed_page_can_read_why_a_pool_does_not_answer():
    async def main():
        async with front(site("director", 1)) as gateway:
            got = await gateway.ask("/director/a", f"Origin: {APP}")
            assert got.status == 502
            assert got.get("Access-Control-Allow-Origin") == APP

    asyncio.run(main())
