"""What the code cites exists: pages of docs/, and sections of docs/protocol.md."""

import re
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
