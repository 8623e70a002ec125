"""The original case and its two cures, foreseen from the file that ships."""

from __future__ import annotations

import pytest

from hairpin.deployment.changes import with_dns_fixed, with_equal_names
from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment
from hairpin.predict import foresee
from hairpin.signin.wish import CLIENTS
from hairpin.wire.exchange import Kind

CASE = load("nnylync")


def verdicts(deployment: Deployment, vantage: str) -> dict[str, str]:
    return {
        name: foresee(deployment, vantage, deployment.users[0], client).verdict
        for name, client in CLIENTS.items()
    }


def test_the_original_case() -> None:
    assert verdicts(CASE, "inside") == {
        "frame": "ext-fqdn-resolves-to-internal-site",
        "sample": "ext-fqdn-resolves-to-internal-site",
        "xhr": "direct-xhr-without-xframe",
        "script": "healthy",
    }
    assert verdicts(CASE, "outside")["frame"] == "healthy"
    assert verdicts(CASE, "outside")["sample"] == "ticket-from-other-pool"


@pytest.mark.parametrize("cure", [with_dns_fixed, with_equal_names])
def test_both_cures_of_the_original_case_work_inside(cure: object) -> None:
    assert callable(cure)
    assert verdicts(cure(CASE), "inside")["frame"] == "healthy"


def test_the_last_exchanges_are_those_of_the_original_trace() -> None:
    journey = foresee(CASE, "inside", CASE.users[0], CLIENTS["frame"]).journey
    preflight = next(step for step in journey.steps if step.exchange.kind is Kind.PREFLIGHT)
    assert preflight.request.url == "https://director.nny.local/WebTicket/oauthtoken"
    assert preflight.request.headers.get("origin") == "https://webdir.nnylync.info"
    assert preflight.request.headers.get("access-control-request-headers") == "x-ms-origin"
    assert preflight.response is not None
    assert preflight.response.status == 400
    assert preflight.response.headers.get("x-ms-diagnostics") == (
        '28020;source="Director.NNY.local";reason="No valid security token."'
    )
    assert preflight.response.headers.get("x-ms-server-fqdn") == "Director.NNY.local"


def test_a_wrong_password_is_foreseen() -> None:
    fixed = with_dns_fixed(CASE)
    assert foresee(fixed, "inside", fixed.users[0], CLIENTS["frame"], password="no").verdict == (
        "bad-credentials-invalid-grant"
    )
