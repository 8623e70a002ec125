"""Starting a peer on one core, and reading what it costs: processor time and memory of it and its children."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import trustme

from bench.peers import EXTERNAL, INTERNAL

TICK = os.sysconf("SC_CLK_TCK")


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Chain, key and authority for both sides, as PEM files."""
    authority = trustme.CA()
    own = authority.issue_cert(EXTERNAL, INTERNAL, "localhost", "127.0.0.1")
    chain, key, ca = folder / "chain.pem", folder / "key.pem", folder / "ca.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in own.cert_chain_pems))
    own.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(ca))
    return chain, key, ca


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, core: int | None, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program pinned to a core, from when its port answers until the block ends."""
    pinned = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
    with log.open("wb") as out:
        process = subprocess.Popen([*pinned, *command], stdout=out, stderr=out)
        try:
            _await_port(process, port, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended: {log.read_text()[-400:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            time.sleep(0.3)
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} does not listen on {port}")


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def processor_seconds(pid: int) -> float:
    ticks = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def resident_bytes(pid: int) -> int:
    """Proportional set size: what would be free if the peer were gone."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total
