"""Several processes on one port: they share the counters, are started again, reload and stop together."""

import asyncio
import contextlib
import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.gateway.test_lab import free_port
from tests.gateway.upstream import answer, upstream

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PROGRAM = """
import sys
from pathlib import Path
from hairpin.gateway.config import Config, Limits, Listen, Site
from hairpin.gateway.serve import run

port, upstream, name = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])

def load():
    path = name.read_text().strip()
    if not path:
        raise ValueError("no path")
    site = Site("director", path, "webdir.test", (("127.0.0.1", upstream),), ("https://webdir.test",), tls=False)
    return Config((site,), (f"http://127.0.0.1:{port}",), (Listen("127.0.0.1", port),), limits=Limits(stop_seconds=5))

async def ready(gateway):
    print("ready", flush=True)

sys.exit(run(load(), load=load, workers=int(sys.argv[4]), ready=ready))
"""


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as got:
            return got.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def metrics(url):
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as got:
        return got.read()


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.asynccontextmanager
async def gateway(tmp_path, workers):
    async def handler(asked, writer):
        if "slow" in asked.target:
            await asyncio.sleep(1)
        writer.write(answer(b"{}"))

    name, port = tmp_path / "path", free_port()
    name.write_text("/director")
    async with upstream(handler) as pool:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(port), str(pool.port), str(name), str(workers),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
            await asyncio.sleep(0.3)
            yield process, f"http://127.0.0.1:{port}", name
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


async def eventually(check):
    for _ in range(100):
        if await asyncio.to_thread(check):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to be")


@pytest.mark.parametrize("workers", [1, 3])
def test_reload_and_stop(tmp_path, workers):
    async def main():
        async with gateway(tmp_path, workers) as (process, url, name):
            assert await asyncio.to_thread(status, f"{url}/director/a") == 200
            name.write_text("/moved")
            process.send_signal(signal.SIGHUP)
            await eventually(lambda: all(status(f"{url}/moved/a") == 200 for _ in range(10)))
            name.write_text("")
            process.send_signal(signal.SIGHUP)
            assert process.stderr is not None
            for _ in range(workers):
                line = await asyncio.wait_for(process.stderr.readline(), 20)
                assert line == b"hairpin gateway: not reloaded: no path\n"
            assert await asyncio.to_thread(status, f"{url}/moved/a") == 200
            slow = asyncio.create_task(asyncio.to_thread(status, f"{url}/moved/slow"))
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            assert await slow == 200
            assert await asyncio.wait_for(process.wait(), 10) == 0

    asyncio.run(main())


def test_counters_are_shared_and_a_worker_that_dies_is_replaced(tmp_path):
    async def main():
        async with gateway(tmp_path, 3) as (process, url, _):
            for _ in range(30):
                assert await asyncio.to_thread(status, f"{url}/director/a") == 200
            # A worker counts an answer once it is sent, which may be after another shows the sums.
            all_counted = b'requests_total{pool="director",status="2xx"} 30.0'
            await eventually(lambda: all_counted in metrics(url))
            first = children(process.pid)
            assert len(first) == 3
            os.kill(first[0], signal.SIGKILL)
            await eventually(lambda: len(children(process.pid)) == 3 and children(process.pid) != first)
            await eventually(lambda: all(status(f"{url}/director/a") == 200 for _ in range(20)))

    asyncio.run(main())
