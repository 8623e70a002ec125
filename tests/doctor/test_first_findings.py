"""The failures of the original case and its look-alikes, told apart from any capture that shows enough of them."""

from __future__ import annotations

import pytest

from hairpin.doctor import Certainty, Owner, Word, examine
from hairpin.wire.exchange import Failure, Kind
from tests.doctor import story
from tests.doctor.story import EXT, INT, PROXY_ADDRESS, SERVER_ADDRESS

FOREIGN = "webext-ny.nny.info"


def original_trace():
    """The two exchanges of the original case, as pasted: no addresses, no frame, no server name on the first."""
    return (
        story.ask("GET", f"https://{EXT}{story.USER}", 401, story.challenge(INT), server=None),
        story.preflight(INT, f"https://{EXT}"),
    )


def test_the_pasted_original_trace_is_enough():
    verdict = examine(story.journey(*original_trace()))
    assert verdict.verdict is Word.FAULT
    (finding,) = verdict.findings
    assert finding.id == "ext-fqdn-resolves-to-internal-site"
    assert finding.certainty is Certainty.PROBABLE
    assert finding.owner is Owner.DNS_ADMIN
    assert "rp-443-to-443" in finding.look_alikes
    assert [(one.exchange, one.id) for one in finding.explains] == [(2, None)]
    assert any("webdir" in lines for one in finding.remedies for lines in one.commands.values())


def test_one_address_for_both_names_makes_it_certain_and_dns():
    verdict = examine(
        story.journey(
            story.unauthorized(EXT, INT, address=SERVER_ADDRESS),
            story.silent("POST", f"https://{INT}{story.TICKET}", frame=EXT),
            story.preflight(INT, f"https://{EXT}", address=SERVER_ADDRESS),
        )
    )
    assert verdict.causes == ("ext-fqdn-resolves-to-internal-site",)
    assert verdict.findings[0].certainty is Certainty.CERTAIN


def test_another_address_than_the_servers_makes_it_the_proxy():
    verdict = examine(
        story.journey(
            story.unauthorized(EXT, INT, address=PROXY_ADDRESS),
            story.preflight(INT, f"https://{EXT}", address=SERVER_ADDRESS),
        )
    )
    assert verdict.causes == ("rp-443-to-443",)


def test_a_client_that_cannot_resolve_the_internal_name_came_through_a_proxy():
    verdict = examine(
        story.journey(
            story.unauthorized(EXT, INT),
            story.silent("POST", f"https://{INT}{story.TICKET}", Failure.NAME_NOT_RESOLVED, frame=EXT),
        )
    )
    assert verdict.causes == ("rp-443-to-443",)


def test_discovery_that_hands_out_the_internal_name_through_the_same_proxy_is_one_fault():
    discover = "lyncdiscover.nnylync.info"
    verdict = examine(
        story.journey(
            story.root(discover, INT, address=PROXY_ADDRESS),
            story.silent("GET", f"https://{INT}{story.FRAME}", Failure.NAME_NOT_RESOLVED, kind=Kind.FRAME),
        )
    )
    assert verdict.causes == ("rp-443-to-443",)


def test_playwright_leaves_the_preflight_out():
    verdict = examine(
        story.journey(
            story.unauthorized(EXT, INT),
            story.silent("POST", f"https://{INT}{story.TICKET}", frame=EXT, form=story.PASSWORD_FORM),
        )
    )
    assert verdict.causes == ("ext-fqdn-resolves-to-internal-site",)


def test_a_refused_origin():
    exchange = story.ask(
        "GET",
        "https://lyncdiscover.nnylync.info/",
        403,
        story.diagnosed(28070, "Service does not allow a cross domain request from this origin."),
        frame="lyncdiscover.nnylync.info",
    )
    verdict = examine(story.journey(exchange))
    assert verdict.causes == ("origin-not-allowed-28070",)
    assert story.APP in verdict.findings[0].remedies[0].commands["Lync Server Management Shell"]


def test_a_direct_request_of_the_application():
    verdict = examine(story.journey(story.preflight("lyncdiscover.nnylync.info", story.APP, path="/")))
    assert verdict.causes == ("direct-xhr-without-xframe",)


def multi_pool(*end):
    return (*story.healthy()[:5], story.user(EXT, FOREIGN), story.frame(FOREIGN), *end)


def test_the_ticket_of_another_pool():
    refused = story.ask(
        "POST",
        f"https://{FOREIGN}{story.APPLICATIONS}",
        500,
        story.diagnosed(28032, "The web ticket is invalid.", "Lync-SE.NNY.local"),
        sent={"Authorization": "Bearer cwt=AAEBticketOfThePool"},
        frame=FOREIGN,
        server="Lync-SE.NNY.local",
    )
    verdict = examine(story.journey(*multi_pool(refused)))
    assert verdict.causes == ("ticket-from-other-pool",)
    assert verdict.findings[0].certainty is Certainty.CERTAIN


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refusal_followed_by_a_new_ticket_is_how_it_should_be(status):
    refused = story.ask(
        "POST",
        f"https://{FOREIGN}{story.APPLICATIONS}",
        status,
        story.challenge(FOREIGN) if status == 401 else story.diagnosed(28032, "The web ticket is invalid."),
        sent={"Authorization": "Bearer cwt=AAEBticketOfThePool"},
        frame=FOREIGN,
    )
    own = "cwt=AAEBticketOfTheOther"
    verdict = examine(
        story.journey(*multi_pool(refused, story.ticket(FOREIGN, own), story.created(FOREIGN, own)))
    )
    assert (verdict.verdict, verdict.findings) == (Word.HEALTHY, ())


def test_wrong_credentials_are_told_by_method():
    refused = story.ask(
        "POST",
        f"https://{EXT}{story.TICKET}",
        400,
        story.diagnosed(28020, "No valid security token."),
        {"error": "invalid_grant"},
        form=story.PASSWORD_FORM,
        frame=EXT,
    )
    verdict = examine(story.journey(*story.healthy()[:4], refused))
    assert verdict.causes == ("bad-credentials-invalid-grant",)


def test_a_healthy_sign_in_has_no_findings():
    verdict = examine(story.journey(*story.healthy()))
    assert (verdict.verdict, verdict.findings) == (Word.HEALTHY, ())


def test_a_first_challenge_alone_proves_nothing():
    verdict = examine(story.journey(*story.healthy()[:4]))
    assert (verdict.verdict, verdict.findings) == (Word.INCONCLUSIVE, ())
