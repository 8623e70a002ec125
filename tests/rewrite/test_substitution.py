"""Bodies: every spelling is found, nothing else is touched, and how the bytes arrive makes no difference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.rewrite.mapping import Base, Mapping

PUBLIC = "http://localhost:8765"
DIRECTOR = Base.of(f"{PUBLIC}/director")
MAPPING = Mapping.of(
    [
        (f"{scheme}://{host}{port}", f"{PUBLIC}/{pool}")
        for pool, hosts in {
            "director": ("webdir.nnylync.info", "director.nny.local"),
            "pool": ("web.nnylync.info", "pool.nny.local"),
        }.items()
        for host in hosts
        for scheme, port in (("https", ""), ("https", ":4443"), ("http", ""), ("http", ":8080"))
    ]
)
DOWN = MAPPING.down(DIRECTOR)
UP = MAPPING.up(DIRECTOR)

# body from the Director → what a client gets
BODIES = [
    (b'{"href":"https://webdir.nnylync.info/ucwa"}', b'{"href":"http://localhost:8765/director/ucwa"}'),
    (b'"https:\\/\\/director.nny.local\\/x"', b'"http:\\/\\/localhost:8765\\/director\\/x"'),
    (b'"https:\\u002f\\u002Fweb.nnylync.info"', b'"http:\\u002f\\u002flocalhost:8765\\u002fpool"'),
    (b'"https:/\\/web.nnylync.info:4443/x"', b'"http:\\/\\/localhost:8765\\/pool/x"'),
    (b"HTTPS://Director.NNY.local:443/X", b"http://localhost:8765/director/X"),
    (b"http://director.nny.local:8080?a=1&amp;b=2", b"http://localhost:8765/director?a=1&amp;b=2"),
    (b'<a href="https:&#47;&#47;web.nnylync.info">', b'<a href="http:&#47;&#47;localhost:8765&#47;pool">'),
    (b'{"self":{"href":"/ucwa/oauth/v1"}}', b'{"self":{"href":"/director/ucwa/oauth/v1"}}'),
    (b'"\\/UCWA\\/oauth"', b'"\\/director\\/UCWA\\/oauth"'),
    (b"<property>/ucwa/v1</property>", b"<property>/director/ucwa/v1</property>"),
    (b'\\u003ca href=\\u0027/WebTicket/x\\u0027', b'\\u003ca href=\\u0027/director/WebTicket/x\\u0027'),
    (b'src="//webdir.nnylync.info/xframe"', b'src="//localhost:8765/director/xframe"'),
    (b"HTTP/1.1 201\r\nLocation: /ucwa/a\r\n", b"HTTP/1.1 201\r\nLocation: /director/ucwa/a\r\n"),
    (b"/* https://pool.nny.local, done. */", b"/* http://localhost:8765/pool, done. */"),
]  # fmt: skip

UNTOUCHED = [
    b"https://webdir.nnylync.info.example.org/",
    b"https://xwebdir.nnylync.info/",
    b"https://webdir.nnylync.info:9999/",
    b"https://webdir.nnylync.info:44430/",
    b"https://webdir.nnylync.info@example.org/",
    b"https://webdir.nnylync.info:secret@example.org/",
    b"https://webdir.nnylync.information/",
    b"https:/webdir.nnylync.info",
    b"ldap://director.nny.local/x",
    b"sip:lene@nnylync.info and director.nny.local",
    b'{"text":"see /ucwa/oauth"}',
    b'"/ucwax/" "/Autodiscovery/" "ucwa/" "//ucwa/"',
    b"https%3a%2f%2fwebdir.nnylync.info%2f",
    b"",
    b"\x00\xff\\u00\\&#",
]

# what a client sends to the Director → what the Director gets
UPWARD = [
    (b'{"href":"http://localhost:8765/director/ucwa/a"}', b'{"href":"https://webdir.nnylync.info/ucwa/a"}'),
    (b'{"href":"/director/ucwa/a"}', b'{"href":"/ucwa/a"}'),
    (b'"http:\\/\\/localhost:8765\\/pool\\/x"', b'"https:\\/\\/web.nnylync.info\\/x"'),
    (
        b"--b\r\n\r\nGET /director/ucwa/people HTTP/1.1\r\nHost: localhost:8765\r\n\r\n--b--",
        b"--b\r\n\r\nGET /ucwa/people HTTP/1.1\r\nHost: webdir.nnylync.info\r\n\r\n--b--",
    ),
    (b"http://localhost:8765/other http://localhost:87650/director", None),
    (b'"/directory/ucwa" "/ucwa/director"', None),
]


@pytest.mark.parametrize(("body", "seen"), BODIES)
def test_links_lead_to_the_public_base(body, seen):
    assert DOWN.whole(body) == seen


@pytest.mark.parametrize("body", UNTOUCHED)
def test_what_is_not_ours_is_untouched(body):
    assert DOWN.whole(body) == body


@pytest.mark.parametrize(("body", "seen"), UPWARD)
def test_links_lead_back_upstream(body, seen):
    assert UP.whole(body) == (body if seen is None else seen)


@pytest.mark.parametrize("body", [body for body, _ in BODIES] + UNTOUCHED)
def test_every_split_in_three_gives_the_same(body):
    whole = DOWN.whole(body)
    for first in range(len(body) + 1):
        for second in range(first, len(body) + 1):
            stream = DOWN.stream()
            parts = [stream.feed(body[:first]), stream.feed(body[first:second]), stream.feed(body[second:])]
            assert b"".join(parts) + stream.finish() == whole


@pytest.mark.parametrize(("body", "_"), UPWARD)
def test_byte_by_byte_upward(body, _):
    stream = UP.stream()
    out = b"".join(stream.feed(bytes([byte])) for byte in body)
    assert out + stream.finish() == UP.whole(body)


PIECES = st.sampled_from(
    [body for body, _ in BODIES]
    + UNTOUCHED
    + [
        b"https:",
        b"//",
        b"\\/",
        b"\\u00",
        b"2f",
        b"&#",
        b"47;",
        b"webdir.nnylync.info",
        b":4443",
        b".",
        b'"',
        b"ucwa",
    ]
)


@given(
    st.lists(PIECES | st.binary(max_size=5), max_size=12),
    st.lists(st.integers(1, 40), min_size=1, max_size=40),
)
@settings(max_examples=300)
def test_any_chunks_give_the_same_as_the_whole(pieces, sizes):
    body = b"".join(pieces)
    stream, out, at = DOWN.stream(), [], 0
    for size in sizes:
        out.append(stream.feed(body[at : at + size]))
        at = min(at + size, len(body))
        assert at - len(b"".join(out)) <= DOWN.longest or DOWN.whole(body[:at]) != body[:at]
    out += stream.feed(body[at:]), stream.finish()
    assert b"".join(out) == DOWN.whole(body)


@given(st.binary(max_size=300))
def test_bytes_without_our_names_pass_at_once_and_unchanged(body):
    stream = DOWN.stream()
    assert stream.feed(body) + stream.finish() == body


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (b'{"a":1}', b""),
        (b'{"a":"https', b'"https'[1:]),
        (b"see https://example", b""),
        (b"https://webdir.nnylync.inf", b"https://webdir.nnylync.inf"),
        (b"https://webdir.nnylync.info", b"https://webdir.nnylync.info"),
        (b"https://webdir.nnylync.info/", b""),
        (b"a\\", b""),
        (b"a\\n", b""),
        (b"x https:\\", b"https:\\"),
        (b'{"href":"/ucw', b"/ucw"),
        (b'{"href":"/people', b""),
        (b'{"href":"', b""),
        (b"<x>\n", b""),
        (b"data: {}\n\n", b""),
    ],
)
def test_only_what_could_become_a_match_is_held_back(body, held):
    stream = DOWN.stream()
    stream.feed(body)
    assert stream.finish() == DOWN.whole(held)
    assert DOWN.stream().feed(body) == body[: len(body) - len(held)] or DOWN.whole(body) != body


def test_down_and_up_are_each_others_inverse():
    for body, seen in BODIES[:2]:
        assert DOWN.whole(UP.whole(seen)) == seen
        assert b"localhost" not in UP.whole(DOWN.whole(body))


def test_counts_what_was_put_in_place():
    rules = MAPPING.down(DIRECTOR)
    rules.whole(b'"/ucwa" "https://web.nnylync.info" "x"')
    assert rules.replaced == 2
