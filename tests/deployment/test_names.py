"""What a name means in a view, and where a URL ends."""

import pytest
from msgspec.structs import replace

from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment, Publication, Record
from hairpin.deployment.names import addresses, records, resolve
from hairpin.deployment.routing import NoRoute, Route, proxy_speaks_tls, route
from hairpin.wire.exchange import Failure
from hairpin.wire.origin import BadUrl

CASE = load()


def inside(**changed: Record) -> Deployment:
    return replace(CASE, dns={"inside": {name.replace("_", "."): record for name, record in changed.items()}})


def test_defaults_lead_inside_to_servers_and_outside_to_the_proxy_only() -> None:
    assert addresses(CASE, "inside", "Director.NNY.local") == ("10.10.0.10",)
    assert addresses(CASE, "outside", "director.nny.local") == ()
    assert addresses(CASE, "outside", "webext-ny.nny.info") == ("203.0.113.10",)
    assert addresses(CASE, "inside", "app.nnylync.info") == ("203.0.113.20",)
    assert addresses(CASE, "inside", "lyncdiscoverinternal.nnylync.info") == ()


def test_names_ignore_case_and_the_root_dot() -> None:
    assert addresses(CASE, "inside", "WEBDIR.nnylync.info.") == ("10.10.0.10",)


def test_cnames_are_followed_and_kept() -> None:
    view: dict[str, Record] = {
        "a.example": "b.example",
        "b.example": "C.example.",
        "c.example": ("10.0.0.1", "10.0.0.2"),
    }
    found = resolve(view, "A.example")
    assert found.aliases == (("a.example", "b.example"), ("b.example", "c.example"))
    assert found.addresses == ("10.0.0.1", "10.0.0.2")


def test_a_loop_of_cnames_ends_without_an_address() -> None:
    view = {"a.example": "b.example", "b.example": "a.example"}
    assert resolve(view, "a.example").addresses == ()


def test_a_name_taken_away_does_not_exist_unless_something_is_below_it() -> None:
    view: dict[str, Record] = {"gone.example": (), "host.zone.example": "10.0.0.1"}
    assert not resolve(view, "gone.example").exists
    assert not resolve(view, "nothing.example").exists
    assert resolve(view, "zone.example").exists
    assert resolve(view, "zone.example").addresses == ()


def test_an_empty_list_takes_a_default_away() -> None:
    changed = inside(webdir_nnylync_info=())
    assert addresses(changed, "inside", "webdir.nnylync.info") == ()
    assert "webdir.nnylync.info" in records(changed, "inside")


ENDS = [
    ("inside", "https://nowhere.nnylync.info/", Failure.NAME_NOT_RESOLVED),
    ("inside", "https://director.nny.local:8443/", Failure.REFUSED),
    ("inside", "https://director.nny.local:80/", Failure.TLS),
    ("inside", "http://director.nny.local:443/", Failure.RESET),
    ("inside", "https://webext-ny.nny.info:4443/", Failure.REFUSED),
    ("outside", "http://webdir.nnylync.info:443/", Failure.RESET),
    ("outside", "https://webdir.nnylync.info:80/", Failure.TLS),
    ("outside", "https://10.10.0.10/", Failure.UNREACHABLE),
]


@pytest.mark.parametrize(("vantage", "url", "failure"), ENDS)
def test_a_way_that_ends_says_how(vantage: str, url: str, failure: Failure) -> None:
    way = route(CASE, vantage, url)
    assert isinstance(way, NoRoute)
    assert way.failure is failure
    assert way.why


def test_a_name_that_the_certificate_lacks_fails_in_tls() -> None:
    way = route(inside(webext_ny_nny_info="10.10.0.10", **{"webext-ny_nny_info": "10.10.0.10"}), "inside",
                "https://webext-ny.nny.info/")  # fmt: skip
    assert isinstance(way, NoRoute)
    assert way.failure is Failure.TLS


def test_an_address_that_takes_no_connection_is_passed_over() -> None:
    way = route(
        inside(webdir_nnylync_info=("203.0.113.20", "10.10.0.10")),
        "inside",
        "https://webdir.nnylync.info:4443/",
    )
    assert isinstance(way, Route)
    assert way.address == "10.10.0.10"


def test_only_absolute_http_urls_are_routed() -> None:
    with pytest.raises(BadUrl):
        route(CASE, "inside", "ftp://director.nny.local/")


def test_the_proxys_ports_speak_what_the_pools_publish() -> None:
    assert CASE.reverse_proxy is not None
    assert proxy_speaks_tls(CASE, 443)
    assert not proxy_speaks_tls(CASE, 80)
    offload = replace(CASE.reverse_proxy, ports={443: 8080, 8443: 4443, 8081: 80})
    changed = replace(CASE, reverse_proxy=offload)
    assert proxy_speaks_tls(changed, 443)
    assert proxy_speaks_tls(changed, 8443)
    assert not proxy_speaks_tls(changed, 8081)


def test_a_publication_may_have_a_pool_and_ports_of_its_own() -> None:
    assert CASE.reverse_proxy is not None
    own = Publication(name="webext-ny.nny.info", pool="director", ports={443: 443})
    proxy = replace(CASE.reverse_proxy, publishes=(own,))
    way = route(replace(CASE, reverse_proxy=proxy), "outside", "https://webext-ny.nny.info/")
    assert isinstance(way, Route)
    assert way.site is not None
    assert (way.site.pool.name, str(way.site.side)) == ("director", "internal")
