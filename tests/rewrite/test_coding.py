"""Content codings: the same text comes out, at once, in the same coding; bombs and broken streams are not."""

import gzip
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hairpin.rewrite.coding import FREE, BadCoding, Recoder
from hairpin.rewrite.mapping import Base, Mapping

BASE = Base.of("http://localhost:8765/director")
DOWN = Mapping.of([("https://webdir.nnylync.info", str(BASE))]).down(BASE)
BODY = b'{"href":"https:\\/\\/webdir.nnylync.info\\/ucwa","x":"' + b"abc" * 50 + b'","y":"/ucwa/z"}'


def raw(data):
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(data) + engine.flush()


def stored(data):
    engine = zlib.compressobj(0, zlib.DEFLATED, -15)
    return engine.compress(data) + engine.flush()


def zstd_out(data):
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


CODERS = {
    "gzip": ("gzip", gzip.compress, gzip.decompress),
    "two members": ("gzip", lambda d: gzip.compress(d[:30]) + gzip.compress(d[30:]), gzip.decompress),
    "deflate": ("deflate", zlib.compress, zlib.decompress),
    "raw deflate": ("Deflate", raw, lambda d: zlib.decompress(d, -15)),
    "stored deflate": ("deflate", stored, lambda d: zlib.decompress(d, -15)),
    "br": ("br", brotli.compress, brotli.decompress),
    "zstd": ("zstd", zstandard.ZstdCompressor().compress, zstd_out),
    "two frames": (
        "zstd",
        lambda d: zstandard.compress(d[:30]) + zstandard.compress(d[30:]),
        zstd_out,
    ),
}


def recoder(coding):
    stream = DOWN.stream()
    return Recoder(coding, stream.feed, stream.finish)


@pytest.mark.parametrize("name", CODERS)
def test_every_split_gives_the_same_text(name):
    coding, code, decode = CODERS[name]
    coded = code(BODY)
    for cut in range(len(coded) + 1):
        through = recoder(coding)
        out = through.feed(coded[:cut]) + through.feed(coded[cut:]) + through.finish()
        assert decode(out) == DOWN.whole(BODY)


@pytest.mark.parametrize("name", CODERS)
@given(body=st.binary(max_size=2000))
def test_any_body_keeps_its_bytes(name, body):
    coding, code, decode = CODERS[name]
    through = recoder(coding)
    assert decode(through.feed(code(body)) + through.finish()) == DOWN.whole(body)


def test_nothing_is_held_back():
    event = b'{"sender":[]}\n'
    up = zlib.compressobj(9, zlib.DEFLATED, 31)
    through, client = recoder("gzip"), zlib.decompressobj(31)
    for _ in range(3):
        sent = through.feed(up.compress(event) + up.flush(zlib.Z_SYNC_FLUSH))
        assert client.decompress(sent) == event


@pytest.mark.parametrize("name", CODERS)
def test_an_empty_body_stays_empty(name):
    assert recoder(CODERS[name][0]).finish() == b""


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw deflate", "br", "zstd"])
def test_bombs_are_refused(name):
    coding, code, _ = CODERS[name]
    bomb = code(b"\0" * (FREE * 64))
    with pytest.raises(BadCoding, match="unfold"):
        recoder(coding).feed(bomb)


@pytest.mark.parametrize("name", CODERS)
def test_a_stream_that_is_cut_off_is_refused(name):
    coding, code, _ = CODERS[name]
    through = recoder(coding)
    through.feed(code(BODY)[:-3])
    with pytest.raises(BadCoding, match="cut off"):
        through.finish()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@given(noise=st.binary(min_size=1, max_size=200))
def test_any_bytes_are_decoded_or_refused(coding, noise):
    through = recoder(coding)
    try:
        through.feed(noise)
        through.finish()
    except BadCoding:
        pass


@pytest.mark.parametrize("coding", ["compress", "gzip, br", "identity", "", "gzip;q=1"])
def test_other_codings_are_refused_by_name(coding):
    with pytest.raises(BadCoding, match="Content-Encoding"):
        recoder(coding)
