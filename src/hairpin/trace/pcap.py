"""Packet captures, through tshark where it is installed: decrypted ones, or with their TLS keys inside or beside.

tshark runs twice: once for the HTTP messages as JSON, once for what went wrong below them (names that do not exist,
connections nobody accepts, TLS alerts). It gets no user's settings, resolves no names, and its output is bounded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hairpin.trace import sighting as unseen
from hairpin.trace.http1 import LONGEST_BODY, decode_body, read_head
from hairpin.trace.jsonwalk import Walk
from hairpin.trace.sighting import BadCapture, Findings, Sighting
from hairpin.trace.source import Source, open_source
from hairpin.wire.exchange import Failure
from hairpin.wire.message import Headers, Request, Response

LONGEST_RUN = 600.0
LONGEST_OUTPUT = 4 << 30

_MESSAGES = "http.request || http.response || http2.type == 0 || http2.type == 1 || http2.type == 9"
_LAYERS = "frame ip ipv6 tcp http http2"
_BELOW = "tcp.flags.syn == 1 || tcp.flags.reset == 1 || tls.handshake.type == 1 || tls.alert_message || dns"
_FIELDS = (
    "frame.time_epoch", "tcp.stream", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.flags.syn", "tcp.flags.ack",
    "tcp.flags.reset", "tls.handshake.extensions_server_name", "tls.alert_message.level", "tls.alert_message.desc",
    "dns.qry.name", "dns.qry.type", "dns.flags.rcode", "dns.a", "dns.aaaa",
)  # fmt: skip
_WEB_PORTS = frozenset({80, 443, 4443, 8080})
_packet = msgspec.json.Decoder(dict[str, Any])


def read_pcap(source: Source, keys: Sequence[Source] = ()) -> Findings:
    """What a packet capture shows; raises BadCapture, also where tshark is missing."""
    program = shutil.which("tshark")
    if program is None:
        raise BadCapture("packets are read by tshark, which is not installed (Debian: apt install tshark)")
    messages, connections = Messages(), Connections()
    with tempfile.TemporaryDirectory() as folder:
        shark = Shark(program, Path(folder), source, keys)
        told = shark.run("-T", "fields", *(f"-e{name}" for name in _FIELDS), "-Y", _BELOW)
        with told.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                connections.add(dict(zip(_FIELDS, line.rstrip("\n").split("\t"), strict=False)))
        told = shark.run("-T", "json", "--no-duplicate-keys", "-J", _LAYERS, "-Y", _MESSAGES)
        for packet in _packets(open_source(str(told))):
            messages.add(packet)
    findings = Findings([*messages.sightings, *connections.failures(messages.streams)])
    if connections.encrypted(messages.streams):
        findings.unseen.add(unseen.TUNNELS)
    if not findings.sightings:
        hint = ", TLS is not decrypted: record SSLKEYLOGFILE and give it too" if findings.unseen else ""
        raise BadCapture(f"the packets hold no HTTP{hint}")
    return findings


class Shark:
    """tshark on one capture, in a folder of its own."""

    def __init__(self, program: str, folder: Path, source: Source, keys: Sequence[Source]) -> None:
        self._folder = folder
        capture = folder / "capture"
        capture.write_bytes(source.data)
        self._call = [program, "-r", str(capture), "-n"]
        if keys:
            secrets = folder / "keys"
            secrets.write_bytes(b"\n".join(bytes(key.data) for key in keys))
            self._call += ["-o", f"tls.keylog_file:{secrets}"]

    def run(self, *arguments: str) -> Path:
        """The output of one run, in a file."""
        out = self._folder / f"out{len(list(self._folder.iterdir()))}"
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self._folder), "LC_ALL": "C.UTF-8"}
        try:
            with out.open("wb") as file:
                done = subprocess.run(
                    [*self._call, *arguments], stdout=file, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                    timeout=LONGEST_RUN, check=False, env=environment,
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise BadCapture(f"tshark did not end within {LONGEST_RUN:.0f} seconds") from None
        if done.returncode and not out.stat().st_size:
            raise BadCapture(f"tshark cannot read it: {_last_line(done.stderr)}")
        if out.stat().st_size > LONGEST_OUTPUT:
            raise BadCapture(
                f"tshark tells more than {LONGEST_OUTPUT >> 30} GiB about it: cut it down to the sign-in"
            )
        return out


def _last_line(told: bytes) -> str:
    lines = [line for line in told.decode("utf-8", "replace").splitlines() if line.startswith("tshark:")]
    return lines[-1].removeprefix("tshark: ") if lines else "it says nothing more"


def _packets(told: Source) -> Iterator[dict[str, Any]]:
    if not len(told):
        return
    walk = Walk(told)
    for number, _ in enumerate(walk.elements()):
        layers = walk.take(_packet, f"packet {number}").get("_source", {}).get("layers")
        if isinstance(layers, dict):
            yield layers


@dataclass(slots=True)
class Stream:
    """One HTTP/2 stream, or what is open on an HTTP/1 connection."""

    sighting: Sighting | None = None
    sent: bytes = b""
    received: bytes = b""


class Messages:
    """Puts requests and responses together."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self.streams: set[str] = set()
        self._by_frame: dict[str, Sighting] = {}
        self._by_stream: dict[tuple[str, str], Stream] = {}

    def add(self, layers: dict[str, Any]) -> None:
        self.streams.add(_text(_in(layers, "tcp", "tcp.stream")))
        for message in _list(layers.get("http")):
            if isinstance(message, dict):
                self._add_http1(layers, message)
        for frames in _list(layers.get("http2")):
            for frame in _list(frames.get("http2.stream") if isinstance(frames, dict) else None):
                if isinstance(frame, dict):
                    self._add_http2(layers, frame)

    def _add_http1(self, layers: dict[str, Any], message: dict[str, Any]) -> None:
        body = _bytes(_text(message.get("http.file_data")))[:LONGEST_BODY]
        if "http.request.line" in message or "http.request" in message:
            headers = _head(message.get("http.request.line"))
            method = _text(_find(message, "http.request.method")) or "GET"
            sighting = self._asked(
                layers, Request(method, _text(message.get("http.request.full_uri")), headers, body)
            )
            self._by_frame[_text(_in(layers, "frame", "frame.number"))] = sighting
        elif "http.response" in message:
            asked = self._by_frame.get(_text(message.get("http.request_in")))
            status = _number(_find(message, "http.response.code"))
            if asked is not None and status >= 200:
                self._answered(
                    layers, asked, Response(int(status), _head(message.get("http.response.line")), body)
                )

    def _add_http2(self, layers: dict[str, Any], frame: dict[str, Any]) -> None:
        key = _text(_in(layers, "tcp", "tcp.stream")), _text(frame.get("http2.streamid"))
        stream = self._by_stream.setdefault(key, Stream())
        lines = [line for line in _list(frame.get("http2.header")) if isinstance(line, dict)]
        told = [
            (_text(line.get("http2.header.name")), _text(line.get("http2.header.value"))) for line in lines
        ]
        pseudo = {name: value for name, value in told if name.startswith(":")}
        headers = Headers.of(line for line in told if not line[0].startswith(":"))
        if ":method" in pseudo:
            url = (
                f"{pseudo.get(':scheme', 'https')}://{pseudo.get(':authority', '')}{pseudo.get(':path', '/')}"
            )
            stream.sighting = self._asked(layers, Request(pseudo[":method"], url, headers))
        elif ":status" in pseudo and stream.sighting is not None and _number(pseudo[":status"]) >= 200:
            self._answered(layers, stream.sighting, Response(int(_number(pseudo[":status"])), headers))
        if stream.sighting is not None:
            self._add_data(stream, frame)

    def _add_data(self, stream: Stream, frame: dict[str, Any]) -> None:
        """The body so far; tshark shows a whole one, put together and decoded, with its last frame."""
        whole = _find(frame, "http2.body.reassembled.data")
        data = _bytes(_text(whole or _find(frame, "http2.data.data")))
        asked = stream.sighting
        if not data or asked is None:
            return
        if asked.response is None:
            stream.sent = data if whole else (stream.sent + data)[:LONGEST_BODY]
            asked.request = Request(
                asked.request.method, asked.request.url, asked.request.headers, stream.sent
            )
        else:
            stream.received = data if whole else (stream.received + data)[:LONGEST_BODY]
            headers = asked.response.headers
            asked.response = Response(asked.response.status, headers, decode_body(headers, stream.received))

    def _asked(self, layers: dict[str, Any], request: Request) -> Sighting:
        address = _text(_in(layers, "ip", "ip.dst") or _in(layers, "ipv6", "ipv6.dst")) or None
        port = int(_number(_in(layers, "tcp", "tcp.dstport"))) or None
        sighting = Sighting(
            request, failure=Failure.UNKNOWN, address=address, port=port, started=_instant(layers)
        )
        self.sightings.append(sighting)
        return sighting

    def _answered(self, layers: dict[str, Any], asked: Sighting, response: Response) -> None:
        asked.response, asked.failure = response, None
        ended = _instant(layers)
        asked.seconds = max(0.0, ended - asked.started) if ended and asked.started else None


@dataclass(slots=True)
class Connection:
    address: str = ""
    port: int = 0
    started: float = 0.0
    name: str = ""
    accepted: bool = False
    refused: bool = False
    alert: str = ""
    attempts: int = 0


@dataclass(slots=True)
class Connections:
    """What happened below HTTP."""

    by_stream: dict[str, Connection] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, float] = field(default_factory=dict)

    def add(self, fields: dict[str, str]) -> None:
        if fields.get("dns.qry.name"):
            self._add_answer(fields)
        elif stream := fields.get("tcp.stream"):
            self._add_packet(self.by_stream.setdefault(stream, Connection()), fields)

    def _add_answer(self, fields: dict[str, str]) -> None:
        name = fields["dns.qry.name"].partition(",")[0].lower()
        addresses = [a for field in ("dns.a", "dns.aaaa") for a in fields.get(field, "").split(",") if a]
        self.names.update(dict.fromkeys(addresses, name))
        if addresses:
            self.unknown.pop(name, None)
        elif (
            fields.get("dns.flags.rcode") == "3" and fields.get("dns.qry.type") in {"1", "28"} and "." in name
        ):
            self.unknown.setdefault(name, _number(fields.get("frame.time_epoch")))

    def _add_packet(self, connection: Connection, fields: dict[str, str]) -> None:
        syn, ack = _is_set(fields.get("tcp.flags.syn")), _is_set(fields.get("tcp.flags.ack"))
        if syn and not ack:
            connection.address = fields.get("ip.dst") or fields.get("ipv6.dst") or ""
            connection.port = int(_number(fields.get("tcp.dstport")))
            connection.started = connection.started or _number(fields.get("frame.time_epoch"))
            connection.attempts += 1
        connection.accepted = connection.accepted or (syn and ack)
        connection.refused = connection.refused or (
            not connection.accepted and _is_set(fields.get("tcp.flags.reset"))
        )
        connection.name = (
            connection.name or fields.get("tls.handshake.extensions_server_name", "").partition(",")[0]
        )
        if "2" in fields.get("tls.alert_message.level", "").split(","):
            connection.alert = fields.get("tls.alert_message.desc", "")

    def failures(self, seen: set[str]) -> Iterator[Sighting]:
        """What never got as far as HTTP."""
        for name, started in self.unknown.items():
            yield Sighting(
                Request("GET", f"https://{name}/"), failure=Failure.NAME_NOT_RESOLVED, started=started
            )
        for stream, connection in self.by_stream.items():
            name = connection.name or self.names.get(connection.address, "")
            if stream in seen or not (name or connection.port in _WEB_PORTS):
                continue
            failure = _failure(connection)
            if failure is not None:
                scheme = "http" if connection.port in {80, 8080} else "https"
                port = "" if connection.port in {80, 443} else f":{connection.port}"
                url = f"{scheme}://{name or connection.address}{port}/"
                note = f"TLS alert {connection.alert}" if connection.alert else ""
                yield Sighting(
                    Request("GET", url), failure=failure, address=connection.address or None,
                    port=connection.port or None, started=connection.started or None, note=note,
                )  # fmt: skip

    def encrypted(self, seen: set[str]) -> bool:
        """Whether TLS went by that nobody can read."""
        return any(
            stream not in seen and connection.accepted and connection.name and not connection.alert
            for stream, connection in self.by_stream.items()
        )


def _failure(connection: Connection) -> Failure | None:
    if connection.alert:
        return Failure.TLS
    if not connection.accepted and connection.attempts:
        return Failure.REFUSED if connection.refused else Failure.TIMEOUT if connection.attempts > 1 else None
    return None


def _head(lines: object) -> Headers:
    return read_head(_text(line).rstrip("\r\n") for line in _list(lines))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _in(layers: dict[str, Any], layer: str, name: str) -> object:
    inner = layers.get(layer)
    if isinstance(inner, list):  # a tunnel has several; the innermost carries the request
        inner = inner[-1] if inner else None
    return inner.get(name) if isinstance(inner, dict) else None


def _find(value: object, name: str, depth: int = 0) -> object:
    """The first member of that name at any depth."""
    if not isinstance(value, dict) or depth > 8:
        return None
    if name in value:
        return value[name]
    return next(
        (found for inner in value.values() if (found := _find(inner, name, depth + 1)) is not None), None
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    """tshark 4.0 writes text as text, later versions write all data as ``7b:22``."""
    if len(text) % 3 == 2 and all(text[at] == ":" for at in range(2, min(len(text), 300), 3)):
        try:
            return bytes.fromhex(text.replace(":", ""))
        except ValueError:
            pass
    return text.encode("utf-8", "replace")


def _is_set(flag: str | None) -> bool:
    return flag in {"1", "True"}


def _number(value: object) -> float:
    try:
        return float(_text(value))
    except ValueError:
        return 0.0


def _instant(layers: dict[str, Any]) -> float | None:
    return _number(_in(layers, "frame", "frame.time_epoch")) or None
