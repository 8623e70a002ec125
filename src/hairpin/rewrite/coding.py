"""Undoing and redoing content codings (RFC 9110 8.4) as a stream passes, nothing held back, bombs refused.

Every decoder hands out small pieces, so a chunk that unfolds into gigabytes is noticed after the first of
them. Every encoder ends each chunk with a flush, so that the reader can decode all that was sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

PIECE = 65536
# A stream may unfold to 1 MiB, and beyond that to this many times what has arrived.
FREE = 1 << 20
RATIO = 100

_WINDOW_LOG = 23  # what RFC 9659 asks every zstd decoder on the web to take


class BadCoding(ValueError):
    """The body is not what its Content-Encoding says, or unfolds to too much; the text says which."""


class Decoder(Protocol):
    def decode(self, data: bytes) -> Iterator[bytes]:
        """What this chunk yields, in pieces. Raises BadCoding."""

    def finished(self) -> bool:
        """Whether the stream may end here."""


class Encoder(Protocol):
    def encode(self, data: bytes) -> bytes:
        """The chunk, coded and flushed."""

    def end(self) -> bytes: ...


class _Zlib:
    """gzip (several members too), and deflate with or without its zlib wrapper."""

    def __init__(self, wbits: int | None) -> None:
        self._wbits = wbits
        self._engine = None if wbits is None else zlib.decompressobj(wbits)
        self._fresh = True

    @property
    def wbits(self) -> int:
        return zlib.MAX_WBITS if self._wbits is None else self._wbits

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._engine is None:
            if not data:
                return
            # RFC 1950 wants these bits; a raw stream with them would pad a stored block with other than
            # zeroes.
            self._wbits = zlib.MAX_WBITS if data[0] & 0x8F == 0x08 else -zlib.MAX_WBITS
            self._engine = zlib.decompressobj(self._wbits)
        while data:
            if self._engine.eof:
                if self._wbits != 31:
                    raise BadCoding("bytes follow the end of the deflate stream")
                self._engine = zlib.decompressobj(31)
            self._fresh = False
            try:
                yield self._engine.decompress(data, PIECE)
            except zlib.error as error:
                raise BadCoding(f"not a valid stream: {error}") from None
            data = self._engine.unused_data or self._engine.unconsumed_tail

    def finished(self) -> bool:
        return self._fresh or (self._engine is not None and self._engine.eof)


class _ZlibEncoder:
    def __init__(self, wbits: int) -> None:
        self._engine = zlib.compressobj(1, zlib.DEFLATED, wbits)

    def encode(self, data: bytes) -> bytes:
        return self._engine.compress(data) + self._engine.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._engine.flush()


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()
        self._fresh = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        self._fresh = False
        try:
            yield self._engine.process(data, output_buffer_limit=PIECE)
            while not self._engine.can_accept_more_data() and not self._engine.is_finished():
                yield self._engine.process(b"", output_buffer_limit=PIECE)
        except brotli.error as error:
            raise BadCoding(f"not a valid stream: {error}") from None

    def finished(self) -> bool:
        return self._fresh or bool(self._engine.is_finished())


class _BrotliEncoder:
    def __init__(self) -> None:
        self._engine = brotli.Compressor(quality=1)

    def encode(self, data: bytes) -> bytes:
        return bytes(self._engine.process(data) + self._engine.flush())

    def end(self) -> bytes:
        return bytes(self._engine.finish())


class _Zstd:
    """zstd, with several frames one after another."""

    def __init__(self) -> None:
        self._engine = zstandard.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG)
        self._frame = self._engine.decompressobj(write_size=PIECE)
        self._fresh = True

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._frame.eof:
                self._frame = self._engine.decompressobj(write_size=PIECE)
            self._fresh = False
            # A block of 4 bytes unfolds to at most 128 KiB: small sips keep the pieces small.
            sip, data = data[:64], data[64:]
            try:
                yield self._frame.decompress(sip)
            except zstandard.ZstdError as error:
                raise BadCoding(f"not a valid stream: {error}") from None
            data = self._frame.unused_data + data

    def finished(self) -> bool:
        return self._fresh or self._frame.eof


class _ZstdEncoder:
    def __init__(self) -> None:
        self._engine = zstandard.ZstdCompressor(level=1).compressobj()

    def encode(self, data: bytes) -> bytes:
        return self._engine.compress(data) + self._engine.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._engine.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


_GZIP = 16 + zlib.MAX_WBITS
_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Zlib(_GZIP),
    "x-gzip": lambda: _Zlib(_GZIP),
    "deflate": lambda: _Zlib(None),
    "br": _Brotli,
    "zstd": _Zstd,
}
CODINGS = frozenset(_DECODERS)


def _encoder_like(decoder: Decoder) -> Encoder:
    if isinstance(decoder, _Zlib):
        return _ZlibEncoder(decoder.wbits)
    return _BrotliEncoder() if isinstance(decoder, _Brotli) else _ZstdEncoder()


class Recoder:
    """Decodes chunks, lets ``change`` and ``last`` work on the plain bytes, and codes the result again.

    ``coding`` is the value of Content-Encoding; raises BadCoding when that is not one known coding.
    """

    def __init__(self, coding: str, change: Callable[[bytes], bytes], last: Callable[[], bytes]) -> None:
        name = coding.strip().lower()
        if name not in CODINGS:
            raise BadCoding(f"Content-Encoding {coding!r} is not one of {', '.join(sorted(CODINGS))}")
        self._decoder = _DECODERS[name]()
        self._encoder: Encoder | None = None
        self._change = change
        self._last = last
        self._arrived = 0
        self._unfolded = 0

    def feed(self, data: bytes) -> bytes:
        """Raises BadCoding."""
        self._arrived += len(data)
        out = []
        for piece in self._decoder.decode(data):
            self._unfolded += len(piece)
            if self._unfolded > FREE + RATIO * self._arrived:
                raise BadCoding(f"{self._arrived} bytes unfold to more than {self._unfolded - 1}")
            if changed := self._change(piece):
                out.append(self._encode(changed))
        return b"".join(out)

    def finish(self) -> bytes:
        """Raises BadCoding when the stream is cut off."""
        if not self._decoder.finished():
            raise BadCoding("the stream is cut off")
        if not self._arrived:
            return b""
        rest = self._last()
        return (self._encode(rest) if rest else b"") + self._ready().end()

    def _encode(self, plain: bytes) -> bytes:
        return self._ready().encode(plain)

    def _ready(self) -> Encoder:
        if self._encoder is None:
            self._encoder = _encoder_like(self._decoder)
        return self._encoder
