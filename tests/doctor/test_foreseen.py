"""What a deployment file can bring about: the core makes the journey, and the doctor finds the fault in it."""

from __future__ import annotations

import msgspec
import pytest

from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment
from hairpin.deployment.routing import INSIDE, OUTSIDE
from hairpin.doctor import Word, examine
from hairpin.doctor.survey import declared
from hairpin.predict import foresee
from hairpin.signin.wish import CLIENTS
from hairpin.wire.origin import origin_of

EXT, PROXY, SERVER = "webdir.nnylync.info", "203.0.113.10", "10.10.0.10"
HOME, DISCOVER = "webext-ny.nny.info", "lyncdiscover.nnylync.info"


def nnylync() -> dict:
    """The original case's file without its fault, as plain data to be spoilt."""
    plain: dict = msgspec.to_builtins(load("nnylync"))
    plain["dns"] = {"inside": {}, "outside": {}}
    plain["reverse_proxy"]["ports"] = {443: 4443, 80: 8080}
    return plain


def spoilt(**changes) -> Deployment:
    plain = nnylync()
    for path, value in changes.items():
        *way, last = path.split("__")
        at = plain
        for key in way:
            at = at[int(key)] if key.isdigit() else at[key]
        at[last] = value
    return msgspec.convert(plain, Deployment)


def journey(deployment, vantage=INSIDE, client="frame", **more):
    return foresee(deployment, vantage, deployment.users[0], CLIENTS[client], **more).journey


CASES = {
    "ext-fqdn-resolves-to-internal-site": lambda: journey(spoilt(dns__inside={EXT: SERVER})),
    "ext-fqdn-missing-inside": lambda: journey(spoilt(dns__inside={EXT: []})),
    "rp-443-to-443": lambda: journey(spoilt(reverse_proxy__ports={443: 443, 80: 80}), OUTSIDE),
    "lyncdiscoverinternal-missing": lambda: journey(
        spoilt(dns__inside={"lyncdiscover.nnylync.info": [], "lyncdiscoverinternal.nnylync.info": []})
    ),
    "origin-not-allowed-28070": lambda: journey(spoilt(), page=origin_of("https://elsewhere.example")),
    "direct-xhr-without-xframe": lambda: journey(spoilt(), client="xhr"),
    "lyncdiscover-resolves-to-internal-site": lambda: journey(
        spoilt(dns__inside={DISCOVER: SERVER, "director.nny.local": []})
    ),
    "home-pool-not-published": lambda: journey(spoilt(reverse_proxy__publishes=[EXT, DISCOVER]), OUTSIDE),
    "rp-cert-san-missing": lambda: journey(
        spoilt(reverse_proxy__publishes=[DISCOVER], dns__outside={EXT: PROXY}), OUTSIDE, "script"
    ),
    "origin-list-wrong-scope": lambda: journey(spoilt(pool__1__allow_origins=[])),
    "ticket-from-other-pool": lambda: journey(spoilt(), client="sample"),
    "user-not-enabled-28000": lambda: journey(spoilt(user__0__enabled=False)),
    "grant-type-not-offered": lambda: journey(spoilt(pool__0__grants=["urn:microsoft.rtc:windows"])),
    "bad-credentials-invalid-grant": lambda: journey(spoilt(), password="wrong"),
}


@pytest.mark.parametrize("id", list(CASES))
def test_the_fault_is_found_in_the_foreseen_journey(id):
    verdict = examine(CASES[id]())
    assert (verdict.verdict, verdict.causes) == (Word.FAULT, (id,)), verdict.findings


@pytest.mark.parametrize("vantage", [INSIDE, OUTSIDE])
@pytest.mark.parametrize("client", ["frame", "script"])
def test_the_sound_deployment_is_healthy(vantage, client):
    verdict = examine(journey(spoilt(), vantage, client))
    assert (verdict.verdict, verdict.causes) == (Word.HEALTHY, ()), verdict.findings


def test_a_deployment_file_settles_what_a_capture_leaves_open():
    deployment = load("nnylync")
    seen = journey(deployment)
    bare = tuple(
        msgspec.structs.replace(step) if isinstance(step, msgspec.Struct) else step for step in seen.steps
    )
    assert bare
    verdict = examine(seen, deployment)
    assert verdict.findings[0].certainty == "certain"
    assert any(PROXY in lines for lines in verdict.findings[0].remedies[0].commands.values())


def test_the_names_a_file_promises_are_enough_to_see_one_that_is_missing():
    verdict = examine((), spoilt(dns__inside={EXT: []}), declared(spoilt(dns__inside={EXT: []})))
    assert "ext-fqdn-missing-inside" in verdict.causes
