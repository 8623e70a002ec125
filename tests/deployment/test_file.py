"""The deployment file: what loads, and the one line for what does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.deployment.file import BadDeployment, built_in, load, loads
from hairpin.deployment.model import Side
from hairpin.deployment.routing import NoRoute, Route, route

# The example that the design prints.
DESIGN = """
sip_domains = ["nnylync.info"]

[[pool]]
name = "director"
kind = "director"                       # director | front-end
internal_fqdn = "director.nny.local"
external_fqdn = "webdir.nnylync.info"
servers = [{ fqdn = "Director.NNY.local", address = "10.10.0.10" }]
allow_origins = ["https://app.nnylync.info"]

[reverse_proxy]
outside = "203.0.113.10"
publishes = ["webdir.nnylync.info", "lyncdiscover.nnylync.info"]
ports = { 443 = 4443, 80 = 8080 }

[dns.inside]
"webdir.nnylync.info" = "10.10.0.10"    # the fault: should be 203.0.113.10
[dns.outside]
"webdir.nnylync.info" = "203.0.113.10"
"""

WHOLE = (
    DESIGN
    + """
[[pool]]
name = "ny"
internal_fqdn = "lync-se.nny.local"
external_fqdn = "webext-ny.nny.info"
servers = [{ fqdn = "Lync-SE.NNY.local", address = "10.10.0.20" }]

[[user]]
sip = "adele@nnylync.info"
pool = "ny"

[[meeting]]
organizer = "adele@nnylync.info"
id = "G03W98W4"

[app]
origin = "https://app.nnylync.info"
address = "203.0.113.20"
"""
)


def problem(text: str) -> str:
    with pytest.raises(BadDeployment) as caught:
        loads(text.encode(), "my.toml")
    told = str(caught.value)
    assert told.startswith("my.toml: ")
    assert "\n" not in told
    return told


def test_the_designs_example_loads_as_it_stands() -> None:
    deployment = loads(DESIGN.encode())
    assert deployment.pools[0].servers[0].fqdn == "Director.NNY.local"
    assert deployment.reverse_proxy is not None
    assert deployment.reverse_proxy.ports == {443: 4443, 80: 8080}


def test_the_original_case_ships_and_is_the_default() -> None:
    assert "nnylync" in built_in()
    deployment = load()
    assert deployment == load("nnylync")
    assert not any(user.password for user in deployment.users)
    way = route(deployment, "inside", "https://webdir.nnylync.info/")
    assert isinstance(way, Route)
    assert way.site is not None
    assert way.site.side is Side.INTERNAL
    outside = route(deployment, "outside", "https://webdir.nnylync.info/")
    assert isinstance(outside, Route)
    assert outside.site is not None
    assert outside.site.side is Side.EXTERNAL
    assert isinstance(route(deployment, "outside", "https://director.nny.local/"), NoRoute)


def test_a_file_is_named_after_itself(tmp_path: Path) -> None:
    file = tmp_path / "branch.toml"
    file.write_text(WHOLE)
    assert load(file).name == "branch"
    assert load(str(file)) == load(file)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert loads(b"\xef\xbb\xbf" + DESIGN.encode()) == loads(DESIGN.encode())


# What is changed in the whole file, and what the line must name.
SHAPES = [
    ('internal_fqdn = "director', 'internal_fqd = "director', ["pool[0].internal_fqd", "internal_fqdn?"]),
    ("sip_domains =", "sipdomains =", ["sipdomains: unknown key", "sip_domains?"]),
    ('kind = "director"', 'kind = "directer"', ["pool[0].kind", "'directer'", "director, front-end"]),
    ('address = "10.10.0.10"', "address = 10", ["pool[0].servers[0].address", "a whole number", "text"]),
    ('address = "10.10.0.10"', 'addres = "10.10.0.10"', ["pool[0].servers[0].addres", "address?"]),
    ("443 = 4443", "https = 4443", ["reverse_proxy.ports.https", "not a number", "ports"]),
    ("443 = 4443", '443 = "4443"', ["reverse_proxy.ports.443", "text", "a whole number"]),
    ('outside = "203.0.113.10"', "", ["reverse_proxy.outside", "missing"]),
    ("[app]", "[apps]", ["apps: unknown key", "app?"]),
    ("ports = { 443 = 4443, 80 = 8080 }", "ports = 3", ["reverse_proxy.ports", "a whole number", "a table"]),
    ("sip_domains = [", 'sip_domains = "', ["line 2"]),
]


@pytest.mark.parametrize(("old", "new", "named"), SHAPES)
def test_a_wrong_shape_names_key_fault_and_remedy(old: str, new: str, named: list[str]) -> None:
    assert old in WHOLE
    told = problem(WHOLE.replace(old, new, 1))
    for word in named:
        assert word in told


MEANINGS = [
    ('name = "ny"', 'name = "Director"', ["pool[1].name", "'Director'", "pool[0].name"]),
    ('"webext-ny.nny.info"', '"webdir.nnylync.info"', ["pool[1].external_fqdn", "pool[0].external_fqdn"]),
    ('"lync-se.nny.local"', '"WEBDIR.nnylync.info"', ["pool[1].internal_fqdn", "already taken"]),
    ('"Lync-SE.NNY.local"', '"director.nny.local"', ["pool[1].servers[0].fqdn", "already taken"]),
    ('"10.10.0.20"', '"10.10.0.10"', ["pool[1].servers[0].address", "already taken"]),
    ('"10.10.0.20"', '"10.10.0.256"', ["pool[1].servers[0].address", "'10.10.0.256'", "IPv4"]),
    ('address = "203.0.113.20"', 'address = "203.0.113.10"', ["app.address", "reverse_proxy.outside"]),
    ('origin = "https://app.nnylync.info"', 'origin = "app.nnylync.info"', ["app.origin", "https://"]),
    (
        '"https://app.nnylync.info"]',
        '"https://app.nnylync.info/"]',
        ["pool[0].allow_origins[0]", "must be https://app.nnylync.info"],
    ),
    ('pool = "ny"', 'pool = "nu"', ["user[0].pool", "no pool 'nu'", "must be one of: ny"]),
    ('pool = "ny"', 'pool = "director"', ["user[0].pool", "Director", "ny"]),
    ('sip = "adele@nnylync.info"', 'sip = "adele@other.example"', ["user[0].sip", "@nnylync.info"]),
    ('organizer = "adele', 'organizer = "adela', ["meeting[0].organizer", "adele@nnylync.info?"]),
    ('inside]\n"webdir.nnylync.info" = "10.10.0.10"', 'inside]\n"webdir.nnylync.info" = "10.10.0.11"',
     ['dns.inside."webdir.nnylync.info"', "10.10.0.11", "10.10.0.10"]),
    ("[dns.inside]", "[dns.insde]", ["dns.insde", "inside?"]),
    ("443 = 4443", "443 = 444", ["reverse_proxy.ports.443", "444", "4443"]),
    ("443 = 4443", "70000 = 4443", ["reverse_proxy.ports.70000", "65535"]),
    ('publishes = ["webdir', 'publishes = ["lyncdiscover.nnylync.info", "webdir', ["publishes[2]", "publishes[0]"]),
    ('publishes = ["webdir', 'publishes = [{name = "x", pool = "nz"}, "webdir', ["publishes[0].pool", "director, ny"]),
    (
        'publishes = ["webdir',
        'publishes = [{ name = "x.example", ports = { 443 = 1 } }, "webdir',
        ["publishes[0].ports.443", "no web site listens on port 1"],
    ),
    ('sip_domains = ["nnylync.info"]', "sip_domains = []", ["sip_domains", "empty"]),
    ('"director.nny.local"', '"director nny local"', ["pool[0].internal_fqdn", "not a host name"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "named"), MEANINGS)
def test_what_cannot_be_so_names_key_fault_and_remedy(old: str, new: str, named: list[str]) -> None:
    assert old in WHOLE
    told = problem(WHOLE.replace(old, new, 1))
    for word in named:
        assert word in told


def test_two_users_of_one_name_are_refused() -> None:
    twice = WHOLE + '[[user]]\nsip = "sip:Adele@nnylync.info"\npool = "ny"\n'
    assert "user[1].sip" in problem(twice)


def test_both_names_of_one_pool_may_be_equal() -> None:
    text = WHOLE.replace('"webext-ny.nny.info"', '"lync-se.nny.local"')
    assert loads(text.encode()).pools[1].external_fqdn == "lync-se.nny.local"


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDeployment, match=r"nowhere\.toml: No such file.*nnylync"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(BadDeployment, match="Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a = " + b"[" * 100_000, b"a = 1\x00", b"x=1\nx=2"])
def test_bytes_that_are_no_toml_get_one_line(raw: bytes) -> None:
    with pytest.raises(BadDeployment) as caught:
        loads(raw, "my.toml")
    assert "\n" not in str(caught.value)


def complaint(raw: bytes) -> str:
    try:
        loads(raw)
    except BadDeployment as error:
        return str(error)
    return ""


@given(st.binary(max_size=300))
def test_any_bytes_are_a_deployment_or_one_line(raw: bytes) -> None:
    assert complaint(raw).isprintable()


LINES = WHOLE.splitlines()


@given(st.integers(0, len(LINES) - 1), st.text(max_size=40))
def test_any_changed_line_is_a_deployment_or_one_line(number: int, line: str) -> None:
    changed = [*LINES[:number], line, *LINES[number + 1 :]]
    assert complaint("\n".join(changed).encode("utf-8", "surrogatepass")).isprintable()
