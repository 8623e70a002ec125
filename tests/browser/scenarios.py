"""Sign-ins in a real browser against the lab, healthy and not, and both captures of each."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec.structs import replace
from playwright.async_api import Page

from hairpin.deployment.changes import with_dns_fixed, with_equal_names
from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment, ReverseProxy
from hairpin.deployment.routing import INSIDE, OUTSIDE
from hairpin.lab.browser import Chromium, chromium_in
from hairpin.lab.capture import devtools
from hairpin.lab.lab import Lab

PASSWORD = "only-in-the-lab-7"
BROWSERS = 3  # at once: most of a failed sign-in is waiting
BLOCK = 200  # of the first lab of a recording
CAPTURES = ("devtools", "sanitized", "playwright")
PATIENCE = 45  # seconds for one scenario
PAGES = (Path(__file__).parent / "pages.js").read_text()

Act = Callable[[Page, Deployment], Awaitable[str]]


@dataclass(frozen=True)
class Scenario:
    """A sign-in: where from, in which deployment, done by which page; ``cause`` is the doctor's finding."""

    name: str
    vantage: str
    cause: str | None
    deployment: Deployment
    act: Act


@dataclass(frozen=True)
class Recording:
    """How a scenario went: what ran, what the page said, its captures as text, and where the machines were."""

    deployment: Deployment
    outcome: str
    devtools: str
    sanitized: str
    playwright: str
    real_addresses: dict[str, str]

    def entries(self, capture: str) -> list[dict[str, Any]]:
        found = json.loads(getattr(self, capture))["log"]["entries"]
        assert isinstance(found, list)
        return found


def signs_in(password: str = PASSWORD) -> Act:
    async def act(page: Page, live: Deployment) -> str:
        await page.fill("#username", live.user[0].logon)
        await page.fill("#password", password)
        await page.click("#sign-in button")
        await page.wait_for_selector("#outcome:not([data-outcome=running])[data-outcome]")
        return await page.inner_text("#outcome")

    return act


def calls(function: str) -> Act:
    """A page of somebody else's making: a function in pages.js."""

    async def act(page: Page, live: Deployment) -> str:
        known = {"root": f"https://lyncdiscover.{live.sip_domains[0]}", "port": live.https_port}
        who = {"username": live.user[0].logon, "password": PASSWORD}
        outcome = await page.evaluate(f"known => {{ {PAGES}; return {function}(known); }}", known | who)
        assert isinstance(outcome, str)
        return outcome

    return act


_SHIPPED = load()
ORIGINAL = replace(_SHIPPED, user=tuple(replace(user, password=PASSWORD) for user in _SHIPPED.user))
HEALTHY = with_dns_fixed(ORIGINAL)
EQUAL = with_equal_names(ORIGINAL)
NO_ORIGINS = replace(ORIGINAL, pool=tuple(replace(pool, allow_origins=()) for pool in ORIGINAL.pool))
PROXY_TO_INTERNAL_SITE = replace(
    HEALTHY,
    reverse_proxy=replace(HEALTHY.reverse_proxy or ReverseProxy(outside=""), ports={443: 443, 80: 80}),
)

SCENARIOS = (
    Scenario("healthy-from-outside", OUTSIDE, None, ORIGINAL, signs_in()),
    Scenario("ticket-from-other-pool", OUTSIDE, "ticket-from-other-pool", ORIGINAL, calls("oneTicketForAll")),
    Scenario("direct-xhr", OUTSIDE, "direct-xhr-without-xframe", ORIGINAL, calls("asksDirectly")),
    Scenario("bad-password", OUTSIDE, "bad-credentials-invalid-grant", ORIGINAL, signs_in("mistyped-7")),
    Scenario("original-case", INSIDE, "ext-fqdn-resolves-to-internal-site", ORIGINAL, signs_in()),
    Scenario("healthy-after-the-dns-change", INSIDE, None, HEALTHY, signs_in()),
    Scenario("healthy-with-equal-names", INSIDE, None, EQUAL, signs_in()),
    Scenario("rp-443-to-443", OUTSIDE, "rp-443-to-443", PROXY_TO_INTERNAL_SITE, signs_in()),
    Scenario("origin-not-allowed", OUTSIDE, "origin-not-allowed-28070", NO_ORIGINS, signs_in()),
)


async def record(scenario: Scenario, lab: Lab, chromium: Chromium) -> Recording:
    """Live through a scenario in a tab of its own."""
    assert lab.deployment.app is not None
    with TemporaryDirectory() as directory:
        file = Path(directory) / "playwright.har"
        context = await chromium.browser.new_context(record_har_path=file)
        page = await context.new_page()
        async with devtools(chromium, page) as tools, asyncio.timeout(PATIENCE):
            await page.goto(f"{lab.deployment.app.origin}/")
            outcome = await scenario.act(page, lab.deployment)
            full, sanitized = await tools.har(), await tools.har(sanitized=True)
        await context.close()
        return Recording(lab.deployment, outcome, full, sanitized, file.read_text(), dict(lab.places.real))


async def record_all(block: int | None = None) -> dict[str, Recording]:
    """Every scenario by name, a browser for each deployment and vantage; ``block`` is that of the first lab."""
    turns = asyncio.Semaphore(BROWSERS)

    async def recorded(scenarios: list[Scenario], block: int | None) -> list[Recording]:
        first = scenarios[0]
        async with (
            turns,
            Lab(first.deployment, block=block) as lab,
            chromium_in(lab, first.vantage) as chromium,
        ):
            return [await record(scenario, lab, chromium) for scenario in scenarios]

    groups = [list(group) for _, group in groupby(SCENARIOS, lambda one: (id(one.deployment), one.vantage))]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(recorded(scenarios, None if block is None else block + number))
            for number, scenarios in enumerate(groups)
        ]
    recordings = [recording for task in tasks for recording in task.result()]
    return {scenario.name: recording for scenario, recording in zip(SCENARIOS, recordings, strict=True)}


def write(directory: Path) -> None:
    """Record every scenario into NAME.CAPTURE.har, its lab always in the same block of loopback.

    A sanitized capture that lacks nothing is not kept.
    """
    for name, recording in asyncio.run(record_all(block=BLOCK)).items():
        for capture in CAPTURES:
            if capture != "sanitized" or recording.sanitized != recording.devtools:
                text = _without_error_pages(getattr(recording, capture))
                (directory / f"{name}.{capture}.har").write_text(text)


def _without_error_pages(capture: str) -> str:
    """A capture without Chromium's own 250 kB page for what could not be loaded."""
    har = json.loads(capture)
    for entry in har["log"]["entries"]:
        if entry["response"]["status"] <= 0:
            entry["response"]["content"].pop("text", None)
    return json.dumps(har, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
