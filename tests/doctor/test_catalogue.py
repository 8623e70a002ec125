"""The matrix: each failure is found where it is, alone, and nowhere else."""

from __future__ import annotations

import pytest

from hairpin.doctor import BY_ID, CATALOGUE, SeenBy, Severity, Word, examine
from tests.doctor.captures import FIRES
from tests.doctor.healthy import HEALTHY

ONLY_WORTH_KNOWING = {"exchange-or-ucs-side-errors"}


def test_every_failure_has_something_that_shows_it():
    assert [entry.id for entry in CATALOGUE] == list(FIRES)
    assert len(CATALOGUE) == 71


@pytest.mark.parametrize("id", list(FIRES))
def test_a_failure_is_found_where_it_is_and_nothing_else_is(id):
    capture = FIRES[id]()
    verdict = examine(capture.journeys, survey=capture.survey)
    told = [finding.id for finding in verdict.findings]
    assert told == [id], [(finding.id, finding.says) for finding in verdict.findings]
    assert verdict.verdict is (Word.HEALTHY if id in ONLY_WORTH_KNOWING else Word.FAULT)


@pytest.mark.parametrize("name", list(HEALTHY))
def test_a_healthy_sign_in_is_never_blamed(name):
    verdict = examine(HEALTHY[name]())
    assert [finding.id for finding in verdict.findings if finding.severity is not Severity.INFO] == []
    assert verdict.verdict is Word.HEALTHY


@pytest.mark.parametrize("id", list(FIRES))
def test_who_can_see_it(id):
    """What shows a failure is one of the ways its page names."""
    by = SeenBy.CAPTURE if FIRES[id]().journeys else SeenBy.PROBE
    assert by in BY_ID[id].seen_by


def test_causes_and_look_alikes_are_in_the_catalogue_and_causes_have_no_cycle():
    for entry in CATALOGUE:
        assert set(entry.causes) | set(entry.look_alikes) <= set(BY_ID), entry.id
        assert entry.id not in _below(entry.id), entry.id


def _below(id):
    found, waiting = set(), list(BY_ID[id].causes)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += BY_ID[one].causes
    return found


def test_two_independent_faults_are_both_reported():
    both = (*FIRES["rp-timeout-shorter-than-pget"]().journeys, *FIRES["origin-not-allowed-28070"]().journeys)
    assert set(examine(both).causes) == {"rp-timeout-shorter-than-pget", "origin-not-allowed-28070"}
