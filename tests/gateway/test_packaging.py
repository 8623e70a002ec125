"""The unit and the container file start the gateway with options that it has."""

import asyncio
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.test_lab import free_port
from tests.gateway.test_workers import status

PACKAGING = Path(__file__).parents[2] / "packaging"
DEPLOYMENT = Path(__file__).parents[2] / "src/hairpin/deployment/files/nnylync.toml"


def found(pattern: str, file: str) -> str:
    match = re.search(f"(?m)^{pattern}$", (PACKAGING / file).read_text())
    assert match is not None
    return match[1]


def unit_command():
    unit = "hairpin-gateway.service"
    options = found(r"#\s+HAIRPIN_OPTIONS=(.*)", unit)
    return shlex.split(found("ExecStart=(.*)", unit).replace("$HAIRPIN_OPTIONS", options))


def container_command():
    options = found(r"#\s+podman run .* hairpin (--.*)", "Containerfile")
    return json.loads(found("ENTRYPOINT (.*)", "Containerfile")) + shlex.split(options)


@pytest.mark.parametrize("command", [unit_command(), container_command()], ids=["systemd", "container"])
def test_the_command_serves(command, tmp_path):
    assert command[0] == "/opt/hairpin/bin/hairpin"
    port = free_port()
    here = {
        "/etc/hairpin/deployment.toml": str(DEPLOYMENT),
        "0.0.0.0:8765": f"127.0.0.1:{port}",
        "/var/log/hairpin/access.log": str(tmp_path / "access.log"),
    }
    rest = [here.get(word, word) for word in command[1:]]

    async def main():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hairpin", *rest, "--format", "json", stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            assert json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
            assert await asyncio.to_thread(status, f"http://127.0.0.1:{port}/healthz") == 200
        finally:
            process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0

    asyncio.run(main())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_unit(tmp_path):
    text = (PACKAGING / "hairpin-gateway.service").read_text()
    unit = tmp_path / "hairpin-gateway.service"
    unit.write_text(text.replace("/opt/hairpin/bin/hairpin", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "hairpin-gateway.service" in line]
    assert complaints == []
