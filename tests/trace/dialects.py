"""Hand-made HARs: the same sightings as each browser and tool would have written them.

Made from the writers' sources and documented exports, not by the tools themselves;
tests/trace/test_lab_captures.py and the browser tests hold what real tools wrote.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hairpin.trace.sighting import Sighting
from hairpin.wire.exchange import Kind
from hairpin.wire.message import Headers

Story = Sequence[Sighting]
_CREDENTIALS = {"authorization", "cookie", "set-cookie"}


def _time(sighting: Sighting) -> str:
    return (
        datetime.fromtimestamp(sighting.started or 0, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _entry(sighting: Sighting) -> dict[str, Any]:
    """What all of them have in common."""
    request, response = sighting.request, sighting.response
    entry: dict[str, Any] = {
        "startedDateTime": _time(sighting),
        "time": (sighting.seconds or 0) * 1000,
        "request": {
            "method": request.method,
            "url": request.url,
            "httpVersion": "HTTP/1.1",
            "headers": _pairs(request.headers),
            "queryString": [{"name": n, "value": v} for n, v in parse_qsl(urlsplit(request.url).query)],
            "cookies": [],
            "headersSize": -1,
            "bodySize": len(request.body),
        },
        "response": {
            "status": response.status if response else 0,
            "statusText": response.reason if response else "",
            "httpVersion": "HTTP/1.1",
            "headers": _pairs(response.headers) if response else [],
            "cookies": [],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 250, "receive": 0},
    }
    if request.body:
        entry["request"]["postData"] = {
            "mimeType": request.headers.get("content-type") or "",
            "text": request.body.decode(),
        }
    if response and response.body:
        entry["response"]["content"] = {
            "size": len(response.body),
            "mimeType": response.headers.get("content-type") or "",
            "text": response.body.decode(),
        }
    if sighting.address:
        entry["serverIPAddress"] = sighting.address
    return entry


def _har(creator: str, entries: list[dict[str, Any]], pages: list[dict[str, Any]] | None = None) -> bytes:
    log = {
        "version": "1.2",
        "creator": {"name": creator, "version": "1"},
        "pages": pages or [],
        "entries": entries,
    }
    return json.dumps({"log": log}, indent=2).encode()


def _page(title: str) -> list[dict[str, Any]]:
    return [
        {"startedDateTime": "2027-01-15T08:00:00.000Z", "id": "page_1", "title": title, "pageTimings": {}}
    ]


def _devtools_order(story: Story) -> list[Sighting]:
    """DevTools writes the guarded request before its preflight."""
    ordered = list(story)
    for at in range(len(ordered) - 1):
        first, second = ordered[at : at + 2]
        if first.kind is Kind.PREFLIGHT and first.request.url == second.request.url:
            ordered[at], ordered[at + 1] = second, first
    return ordered


_RESOURCE_TYPES = {
    Kind.FRAME: "document",
    Kind.DOCUMENT: "document",
    Kind.PREFLIGHT: "preflight",
    Kind.FETCH: "xhr",
}


def chrome(story: Story, *, sanitized: bool = False, creator: str = "WebInspector") -> bytes:
    entries = []
    ordered = _devtools_order(story)
    for at, sighting in enumerate(ordered):
        entry = _entry(sighting)
        entry["_initiator"] = {"type": "preflight" if sighting.kind is Kind.PREFLIGHT else "script"}
        entry["_resourceType"] = _RESOURCE_TYPES[sighting.kind or Kind.FETCH]
        entry["connection"] = str(sighting.port or "")
        entry["pageref"] = "page_1"
        entry["response"]["_transferSize"] = 0
        entry["response"]["_error"] = sighting.note or None
        if sighting.response is None and at + 1 < len(ordered):
            entry["startedDateTime"] = _time(ordered[at + 1])
        if sanitized:
            for part in ("request", "response"):
                kept = [h for h in entry[part]["headers"] if h["name"].lower() not in _CREDENTIALS]
                entry[part]["headers"] = kept
        entries.append(entry)
    return _har(creator, entries, _page("https://app.nnylync.info/"))


def chrome_sanitized(story: Story) -> bytes:
    return chrome(story, sanitized=True)


def edge(story: Story) -> bytes:
    """Edge writes what Chrome writes, with an HTTP/2 site's pseudo-headers and lower-case names."""
    document = json.loads(chrome(story))
    for entry in document["log"]["entries"]:
        for header in entry["request"]["headers"] + entry["response"]["headers"]:
            header["name"] = header["name"].lower()
        url = urlsplit(entry["request"]["url"])
        entry["request"]["headers"][:0] = [{"name": ":authority", "value": url.netloc}]
    return json.dumps(document).encode()


def firefox(story: Story) -> bytes:
    """Joined lines, no reasons, page titles that are no URLs, times with an offset."""
    entries = []
    for sighting in story:
        entry = _entry(sighting)
        for part in ("request", "response"):
            joined: dict[str, str] = {}
            for header in entry[part]["headers"]:
                name = header["name"]
                joined[name] = f"{joined[name]}\n{header['value']}" if name in joined else header["value"]
            entry[part]["headers"] = [{"name": name, "value": value} for name, value in joined.items()]
        entry["startedDateTime"] = entry["startedDateTime"].replace("Z", "+00:00")
        entry["_securityState"] = "secure"
        entry["connection"] = "443"
        entry["response"]["statusText"] = ""
        entries.append(entry)
    return _har("Firefox", entries, _page("The application"))


def safari(story: Story) -> bytes:
    """Folded lines, reasons in sentences, connection numbers that are no ports."""
    entries = []
    for at, sighting in enumerate(story):
        entry = _entry(sighting)
        for part in ("request", "response"):
            folded: dict[str, str] = {}
            for header in entry[part]["headers"]:
                name = header["name"]
                folded[name] = f"{folded[name]}, {header['value']}" if name in folded else header["value"]
            entry[part]["headers"] = [{"name": name, "value": value} for name, value in folded.items()]
        entry["connection"] = str(at)
        entry["_fetchType"] = "Network Load"
        if sighting.response is None:
            entry["response"]["_error"] = "Preflight response is not successful. Status code: 400"
        entries.append(entry)
    return _har("WebKit Web Inspector", entries, _page("https://app.nnylync.info/"))


def fiddler(story: Story) -> bytes:
    """A proxy: nothing of blocked requests, base64 bodies, ports in a sentence."""
    entries = []
    for sighting in story:
        if sighting.response is None:
            continue
        entry = _entry(sighting)
        content = entry["response"]["content"]
        if "text" in content:
            content["text"] = base64.b64encode(content["text"].encode()).decode()
            content["encoding"] = "base64"
        entry["connection"] = "ClientPort:50312;EgressPort:50313"
        entry["comment"] = "[#12]"
        entries.append(entry)
    return _har("Fiddler", entries)


def charles(story: Story) -> bytes:
    """A proxy: form fields as params without text."""
    entries = []
    for sighting in story:
        if sighting.response is None:
            continue
        entry = _entry(sighting)
        post = entry["request"].get("postData")
        if post and "urlencoded" in post["mimeType"]:
            post["params"] = [{"name": n, "value": v} for n, v in parse_qsl(post.pop("text"))]
        entries.append(entry)
    return _har("Charles Proxy", entries)


def mitmproxy(story: Story) -> bytes:
    entries = [_entry(sighting) for sighting in story if sighting.response is not None]
    return _har("mitmproxy", entries)


def playwright(story: Story) -> bytes:
    """No preflights; -1 where no answer came."""
    entries = []
    for sighting in story:
        if sighting.kind is Kind.PREFLIGHT:
            continue
        entry = _entry(sighting)
        entry["_resourceType"] = _RESOURCE_TYPES[sighting.kind or Kind.FETCH]
        if sighting.port:
            entry["_serverPort"] = sighting.port
        if sighting.response is None:
            entry["response"] |= {"status": -1, "_failureText": sighting.note}
        entries.append(entry)
    return _har("Playwright", entries, _page(""))


BROWSERS: tuple[Callable[[Story], bytes], ...] = (chrome, chrome_sanitized, edge, firefox, safari, playwright)
PROXIES: tuple[Callable[[Story], bytes], ...] = (fiddler, charles, mitmproxy)
