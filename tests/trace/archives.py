"""Hand-made archives and texts of the same stories: Fiddler's SAZ, pasted messages, ``curl -v``."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from urllib.parse import urlsplit

from hairpin.trace.sighting import Sighting
from hairpin.wire.message import Headers
from tests.trace.dialects import Story


def _lines(headers: Headers) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers)


def asked(sighting: Sighting) -> bytes:
    request = sighting.request
    head = f"{request.method} {request.url} HTTP/1.1\r\n{_lines(request.headers)}"
    return f"{head}Host: {urlsplit(request.url).netloc}\r\n\r\n".encode() + request.body


def answered(sighting: Sighting) -> bytes:
    response = sighting.response
    if response is None:
        return b""
    return (
        f"HTTP/1.1 {response.status} {response.reason}\r\n{_lines(response.headers)}\r\n".encode()
        + response.body
    )


def _metadata(sighting: Sighting, number: int) -> str:
    begun, done = (
        datetime.fromtimestamp((sighting.started or 0) + later, UTC).isoformat(timespec="microseconds")[:-6]
        for later in (0, sighting.seconds or 0)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\r\n<Session SID="{number}" BitFlags="1f">\r\n'
        f'  <SessionTimers ClientBeginRequest="{begun}0+00:00" ClientDoneRequest="{begun}0+00:00"'
        f' GatewayTime="0" ClientDoneResponse="{done}0+00:00" />\r\n  <SessionFlags>\r\n'
        f'    <SessionFlag N="x-hostip" V="{sighting.address or ""}" />\r\n'
        f'    <SessionFlag N="x-clientport" V="50312" />\r\n  </SessionFlags>\r\n</Session>'
    )


def saz(story: Story) -> bytes:
    """As Fiddler Classic saves it: the blocked request was never seen by the proxy."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_index.htm", "<html></html>")
        for number, sighting in enumerate(story, 1):
            if sighting.response is not None:
                archive.writestr(f"raw/{number:02}_c.txt", asked(sighting))
                archive.writestr(f"raw/{number:02}_s.txt", answered(sighting))
                archive.writestr(f"raw/{number:02}_m.xml", _metadata(sighting, number))
    return packed.getvalue()


def pasted(story: Story) -> bytes:
    """Messages one after the other, nothing around them."""
    return b"\r\n\r\n".join(
        asked(sighting) + b"\r\n\r\n" + answered(sighting)
        for sighting in story
        if sighting.response is not None
    )


def mailed(story: Story) -> bytes:
    """The same in a mail: quoted, with prose in between."""
    text = pasted(story).decode().replace("\r\n", "\n")
    quoted = "\n".join(f"> {line}" for line in text.split("\n"))
    return f"Hello,\n\nit fails, and this is what we see: the sign-in stops.\n\n{quoted}\n\nRegards".encode()


def curled(story: Story) -> bytes:
    """The stories as a person with ``curl -v`` would see them."""
    shown: list[str] = []
    for sighting in story:
        if sighting.response is None:
            continue
        parts = urlsplit(sighting.request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        shown += [
            f"*   Trying {sighting.address}:443...",
            f"* Connected to {parts.hostname} ({sighting.address}) port 443 (#0)",
            "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384",
            f"> {sighting.request.method} {path} HTTP/1.1",
            f"> Host: {parts.netloc}",
            *(f"> {name}: {value}" for name, value in sighting.request.headers),
            "> ",
            "} [60 bytes data]",
            f"< HTTP/1.1 {sighting.response.status} {sighting.response.reason}",
            *(f"< {name}: {value}" for name, value in sighting.response.headers),
            "< ",
            sighting.response.body.decode(),
            "* Connection #0 to host left intact",
        ]
    return "\n".join(shown).encode()
