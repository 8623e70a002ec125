"""What a browser did, as a HAR 1.2 file written by DevTools itself.

Chromium carries DevTools with it. Opened on a page before the page goes anywhere, it speaks the DevTools
protocol with the page and every frame in it and writes the file that "Export HAR" gives a user: preflights
are in it, and a request whose preflight failed stands with status 0 before its OPTIONS. A HAR is a raw file
with every secret in it; redaction is done where it is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hairpin.lab.browser import Chromium

if TYPE_CHECKING:
    from playwright.async_api import Page

# Done once the page is attached and answers: by then what was sent before, "tell me of requests", has effect. DevTools
# may make its manager of targets anew while it starts, so it is asked for each time.
_READY = """async () => {
    const { TargetManager } = await import('./core/sdk/sdk.js');
    const page = () => TargetManager.TargetManager.instance().primaryPageTarget();
    for (const patience = Date.now() + 30_000; !page();) {
        if (Date.now() > patience) throw new Error('DevTools does not find its page');
        await new Promise(done => setTimeout(done, 20));
    }
    await page().runtimeAgent().invoke_evaluate({ expression: '0' });
}"""

_EXPORT = """async sanitize => {
    const { NetworkLog } = await import('./models/logs/logs.js');
    const { Writer } = await import('./models/har/har.js');
    const { Progress } = await import('./core/common/common.js');
    const chunks = [];
    const stream = { write: async chunk => { chunks.push(chunk); } };
    const requests = NetworkLog.NetworkLog.instance().requests();
    await Writer.Writer.write(stream, requests, { sanitize }, new Progress.Progress());
    return chunks.join('');
}"""


@dataclass(frozen=True, slots=True)
class DevTools:
    """DevTools, open on one page."""

    panel: Page

    async def har(self, *, sanitized: bool = False) -> str:
        """All requests so far as the text of a HAR file; sanitized is without cookies and Authorization."""
        text = await self.panel.evaluate(_EXPORT, sanitized)
        assert isinstance(text, str)
        return text


@asynccontextmanager
async def devtools(chromium: Chromium, page: Page) -> AsyncIterator[DevTools]:
    """Open DevTools on a page; what the page asks from now on is in the capture."""
    session = await page.context.new_cdp_session(page)
    target = (await session.send("Target.getTargetInfo"))["targetInfo"]["targetId"]
    await session.detach()
    socket = f"127.0.0.1:{chromium.port}/devtools/page/{target}"
    panel = await chromium.own.new_page()
    try:
        await panel.goto(f"devtools://devtools/bundled/devtools_app.html?ws={socket}&panel=network")
        await panel.evaluate(_READY)
        yield DevTools(panel)
    finally:
        await panel.close()
