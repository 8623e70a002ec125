"""Running the gateway: listeners, signals, reload, workers, and an end that lets requests finish."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from hairpin.gateway.config import Config, Listen
from hairpin.gateway.incoming import Incoming
from hairpin.gateway.names import choose_by_name, server_context
from hairpin.gateway.state import State
from hairpin.gateway.watch import Counters

BACKLOG = 1024


class Gateway:
    """A running gateway: ``async with Gateway(config) as gateway``.

    ``addresses`` are the ``(host, port)`` it listens on, in the configuration's order. Raises OSError naming an
    address that cannot be listened on, ssl.SSLError or OSError for certificates that cannot be read, ValueError for
    a configuration that contradicts itself.
    """

    def __init__(
        self, config: Config, counters: Counters | None = None, *, share_ports: bool = False
    ) -> None:
        self.counters = counters or Counters([site.name for site in config.sites])
        self.state = State(config, self.counters)
        self._share_ports = share_ports
        self._listening: dict[Listen, tuple[asyncio.Server, ssl.SSLContext | None]] = {}
        self._second_hand: asyncio.Task[None] | None = None

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [
            server.sockets[0].getsockname()[:2]
            for listen in self.state.config.listen
            for server, _ in [self._listening[listen]]
        ]

    async def __aenter__(self) -> Self:
        try:
            for listen in self.state.config.listen:
                self._listening[listen] = await self._open(listen)
        except BaseException:
            self._close_listeners(self._listening)
            raise
        self._second_hand = asyncio.create_task(self.state.look_after())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop(0.0 if kind is not None else self.state.config.limits.stop_seconds)

    async def reload(self, config: Config) -> None:
        """Take a new configuration and new certificates; requests under way, and held events, stay.

        Raises as the constructor does, and then keeps the old configuration.
        """
        opened = {}
        try:
            for listen in config.listen:
                if listen not in self._listening:
                    opened[listen] = await self._open(listen)
                elif (context := self._listening[listen][1]) is not None:
                    assert listen.certificate is not None
                    context.load_cert_chain(listen.certificate, listen.key)
                    choose_by_name(context, listen.more)
            self.state.reload(config)
        except BaseException:
            self._close_listeners(opened)
            raise
        unwanted = {listen for listen in self._listening if listen not in config.listen}
        self._close_listeners({listen: self._listening.pop(listen) for listen in unwanted})
        self._listening.update(opened)

    async def stop(self, seconds: float) -> None:
        """Take no more connections, let requests end for that long, then break off what is left."""
        state = self.state
        state.stopping = True
        self._close_listeners(self._listening)
        for client in list(state.clients):
            client.retire()
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while state.clients and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        for client in list(state.clients):
            client.transport.abort()
        for pool in state.upstream.values():
            pool.close()
        if self._second_hand is not None:
            self._second_hand.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._second_hand
        await asyncio.sleep(0)
        state.log.close()

    async def _open(self, listen: Listen) -> tuple[asyncio.Server, ssl.SSLContext | None]:
        context = None
        if listen.certificate is not None:
            context = server_context()
            context.load_cert_chain(listen.certificate, listen.key)
            choose_by_name(context, listen.more)
        family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self._share_ports:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind((listen.host, listen.port))
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: Incoming(self.state), sock=sock, ssl=context, backlog=BACKLOG
            )
        except OSError as error:
            sock.close()
            why = error.strerror or str(error)
            raise OSError(error.errno, f"cannot listen on {listen.host} port {listen.port}: {why}") from None
        return server, context

    @staticmethod
    def _close_listeners(listening: dict[Listen, tuple[asyncio.Server, ssl.SSLContext | None]]) -> None:
        for server, _ in listening.values():
            server.close()


async def serve(
    config: Config,
    *,
    load: Callable[[], Config] | None = None,
    ready: Callable[[Gateway], Awaitable[None]] | None = None,
    counters: Counters | None = None,
    share_ports: bool = False,
) -> None:
    """Run until SIGTERM or SIGINT; ``load`` gives the configuration anew at SIGHUP. Raises as Gateway does.

    ``ready`` is called once connections are taken. A configuration that cannot be loaded is reported on standard
    error, and the old one stays.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    async with Gateway(config, counters, share_ports=share_ports) as gateway:

        async def reload() -> None:
            assert load is not None
            try:
                await gateway.reload(load())
            except (OSError, ValueError) as error:
                _complain(f"not reloaded: {error}")

        reloads: set[asyncio.Task[None]] = set()
        on_signal(signal.SIGTERM, told.set)
        on_signal(signal.SIGINT, told.set)
        if load is not None and sys.platform != "win32":
            on_signal(signal.SIGHUP, lambda: reloads.add(loop.create_task(reload())))
        if ready is not None:
            await ready(gateway)
        await told.wait()


def _complain(what: str) -> None:
    """One write a line: the workers share this standard error, and print writes the line's end apart."""
    sys.stderr.write(f"hairpin gateway: {what}\n")


def on_signal(number: int, act: Callable[[], object]) -> None:
    """Act on a signal within the running loop, also where the loop itself cannot (Windows)."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:
        signal.signal(number, lambda _, __: loop.call_soon_threadsafe(act))


def run(
    config: Config,
    *,
    load: Callable[[], Config] | None = None,
    workers: int = 1,
    ready: Callable[[Gateway], Awaitable[None]] | None = None,
) -> int:
    """Run in this process, or in that many under it, until told to stop; the exit code.

    Workers share the listening ports (SO_REUSEPORT) and the counters; one that dies is started again. The parent
    passes SIGHUP, SIGTERM and SIGINT on.
    """
    counters = Counters([site.name for site in config.sites], workers)
    if workers == 1:
        _run_one(serve(config, load=load, ready=ready, counters=counters))
        return 0
    return _Parent(config, load, workers, ready, counters).run()


def _run_one(main: Awaitable[None]) -> None:
    async def wrapped() -> None:
        await main

    try:
        import uvloop
    except ImportError:
        asyncio.run(wrapped())
    else:
        uvloop.run(wrapped())


class _Parent:
    """Starts the workers, starts them again, passes signals on."""

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config] | None,
        workers: int,
        ready: Callable[[Gateway], Awaitable[None]] | None,
        counters: Counters,
    ) -> None:
        self._config = config
        self._load = load
        self._ready = ready
        self._counters = counters
        self._children: dict[int, int] = {}
        self._workers = workers
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda which, _: self._pass_on(which))
        for worker in range(self._workers):
            self._start(worker)
        while self._children:
            pid, status = os.waitpid(-1, 0)
            worker = self._children.pop(pid)
            if not self._stopping:
                if os.waitstatus_to_exitcode(status) == 2:
                    self._pass_on(signal.SIGTERM)
                    return 2
                self._start(worker)
        return 0

    def _start(self, worker: int) -> None:
        pid = os.fork()
        if pid:
            self._children[pid] = worker
            return
        code = 0
        try:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            self._counters.use_row(worker)
            ready = self._ready if worker == 0 else None
            config = self._load() if self._load is not None else self._config
            _run_one(serve(config, load=self._load, ready=ready, counters=self._counters, share_ports=True))
        except (OSError, ValueError) as error:
            _complain(str(error))
            code = 2
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _pass_on(self, which: int) -> None:
        if which != signal.SIGHUP:
            self._stopping = True
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, which)


__all__: Sequence[str] = ("Gateway", "run", "serve")
