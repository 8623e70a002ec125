"""Chromium and `hairpin.browser` on what a secure page may not fetch over http, and a public page not from inside."""

from itertools import count, product
from urllib.parse import urlsplit

import pytest

from hairpin.browser.fetch import fetch, load_frame
from hairpin.browser.local_network import Space, needs_permission
from hairpin.wire.message import Request
from hairpin.wire.origin import origin_of
from tests.browser.ground import ADDRESS, ground, response

FETCH = """async url => {
    const patience = AbortSignal.timeout(1000);
    try { return (await fetch(url, { signal: patience })).status; } catch { return 0; }
}"""
FRAME = """url => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.onload = frame.onerror = () => done();
    setTimeout(done, 1000);
    frame.src = url;
    document.body.append(frame);
})"""
NUMBERS = count()


@pytest.mark.parametrize("way", [FETCH, FRAME], ids=["fetch", "frame"])
@pytest.mark.parametrize("page", ["https", "http"])
def test_mixed_content(run, grounded, page, way):
    here, chromium = grounded
    tab = run(chromium.own.new_page())
    document = here.url("page.example", "/app", port=page)
    run(tab.goto(document))
    for host, port in product(
        ("pool.example", "page.example", "machine.pool.local", ADDRESS), ("http", "https")
    ):
        url = here.url(host, f"/mixed/{next(NUMBERS)}", port=port)
        if (host, port) == (ADDRESS, "https"):
            continue
        run(tab.evaluate(way, url))
        left = urlsplit(url).path in here.asked
        leaving = (
            load_frame(origin_of(document), url) if way is FRAME else fetch(document, Request("GET", url))
        )
        assert (next(leaving, None) is not None) is left, url
    run(tab.close())


def test_local_network_access(run):
    async def compare():
        spaces = {"https": Space.PUBLIC, "again": Space.LOCAL, "elsewhere": Space.LOOPBACK}
        flag = f"--ip-address-space-overrides={ADDRESS}:{{https}}=public,{ADDRESS}:{{again}}=local"
        async with ground(flag) as (here, chromium):
            for page in spaces:
                tab = await chromium.own.new_page()
                await tab.goto(here.url("page.example", "/app", port=page))
                for target, host in product(spaces, ("pool.example", "machine.pool.local")):
                    path = f"/inside/{next(NUMBERS)}"
                    here.answers[path] = lambda _: response(200, ("Access-Control-Allow-Origin", "*"))
                    status = await tab.evaluate(FETCH, here.url(host, path, port=target))
                    refused = needs_permission(spaces[page], spaces[target])
                    assert (status, path in here.asked) == ((0, False) if refused else (200, True)), (
                        page,
                        target,
                    )

    run(compare())
