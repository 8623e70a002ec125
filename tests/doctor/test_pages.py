"""The generated pages are what the catalogue and its matrix say now."""

from __future__ import annotations

import re

import pytest

from hairpin.doctor import CATALOGUE
from tests.doctor.pages import ROOT, false_alarms, pages

PAGES = pages()


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_is_fresh(path):
    assert (ROOT / "docs" / path).read_text() == PAGES[path], "run scripts/pages"


def test_every_failure_has_a_page_and_no_page_is_left_over():
    there = {page.stem for page in (ROOT / "docs" / "failures").glob("*.md")} - {"README"}
    assert there == {entry.id for entry in CATALOGUE}


def test_no_blank_of_a_page_is_left_open_in_its_prose():
    for path, text in PAGES.items():
        prose = "".join(text.split("```")[::2])
        assert not re.search(r"<[a-z][a-z0-9 ]*>", prose), path


def test_the_matrix_shows_no_false_alarm_and_no_miss():
    assert false_alarms() == []
    assert "**misses**" not in PAGES[next(path for path in PAGES if path.name == "catalogue-coverage.md")]
