"""The main test, in memory: what the file foretells is what the doctor finds in the capture."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, given, settings

from hairpin.doctor import Severity, Verdict, Word, examine
from hairpin.predict import foresee
from hairpin.predict.foresee import Prediction
from hairpin.wire.exchange import Failure
from tests.three_sides.deployments import Attempt, attempts

MANY = int(os.environ.get("HAIRPIN_DEPLOYMENTS", "2000"))
NAMED = frozenset(
    {
        "ext-fqdn-resolves-to-internal-site",
        "rp-443-to-443",
        "ticket-from-other-pool",
        "origin-not-allowed-28070",
        "direct-xhr-without-xframe",
        "bad-credentials-invalid-grant",
    }
)
seen: Counter[str] = Counter()


def foreseen(attempt: Attempt) -> Prediction:
    password = None if attempt.right_password else "wrong"
    return foresee(attempt.deployment, attempt.vantage, attempt.user, attempt.client, password=password)


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(attempts())
def test_prediction_and_doctor_agree(attempt: Attempt) -> None:
    prediction = foreseen(attempt)
    verdict = examine(prediction.journey)
    seen[prediction.verdict] += 1
    disagreement = compare(prediction, verdict)
    assert disagreement is None, disagreement


def compare(prediction: Prediction, verdict: Verdict) -> str | None:
    """What the two disagree about, or None."""
    roots = [finding.id for finding in verdict.findings if finding.severity is Severity.ERROR]
    alarms = NAMED.intersection(roots) - prediction.met - {prediction.verdict}
    if prediction.verdict == "healthy":
        agreed = verdict.verdict is Word.HEALTHY
    elif prediction.journey.steps[-1].exchange.failure is Failure.NAME_NOT_RESOLVED:
        # A capture cannot tell an internal name handed out by mistake from an external one that DNS lacks.
        agreed = verdict.verdict is not Word.HEALTHY
    elif prediction.verdict in NAMED:
        agreed = verdict.verdict is Word.FAULT and roots[:1] == [prediction.verdict]
    else:
        agreed = verdict.verdict is not Word.HEALTHY
    if agreed and not alarms:
        return None
    lines = "\n".join(" ".join(line) for line in prediction.journey.outline())
    return f"predict: {prediction.verdict} ({prediction.why}); doctor: {verdict.verdict} {roots}\n{lines}"
