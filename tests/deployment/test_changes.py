"""What-if changes leave the deployment they start from alone, and do what they say."""

from msgspec.structs import replace

from hairpin.deployment.changes import shifted, with_dns_fixed, with_equal_names
from hairpin.deployment.file import check, load
from hairpin.deployment.model import Publication, Side
from hairpin.deployment.routing import Route, route

CASE = load()


def site_of(way: object) -> tuple[str, Side]:
    assert isinstance(way, Route)
    assert way.site is not None
    return way.site.pool.name, way.site.side


def test_the_dns_change_leads_every_published_name_to_the_proxy() -> None:
    fixed = with_dns_fixed(CASE)
    check(fixed)
    for url, pool in (("https://webdir.nnylync.info/", "director"), ("https://webext-ny.nny.info/", "ny")):
        assert site_of(route(fixed, "inside", url)) == (pool, Side.EXTERNAL)
    assert site_of(route(CASE, "inside", "https://webdir.nnylync.info/")) == ("director", Side.INTERNAL)


def test_the_dns_change_leaves_internal_names_alone() -> None:
    record = {"inside": {"director.nny.local": "10.10.0.20", "WebDir.nnylync.info.": "10.10.0.10"}}
    assert with_dns_fixed(replace(CASE, dns=record)).dns == {"inside": {"director.nny.local": "10.10.0.20"}}


def test_equal_names_lead_inside_clients_to_the_internal_site() -> None:
    equal = with_equal_names(CASE)
    check(equal)
    assert [pool.external_fqdn for pool in equal.pools] == ["director.nny.local", "lync-se.nny.local"]
    assert site_of(route(equal, "inside", "https://lync-se.nny.local/")) == ("ny", Side.INTERNAL)


def test_equal_names_keep_every_publication_at_its_pool() -> None:
    equal = with_equal_names(CASE)
    assert site_of(route(equal, "outside", "https://webext-ny.nny.info/")) == ("ny", Side.EXTERNAL)


def test_shifting_moves_every_port_and_the_origins_that_are_compared() -> None:
    moved = shifted(CASE, 20_000)
    check(moved)
    assert moved.app is not None
    assert moved.app.origin == "https://app.nnylync.info:20443"
    assert moved.pools[0].allow_origins == ("https://app.nnylync.info:20443",)
    assert moved.pools[0].base(Side.EXTERNAL) == "https://webdir.nnylync.info:20443"
    assert moved.pools[0].base(Side.INTERNAL) == "https://director.nny.local:20443"
    assert site_of(route(moved, "outside", "https://webdir.nnylync.info:20443/")) == (
        "director",
        Side.EXTERNAL,
    )
    assert site_of(route(moved, "inside", "http://webdir.nnylync.info:20080/")) == ("director", Side.INTERNAL)


def test_shifting_moves_a_publications_own_ports() -> None:
    assert CASE.reverse_proxy is not None
    publication = Publication(name="x.nnylync.info", pool="ny", ports={443: 443})
    proxy = replace(CASE.reverse_proxy, publishes=(*CASE.reverse_proxy.publishes, publication))
    moved = shifted(replace(CASE, reverse_proxy=proxy), 1000)
    assert site_of(route(moved, "outside", "https://x.nnylync.info:1443/")) == ("ny", Side.INTERNAL)


def test_shifting_by_nothing_changes_nothing() -> None:
    assert shifted(CASE, 0) == CASE
