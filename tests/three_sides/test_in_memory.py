"""The main test, in memory: what the file foretells is what the doctor finds in the journey."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from hairpin.doctor import examine
from hairpin.predict import cause
from tests.three_sides.deployments import Attempt, attempts
from tests.three_sides.sides import disagreement, foreseen

MANY = int(os.environ.get("HAIRPIN_DEPLOYMENTS", "2000"))
EVERYTHING = list(HealthCheck)


@pytest.mark.timeout(900)
@settings(max_examples=MANY, deadline=None, suppress_health_check=EVERYTHING, derandomize=True)
@given(attempts())
def test_file_and_doctor_agree(attempt: Attempt) -> None:
    prediction = foreseen(attempt)
    assert not disagreement(prediction, examine(prediction.journey))


def test_a_planted_disagreement_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prediction that takes every proxy for a DNS fault must not get past the comparison."""
    honest = cause._led_there

    def planted(*arguments: object) -> cause.Cause:
        told = honest(*arguments)  # type: ignore[arg-type]
        return cause.Cause("ext-fqdn-resolves-to-internal-site", told.why)

    monkeypatch.setattr(cause, "_led_there", planted)

    @settings(
        max_examples=MANY, deadline=None, suppress_health_check=EVERYTHING, derandomize=True, database=None
    )
    @given(attempts())
    def compare(attempt: Attempt) -> None:
        prediction = foreseen(attempt)
        assert not disagreement(prediction, examine(prediction.journey))

    with pytest.raises(AssertionError):
        compare()
