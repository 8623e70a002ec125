"""What all connections of a worker share, and the second hand that looks after them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from hairpin.gateway.config import Config
from hairpin.gateway.outgoing import Connections
from hairpin.gateway.plan import Plan
from hairpin.gateway.watch import Counters
from hairpin.wire.redact import redact_text

if TYPE_CHECKING:
    from hairpin.gateway.incoming import Incoming


class State:
    """The plan in force, the connections to its sites, the counters, the clients. One event loop's own."""

    def __init__(self, config: Config, counters: Counters) -> None:
        self.plan = Plan(config)
        self.counters = counters
        self.stopping = False
        self.clients: set[Incoming] = set()
        self.upstream = {site.name: Connections(site, config.limits) for site in config.sites}
        self.now = time.monotonic()
        self.log = AccessLog(config.access_log)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def config(self) -> Config:
        return self.plan.config

    def reload(self, config: Config) -> None:
        """From now on this configuration; what is under way keeps the old one. Raises what Plan raises."""
        plan = Plan(config)
        same_limits = config.limits == self.config.limits
        fresh = {}
        for site in config.sites:
            pool = self.upstream.get(site.name)
            kept = pool is not None and pool.site == site and same_limits
            fresh[site.name] = pool if pool is not None and kept else Connections(site, config.limits)
        for name, pool in self.upstream.items():
            if fresh.get(name) is not pool:
                pool.close()
        self.plan, self.upstream = plan, fresh
        self.log.close()
        self.log = AccessLog(config.access_log)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def look_after(self) -> None:
        """Every half second, for ever: who is late, what has idled too long, what is to be written."""
        while True:
            await asyncio.sleep(0.5)
            now = self.now = time.monotonic()
            for client in [client for client in self.clients if client.deadline < now]:
                client.expired()
            for pool in self.upstream.values():
                pool.sweep(now)
            self.log.flush()


class AccessLog:
    """One JSON object a line, without secrets: what was asked, by whom, of which pool, and how it went."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._file: IO[bytes] | None = None
        if name is not None:
            self._file = sys.stdout.buffer if name == "-" else Path(name).open("ab")  # noqa: SIM115
        self._encode = msgspec.json.Encoder().encode

    @property
    def wanted(self) -> bool:
        return self._file is not None

    def write(self, entry: dict[str, Any]) -> None:
        """``target`` is redacted here; the other members hold nothing a client chose."""
        if self._file is None:
            return
        if "?" in entry["target"] or "=" in entry["target"]:
            entry["target"] = redact_text(entry["target"])
        self._file.write(self._encode(entry) + b"\n")

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        self.flush()
        if self._file is not None and self._name != "-":
            self._file.close()
        self._file = None
