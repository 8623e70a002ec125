"""A gateway in front of test web sites, and raw requests to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from hairpin.gateway.config import Config, Limits, Listen, Site
from hairpin.gateway.serve import Gateway

PUBLIC = "http://gateway.test"
APP = "https://app.nnylync.info"


def site(name: str, port: int, **more: Any) -> Site:
    plain = Site(
        name=name,
        path=f"/{name}",
        host=f"{name}.nnylync.info",
        addresses=(("127.0.0.1", port),),
        origins=tuple(
            f"https://{host}{port}"
            for host in (f"{name}.nnylync.info", f"{name}.nny.local")
            for port in ("", ":4443")
        ),
        machines=(f"{name}.nny.local",),
        internal=(f"{name}.nny.local",),
        tls=False,
    )
    return replace(plain, **more)


@dataclass
class Answer:
    status: int
    lines: list[tuple[str, str]]
    body: bytes

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.lines if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.lines if key.lower() == name.lower()]


@dataclass
class Front:
    gateway: Gateway

    @property
    def port(self) -> int:
        return self.gateway.addresses[0][1]

    def count(self, *name: str) -> int:
        return self.gateway.counters.total(*name)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Answer:
        reader, writer = await self.open()
        try:
            writer.write(request(target, *lines, method=method, body=body))
            return await read_answer(reader, method)
        finally:
            writer.close()

    async def raw(self, data: bytes, seconds: float = 5.0) -> bytes:
        """Everything that comes back until the gateway closes, or for that long."""
        reader, writer = await self.open()
        out = b""
        try:
            writer.write(data)
            async with asyncio.timeout(seconds):
                while piece := await reader.read(65536):
                    out += piece
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        return out


def request(target: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    own = [f"{method} {target} HTTP/1.1"]
    if not any(line.lower().startswith("host:") for line in lines):
        own.append("Host: gateway.test")
    if body:
        own.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*own, *lines, "", ""]).encode("latin-1") + body


async def read_answer(reader: asyncio.StreamReader, method: str = "GET") -> Answer:
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")[:-2]
        lines = [(name, value[1:]) for name, _, value in (line.partition(":") for line in rest)]
        got = Answer(int(first.split(" ")[1]), lines, b"")
        if got.status == 100:
            return await read_answer(reader, method)
        if method == "HEAD" or got.status in {204, 304}:
            return got
        if got.get("transfer-encoding") == "chunked":
            while chunk := await read_chunk(reader):
                got.body += chunk
        elif (length := got.get("content-length")) is not None:
            got.body = await reader.readexactly(int(length))
        else:
            got.body = await reader.read()
        return got


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readline(), 16)
    data = await reader.readexactly(size)
    await reader.readline()
    return data


@contextlib.asynccontextmanager
async def front(*sites: Site, limits: Limits | None = None, **more: Any) -> AsyncIterator[Front]:
    plain = Config(
        sites=sites,
        public=(PUBLIC,),
        listen=(Listen("127.0.0.1", 0),),
        origins=(APP,),
        limits=replace(limits or Limits(), stop_seconds=1.0),
    )
    async with Gateway(replace(plain, **more)) as gateway:
        yield Front(gateway)
