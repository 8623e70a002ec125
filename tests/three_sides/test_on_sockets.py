"""The main test, on the wire: file, lab and doctor agree, journey by journey."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from hairpin.doctor import examine
from hairpin.lab.lab import Lab
from hairpin.signin.wish import CLIENTS
from tests.three_sides.deployments import Attempt, attempts
from tests.three_sides.sides import disagreement, foreseen, lived, other_journey

FEW = int(os.environ.get("HAIRPIN_LABS", "25"))


@pytest.mark.timeout(900)
@settings(
    max_examples=FEW,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(attempts())
def test_file_wire_and_doctor_agree(attempt: Attempt) -> None:
    """Each made-up deployment runs as a lab once and is signed in to from both sides by every kind of client."""
    asyncio.run(_compare(attempt))


async def _compare(attempt: Attempt) -> None:
    async with Lab(attempt.deployment) as lab:
        for vantage in ("inside", "outside"):
            for client in CLIENTS.values():
                one = Attempt(lab.deployment, vantage, attempt.user, client, attempt.right_password)
                prediction, session = foreseen(one), await lived(one, lab)
                assert not other_journey(prediction, session)
                assert not disagreement(prediction, examine(session.journey))
