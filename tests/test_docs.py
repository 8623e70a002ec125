"""What the code cites exists in docs/, and what docs/ says of the code is so."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
SECTIONS = set(re.findall(r"^##+ ([0-9.]+?)\.? ", (ROOT / "docs" / "protocol.md").read_text(), re.MULTILINE))
CITED = re.compile(r"protocol\.md[`\s,:]+(?:section )?(\d+(?:\.\d+)*)")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src" / "hairpin")))
def test_a_citation_leads_to_a_section(source: Path):
    cited = set(CITED.findall(source.read_text()))
    assert cited <= SECTIONS, f"docs/protocol.md has no section {', '.join(sorted(cited - SECTIONS))}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src" / "hairpin")))
def test_a_page_that_is_named_exists(source: Path):
    for page in re.findall(r"docs/[\w./-]+\.md", source.read_text()):
        assert (ROOT / page).exists(), page


def rooms_of(page: str, pattern: str) -> list[tuple[str, ...]]:
    return re.findall(pattern, (ROOT / page).read_text(), re.MULTILINE)


def test_readme_and_architecture_list_the_rooms_in_their_order():
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0][
        "layers"
    ]
    order = [layer.strip("()") for layer in reversed(layers)]
    rooms = [room for room in order if (ROOT / "src" / "hairpin" / room / "__init__.py").exists()]
    in_readme = rooms_of("README.md", r"^\| `(\w+)` \| (.)")
    in_architecture = rooms_of("docs/architecture.md", r"^\| (?:core|driver|face) \| `(\w+)` (.)")
    assert [room for room, _ in in_readme] == rooms
    assert [room for room, _ in in_architecture] == rooms


def test_the_files_to_begin_reading_at_exist():
    for room, files in rooms_of("docs/architecture.md", r"^\| (?:core|driver|face) \| `(\w+)` .*\| (.*) \|$"):
        for file in re.findall(r"`([\w.]+)`", files):
            assert (ROOT / "src" / "hairpin" / room / file).exists(), f"{room}/{file}"
