"""Heads: line by line, in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.rewrite.heads import Heads, readable_codings
from hairpin.rewrite.mapping import Base, Mapping

PUBLIC = "http://localhost:8765"
OWN = Base.of(f"{PUBLIC}/lync/director")
MAPPING = Mapping.of(
    [
        ("https://webdir.nnylync.info", str(OWN)),
        ("https://director.nny.local", str(OWN)),
        ("https://web.nnylync.info", f"{PUBLIC}/lync/pool"),
        ("https://lyncdiscover.nnylync.info", f"{PUBLIC}/lync"),
    ]
)
HEADS = Heads(MAPPING, OWN, {b"director.nny.local": b"director"}, b"director-other")
OPEN = Heads(MAPPING, OWN)

DOWN = [
    (
        "WWW-Authenticate",
        'MsRtcOAuth href="https://director.nny.local/WebTicket/oauthtoken",grant_type="urn:microsoft.rtc:windows,password"',
        'MsRtcOAuth href="http://localhost:8765/lync/director/WebTicket/oauthtoken",grant_type="urn:microsoft.rtc:windows,password"',
    ),
    (
        "WWW-Authenticate",
        "MsRtcOAuth href=https://WEB.nnylync.info/WebTicket/oauthtoken,grant_type=x",
        "MsRtcOAuth href=http://localhost:8765/lync/pool/WebTicket/oauthtoken,grant_type=x",
    ),
    (
        "www-authenticate",
        'Bearer trusted_issuers="",  client_id="0",MsRtcOAuth  href="/WebTicket/oauthtoken"',
        'Bearer trusted_issuers="",  client_id="0",MsRtcOAuth  href="/lync/director/WebTicket/oauthtoken"',
    ),
    ("WWW-Authenticate", "NTLM TlRMTVNTUAAC//xframe", None),
    ("WWW-Authenticate", "Negotiate", None),
    ("Location", "https://webdir.nnylync.info/a?b=/c", f"{PUBLIC}/lync/director/a?b=/c"),
    ("Location", "https://webdir.nnylync.info", f"{PUBLIC}/lync/director"),
    ("Location", "https://webdir.nnylync.info?x", f"{PUBLIC}/lync/director?x"),
    ("Location", "/any/path", "/lync/director/any/path"),
    ("Location", "//web.nnylync.info/a", "//localhost:8765/lync/pool/a"),
    ("Location", "https://adfs.example.org/adfs/ls/?wreply=https%3a%2f%2fwebdir", None),
    ("Location", "relative", None),
    ("Content-Location", "/ucwa/x", "/lync/director/ucwa/x"),
    (
        "X-MS-WebTicketURL",
        "https://web.nnylync.info/WebTicket/WebTicketService.svc",
        f"{PUBLIC}/lync/pool/WebTicket/WebTicketService.svc",
    ),
    (
        "Link",
        '</ucwa/2>; rel="next", <https://web.nnylync.info/x>;rel=up',
        f'</lync/director/ucwa/2>; rel="next", <{PUBLIC}/lync/pool/x>;rel=up',
    ),
    ("Refresh", "5; URL='/a'", "5; URL='/lync/director/a'"),
    ("Refresh", "0;url=https://web.nnylync.info/", f"0;url={PUBLIC}/lync/pool/"),
    ("Refresh", "30", None),
    (
        "Set-Cookie",
        "cwt_ucwa=AAEB; path=/ucwa/oauth; secure; HttpOnly",
        "cwt_ucwa=AAEB; path=/lync/director/ucwa/oauth; secure; HttpOnly",
    ),
    ("Set-Cookie", "a=b;Domain=webdir.nnylync.info; Path=/", "a=b; Path=/lync/director/"),
    ("Set-Cookie", "a=b; Path=/; domain=.nnylync.info", "a=b; Path=/lync/"),
    ("Set-Cookie", "a=b; domain=example.org; path=x", None),
    ("Set-Cookie", "__Host-a=b; path=/", None),
    ("Set-Cookie", "path=/; expires=Mon, 01 Jan 2029 00:00:00 GMT", None),
    ("Access-Control-Allow-Origin", "https://webdir.nnylync.info", PUBLIC),
    ("Access-Control-Allow-Origin", "*", None),
    (
        "Content-Security-Policy",
        "frame-ancestors https://web.nnylync.info;",
        f"frame-ancestors {PUBLIC}/lync/pool;",
    ),
    ("X-MS-Server-Fqdn", "Director.NNY.local", "director"),
    ("X-MS-Server-Fqdn", "FE07.nny.local", "director-other"),
    (
        "X-Ms-diagnostics",
        '28032;source="Director.NNY.local";reason="The web ticket is invalid."',
        '28032;source="director";reason="The web ticket is invalid."',
    ),
    ("Date", "Sat, 12 Jan 2013 01:00:37 GMT", None),
]

UP = [
    (
        "Referer",
        f"{PUBLIC}/lync/director/Autodiscover/XFrame/XFrame.html",
        "https://webdir.nnylync.info/Autodiscover/XFrame/XFrame.html",
    ),
    ("Referer", f"{PUBLIC}/lync/pool?x", "https://web.nnylync.info?x"),
    ("Referer", f"{PUBLIC}/lync/xframe", "https://lyncdiscover.nnylync.info/xframe"),
    ("Referer", "https://app.nnylync.info/lync/pool", None),
    ("Origin", PUBLIC, "https://webdir.nnylync.info"),
    ("Origin", "https://app.nnylync.info", None),
    ("Origin", "null", None),
    ("X-Ms-Origin", PUBLIC, None),
    ("X-Callback", f"{PUBLIC}/lync/director/x", "https://webdir.nnylync.info/x"),
    ("Accept-Encoding", "gzip, deflate, br, zstd", None),
    ("Accept-Encoding", "gzip;q=1.0, dcb, *;q=0", "gzip;q=1.0"),
    ("Accept-Encoding", "compress", "identity"),
    ("Authorization", "Bearer cwt=AAEB//x", None),
]


@pytest.mark.parametrize(("name", "value", "seen"), DOWN)
def test_down(name, value, seen):
    line = (name.encode(), value.encode())
    assert HEADS.down([line]) == [line if seen is None else (name.encode(), seen.encode())]


@pytest.mark.parametrize(("name", "value", "seen"), UP)
def test_up(name, value, seen):
    line = (name.encode(), value.encode())
    assert HEADS.up([line]) == [line if seen is None else (name.encode(), seen.encode())]


def test_names_of_machines_may_be_shown():
    line = (b"X-MS-Server-Fqdn", b"Director.NNY.local")
    assert OPEN.down([line]) == [line]


def test_lines_keep_number_and_order():
    lines = [(name.encode(), value.encode()) for name, value, _ in DOWN]
    assert [name for name, _ in HEADS.down(lines)] == [name for name, _ in lines]


@given(st.lists(st.tuples(st.sampled_from([n.encode() for n, _, _ in DOWN + UP]), st.binary(max_size=60))))
def test_any_value_passes_through_and_no_line_is_lost(lines):
    assert [name for name, _ in OPEN.down(lines)] == [name for name, _ in lines]
    assert [name for name, _ in OPEN.up(lines)] == [name for name, _ in lines]


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_accept_encoding_never_grows(value):
    assert len(readable_codings(value.encode())) <= max(len(value) + value.count(","), len("identity"))
