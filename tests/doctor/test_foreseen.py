"""What a deployment file can bring about: the core makes the journey, and the doctor finds the fault in it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment
from hairpin.deployment.routing import INSIDE, OUTSIDE
from hairpin.doctor import Certainty, Word, examine
from hairpin.doctor.survey import declared
from hairpin.predict import foresee
from hairpin.signin.journey import journey_of
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


ONLINE = {"lyncdiscover.nnylync.info": "webdir.online.lync.com"}
PUBLISHED = [EXT, DISCOVER]

# id → the journey that shows it.
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
    "home-pool-not-published": lambda: journey(spoilt(reverse_proxy__publishes=PUBLISHED), OUTSIDE),
    "rp-cert-san-missing": lambda: journey(
        spoilt(reverse_proxy__publishes=[DISCOVER], dns__outside={EXT: PROXY}), OUTSIDE, "script"
    ),
    "origin-list-wrong-scope": lambda: journey(spoilt(pool__1__allow_origins=[])),
    "ticket-from-other-pool": lambda: journey(spoilt(), client="sample"),
    "user-not-enabled-28000": lambda: journey(spoilt(user__0__enabled=False)),
    "grant-type-not-offered": lambda: journey(spoilt(pool__0__grants=["urn:microsoft.rtc:windows"])),
    "rp-host-header-rewritten": lambda: journey(
        spoilt(reverse_proxy__publishes=[*PUBLISHED, {"name": HOME, "pool": "director"}]), OUTSIDE
    ),
    "autodiscover-redirect-not-trusted": lambda: journey(
        spoilt(pool__0__external_fqdn="webdir.example.net", reverse_proxy__ports={80: 8080}),
        OUTSIDE,
        "script",
    ),
    "bad-credentials-invalid-grant": lambda: journey(spoilt(), password="wrong"),
}


# id → the journey that shows it to whoever has the deployment's file.
WITH_FILE = {
    "origin-string-mismatch": lambda: spoilt(
        pool__0__allow_origins=["http://app.nnylync.info"], pool__1__allow_origins=["http://app.nnylync.info"]
    ),
}

# id → the deployment whose file alone shows it.
DECLARED = {
    "ext-fqdn-missing-inside": lambda: spoilt(dns__inside={EXT: []}),
    "discover-points-to-online": lambda: spoilt(dns__outside=ONLINE),
    "web-names-dns-load-balanced": lambda: spoilt(dns__inside={EXT: [PROXY, "203.0.113.11"]}),
    "internal-equals-external-fqdn": lambda: spoilt(pool__0__internal_fqdn=EXT),
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
    bare = tuple(replace(step.exchange, address=None) for step in journey(deployment).steps)
    assert examine(journey_of(bare)).findings[0].certainty is Certainty.PROBABLE
    (finding,) = examine(journey_of(bare), deployment).findings
    assert finding.certainty is Certainty.CERTAIN
    assert any(PROXY in lines for lines in finding.remedies[0].commands.values())


@pytest.mark.parametrize("id", list(WITH_FILE))
def test_the_file_tells_a_foreseen_fault_from_its_look_alikes(id):
    deployment = WITH_FILE[id]()
    assert examine(journey(deployment), deployment).causes == (id,)


@pytest.mark.parametrize("id", list(DECLARED))
def test_the_names_a_file_promises_are_enough(id):
    deployment = DECLARED[id]()
    assert id in [finding.id for finding in examine((), deployment, declared(deployment)).findings]


def test_a_sound_file_promises_nothing_wrong():
    assert examine((), spoilt(), declared(spoilt())).findings == ()


def test_a_file_tells_which_pool_lacks_the_origin():
    deployment = spoilt(pool__0__allow_origins=[])
    assert examine(journey(deployment)).causes == ("origin-not-allowed-28070",)
    assert examine(journey(deployment), deployment).causes == ("origin-list-wrong-scope",)
