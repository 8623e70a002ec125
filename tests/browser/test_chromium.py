"""Chromium is really in the view: its names come from there, and it trusts the authority as far as certificates go."""

from contextlib import AsyncExitStack
from pathlib import Path

import dns.message
import pytest
from playwright.async_api import Error

from hairpin.lab import browser
from hairpin.lab.authority import Authority
from hairpin.lab.browser import NoBrowser, chromium, missing
from hairpin.lab.naming import View
from tests.browser.ground import ADDRESS, page, serve


def visit(run, chromium, url):
    """What a tab with empty caches gets: status and server address, or Chromium's word for the failure."""

    async def visiting():
        context = await chromium.browser.new_context()
        try:
            tab = await context.new_page()
            answer = await tab.goto(url)
            return answer.status, (await answer.server_addr())["ipAddress"]
        except Error as error:
            return error.message.split()[1]
        finally:
            await context.close()

    return run(visiting())


def names_in(requests):
    messages = (dns.message.from_wire(request.body) for request in requests)
    return {message.question[0].name.to_text(omit_final_dot=True) for message in messages}


def test_every_name_is_looked_up_in_the_view(run, grounded):
    here, chromium = grounded
    assert visit(run, chromium, here.url("sub.page.example")) == (200, ADDRESS)
    assert visit(run, chromium, here.url("nowhere.example")) == "net::ERR_NAME_NOT_RESOLVED"
    assert visit(run, chromium, "https://example.com/") == "net::ERR_NAME_NOT_RESOLVED"
    assert names_in(here.looked_up) >= {"sub.page.example", "nowhere.example", "example.com"}


def test_names_under_local_are_the_views_too(run, grounded):
    here, chromium = grounded
    assert visit(run, chromium, here.url("machine.pool.local")) == (200, ADDRESS)
    assert visit(run, chromium, here.url("other.pool.local")) == "net::ERR_NAME_NOT_RESOLVED"


def test_a_certificate_counts_for_its_names_and_from_its_authority_only(run, grounded, tmp_path):
    here, chromium = grounded
    assert visit(run, chromium, f"https://{ADDRESS}:{here.https}/") == "net::ERR_CERT_COMMON_NAME_INVALID"

    async def strange():
        async with AsyncExitStack() as stack:
            port = await serve(stack, ADDRESS, Authority(tmp_path).server_context(["pool.example"]), page)
            return await attempt(f"https://pool.example:{port}/")

    async def attempt(url):
        tab = await chromium.own.new_page()
        with pytest.raises(Error) as failed:
            await tab.goto(url)
        await tab.close()
        return failed.value.message

    assert "net::ERR_CERT_AUTHORITY_INVALID" in run(strange())


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    lacking = missing()
    assert lacking is not None
    assert "apt-get install chromium" in lacking


def test_a_chromium_that_does_not_start_is_one_line(run, monkeypatch, tmp_path):
    broken = tmp_path / browser.PROGRAM
    broken.write_text("#!/bin/sh\necho no usable sandbox >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    authority = Authority(tmp_path).certificate

    async def start(view: View, certificate: Path) -> None:
        async with chromium(view, "https://127.0.0.1/dns-query", certificate):
            pass

    with pytest.raises(NoBrowser) as failed:
        run(start(View({}, {}), authority))
    assert "sandbox" in str(failed.value)
    assert "\n" not in str(failed.value)
