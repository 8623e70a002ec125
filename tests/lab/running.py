"""A lab in a thread of its own, for clients that block: curl, dnspython, plain sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hairpin.deployment.model import Deployment
from hairpin.lab.lab import Lab
from hairpin.lab.ready import Machine, NameServer


@contextmanager
def running(deployment: Deployment, *, offset: int | None = None) -> Iterator[Lab]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    lab = Lab(deployment, offset=offset)
    try:
        asyncio.run_coroutine_threadsafe(lab.__aenter__(), loop).result(20)
        try:
            yield lab
        finally:
            asyncio.run_coroutine_threadsafe(lab.__aexit__(None, None, None), loop).result(20)
            left = asyncio.run_coroutine_threadsafe(tasks_left(), loop).result(20)
            assert not left
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def tasks_left() -> list[str]:
    """What still runs beside the asking task, after what is ending has had its turn."""
    await asyncio.sleep(0)
    return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def machine(lab: Lab, name: str) -> Machine:
    return next(one for one in lab.describe().machines if one.name == name)


def name_server(lab: Lab, view: str) -> NameServer:
    return next(one for one in lab.describe().dns if one.view == view)
