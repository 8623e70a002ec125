"""The recorded captures still mean what they meant when they were made, where there is no browser to ask."""

from pathlib import Path

import pytest

from hairpin.doctor import examine
from hairpin.trace import read
from tests.browser.scenarios import PASSWORD, SCENARIOS

CAUSES = {scenario.name: scenario.cause for scenario in SCENARIOS}
FILES = sorted(Path(__file__).parent.glob("*.har"))


def test_every_scenario_is_recorded_by_devtools_and_by_playwright():
    assert {file.name for file in FILES} >= {
        f"{name}.{by}.har" for name in CAUSES for by in ("devtools", "playwright")
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_doctor_names_the_cause(file):
    verdict = examine(read(file.read_bytes(), file.name))
    cause = CAUSES[file.name.split(".")[0]]
    assert verdict.causes == ((cause,) if cause else ())
    assert PASSWORD not in repr(verdict)


@pytest.mark.parametrize(
    "file", [file for file in FILES if "equal-names" in file.name], ids=lambda file: file.name
)
def test_equal_names_do_not_make_the_proxy_suspect(file):
    told = [finding.id for finding in examine(read(file.read_bytes(), file.name)).findings]
    assert "rp-443-to-443" not in told
