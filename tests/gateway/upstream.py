"""A small web site for tests: plain asyncio streams, no library that could share a mistake with the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Handler = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Asked:
    """One request as it arrived. ``connection`` tells connections apart."""

    method: str
    target: str
    lines: list[tuple[str, str]]
    body: bytes
    connection: int
    raw: bytes
    reader: asyncio.StreamReader

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.lines if key.lower() == name.lower()), None)


@dataclass
class Upstream:
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


def answer(
    body: bytes = b"", status: str = "200 OK", *lines: str, kind: str | None = "application/json"
) -> bytes:
    own = [f"Content-Type: {kind}"] if kind else []
    head = "\r\n".join([f"HTTP/1.1 {status}", *own, *lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode("latin-1") + body


@contextlib.asynccontextmanager
async def upstream(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Upstream]:
    site = Upstream()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.connections += 1
        number = site.connections
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while True:
                asked = await _read(reader, number)
                if asked is None:
                    break
                site.asked.append(asked)
                await handler(asked, writer)
                await writer.drain()
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, number: int) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    lines = [(name, value.strip()) for name, _, value in (line.partition(":") for line in rest)]
    asked = Asked(method, target, lines, b"", number, head, reader)
    if (asked.get("transfer-encoding") or "").lower() == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        asked.body = body
    elif length := asked.get("content-length"):
        asked.body = await reader.readexactly(int(length))
    return asked
