"""Every command that README.md and docs/ show is run, in the order shown, in a directory that has only tests/."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from hairpin.cli import VERBS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Run by CI itself, or running until somebody stops them.
NOT_HERE = {"scripts/up", "scripts/test", "scripts/check", "hairpin up", "hairpin lab"}

BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """The commands of a page: every line of a `sh` block, and what follows `$ ` in a `console` block."""
    found = []
    for language, block in BLOCK.findall(page.read_text().replace("\\\n", "")):
        lines = [line.strip() for line in block.splitlines()]
        if language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found += [line.split("  #")[0].strip() for line in lines if line and not line.startswith("#")]
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_the_commands_on_a_page_work(page: Path, tmp_path: Path):
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    for command in commands(page):
        if command in NOT_HERE:
            continue
        done = subprocess.run(
            re.sub(r"^scripts/", f"{ROOT}/scripts/", command),
            shell=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in {0, 1}, f"{page.name}: {command}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_on_a_page_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_lists_the_verbs_that_exist():
    listed = re.findall(r"^\| `hairpin ([\w-]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert set(listed) == set(VERBS)
