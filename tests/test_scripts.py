"""The scripts a newcomer types run from anywhere, without standard input, and say what is wrong."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())


def run(*command: str | Path, cwd: Path, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_a_script_can_be_run_and_says_what_it_is_for(script: Path):
    assert os.access(script, os.X_OK)
    first, second = script.read_text().splitlines()[:2]
    assert first == "#!/bin/sh"
    assert second.startswith("# ")


def test_a_second_install_has_nothing_to_do(tmp_path: Path):
    run(ROOT / "scripts" / "install", cwd=tmp_path)
    done = run(ROOT / "scripts" / "install", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_machine_without_python_gets_one_line(tmp_path: Path):
    for tool in ("sh", "dirname", "cat"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    done = run(ROOT / "scripts" / "install", cwd=tmp_path, path=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or later is missing" in done.stderr


def test_an_unknown_measurement_lists_those_that_exist(tmp_path: Path):
    done = run(ROOT / "scripts" / "bench", "no-such-thing", cwd=tmp_path)
    assert done.returncode == 2
    assert "usage: scripts/bench NAME" in done.stderr


def test_the_lock_holds_hashes_and_names_no_index():
    lock = (ROOT / "requirements.lock").read_text()
    pins = [line for line in lock.splitlines() if "==" in line]
    assert pins
    assert all(line.endswith("\\") for line in pins), "a pin without a hash"
    assert "://" not in lock
    assert "--index" not in lock


def test_the_lock_pins_everything_that_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    names = {re.split(r"[;=\[ ]", name)[0].replace("_", "-") for name in asked}
    assert names <= pinned, "run scripts/lock"
