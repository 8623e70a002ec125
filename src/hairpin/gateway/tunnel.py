"""A CONNECT proxy for the published names and nothing else, and the PAC file that sends browsers to it.

A browser that uses it reaches the outside address without asking DNS and keeps its own TLS end to end. Nothing is
read or rewritten on the way; what a client may reach is a table, and every address in it comes from the
configuration.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from hairpin.deployment.model import Deployment
from hairpin.deployment.routing import publications
from hairpin.gateway import answers

PAC_PATHS = frozenset(("/proxy.pac", "/wpad.dat"))

_HEAD = 8 * 1024
_HEAD_SECONDS = 10.0
_CONNECT_SECONDS = 5.0
# Longer than any event channel is held (protocol.md 6.5), so that a tunnel nobody uses ends some day.
_IDLE_SECONDS = 1860.0
_PIECE = 64 * 1024
_MOST = 10_000

_CONNECT = re.compile(r"CONNECT ([A-Za-z0-9.-]+):([0-9]{1,5}) HTTP/1\.[01]")
_GET = re.compile(r"GET (?:http://[^/ ]+)?(/[^ ?]*)[^ ]* HTTP/1\.[01]")


@dataclass(frozen=True, slots=True)
class Targets:
    """Published name (lower case) and port → the addresses to try."""

    table: Mapping[tuple[str, int], tuple[tuple[str, int], ...]]

    def pac(self, proxy: str) -> str:
        """A PAC file: the published names by https through ``proxy`` (``host:port``), all else direct."""
        names = {name: 1 for name, _ in sorted(self.table)}
        return (
            f"var published = {json.dumps(names)};\n"
            "function FindProxyForURL(url, host) {\n"
            '  if (url.substring(0, 6) == "https:" && published.hasOwnProperty(host.toLowerCase()))\n'
            f'    return "PROXY {proxy}";\n'
            '  return "DIRECT";\n'
            "}\n"
        )


def targets(deployment: Deployment, port: int = 443) -> Targets:
    """Every published name on ``port``, at the reverse proxy's outside address.

    Without a reverse proxy, the external web sites themselves: each pool's external name at its servers' 4443.
    """
    proxy = deployment.reverse_proxy
    if proxy is not None:
        outside = ((proxy.outside, port),)
        return Targets({(entry.name.lower(), port): outside for entry in publications(deployment)})
    return Targets(
        {
            (pool.external_fqdn.lower(), port): tuple(
                (server.address, pool.ports.external_https) for server in pool.servers
            )
            for pool in deployment.pools
        }
    )


@dataclass(slots=True)
class Tunnel:
    """A running tunnel: ``async with Tunnel(targets) as tunnel``; ``address`` is where it listens.

    Raises OSError where it cannot listen.
    """

    targets: Targets
    host: str = "127.0.0.1"
    port: int = 0
    opened: int = 0
    refused: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def address(self) -> tuple[str, int]:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            await self._refuse(writer, 431, "the head is too large")
            return
        except asyncio.IncompleteReadError:
            return
        first = head.partition(b"\r\n")[0].decode("latin-1")
        if (asked := _CONNECT.fullmatch(first)) is not None:
            await self._connect(asked[1].lower(), int(asked[2]), reader, writer)
        elif (page := _GET.fullmatch(first)) is not None and page[1] in PAC_PATHS:
            await self._send_pac(head, writer)
        elif page is not None and page[1] == "/healthz":
            writer.write(answers.plain(200, "alive", close=True))
            await writer.drain()
        else:
            await self._refuse(
                writer, 405, "only CONNECT to a published name is answered, and GET /proxy.pac"
            )

    async def _send_pac(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        host = re.search(rb"(?i)\r\nHost: *([A-Za-z0-9.:\[\]-]+)\r\n", head)
        own = f"{self.address[0]}:{self.address[1]}"
        body = self.targets.pac(host[1].decode() if host else own).encode()
        lines = [
            (b"Content-Type", b"application/x-ns-proxy-autoconfig"),
            (b"Content-Length", b"%d" % len(body)),
            (b"Cache-Control", b"max-age=300"),
            (b"Connection", b"close"),
        ]
        writer.write(answers.head(200, b"OK", lines) + body)
        await writer.drain()

    async def _connect(
        self, name: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        addresses = self.targets.table.get((name, port))
        if addresses is None:
            await self._refuse(writer, 403, "this name and port are not published by the deployment")
            return
        if len(self._open) > _MOST:
            await self._refuse(writer, 503, "too many tunnels are open")
            return
        for host, inner in addresses:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    far_reader, far_writer = await asyncio.open_connection(host, inner, limit=_PIECE)
            except (OSError, TimeoutError):
                continue
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.opened += 1
            try:
                await _both_ways(reader, writer, far_reader, far_writer)
            finally:
                far_writer.close()
            return
        await self._refuse(writer, 502, f"no address of {name} answers")

    async def _refuse(self, writer: asyncio.StreamWriter, status: int, why: str) -> None:
        self.refused += 1
        writer.write(answers.plain(status, f"hairpin tunnel: {why}", close=True))
        await writer.drain()


async def _both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Until one side ends and the other has had everything, or nobody says anything for too long."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.TaskGroup() as both:
            both.create_task(_one_way(reader, far_writer))
            both.create_task(_one_way(far_reader, writer))


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, TimeoutError):
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                piece = await reader.read(_PIECE)
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
