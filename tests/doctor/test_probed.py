"""What only a probe can see, and what it sees of everything else."""

from __future__ import annotations

import pytest

from hairpin.doctor import examine
from tests.doctor.probed import PROBED, SOUND, SURVEYS

SHOWN = [(failure, number) for failure, ways in PROBED.items() for number in range(len(ways))]


@pytest.mark.parametrize(("id", "number"), SHOWN)
def test_a_probe_finds_it_and_nothing_else(id, number):
    probed = PROBED[id][number]()
    verdict = examine(probed.journeys, probed.deployment, probed.survey)
    assert [finding.id for finding in verdict.findings] == [id], verdict.findings


def test_every_failure_a_probe_can_see_is_shown_by_one():
    assert set(SURVEYS) <= set(PROBED)
    assert all(PROBED.values())


def test_a_sound_deployment_gives_a_probe_nothing_to_say():
    probed = SOUND()
    assert examine(probed.journeys, probed.deployment, probed.survey).findings == ()
