"""Packets through tshark, with their keys inside, beside, and missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hairpin.trace import BadCapture, load, read
from hairpin.wire.exchange import Failure, Kind

FIXTURES = Path(__file__).parent / "fixtures"
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


@pytest.fixture
def apart(tmp_path):
    """The capture and its keys under names that have nothing in common."""
    (tmp_path / "packets").write_bytes((FIXTURES / "dumpcap-original.pcap").read_bytes())
    (tmp_path / "secrets").write_bytes((FIXTURES / "dumpcap-original.keys").read_bytes())
    return str(tmp_path / "packets"), str(tmp_path / "secrets")


@needs_tshark
@pytest.mark.parametrize("where", ["inside", "beside", "given"])
def test_the_original_case_is_decrypted(where, apart):
    files = {
        "inside": [str(FIXTURES / "dumpcap-keys-inside.pcapng")],
        "beside": [str(FIXTURES / "dumpcap-original.pcap")],
        "given": apart,
    }
    (journey,) = load(files[where])
    methods = [(step.request.method, step.status, step.exchange.address) for step in journey.steps[:5]]
    assert methods == [
        ("GET", 200, "127.0.0.1"),
        ("GET", 200, "127.0.0.1"),
        ("GET", 401, "127.0.0.1"),
        ("OPTIONS", 400, "127.0.0.2"),
        ("POST", 200, "127.0.0.2"),
    ]
    assert journey.steps[3].exchange.kind is Kind.PREFLIGHT
    assert journey.steps[0].answer.get("user") == (  # type: ignore[union-attr]
        "https://webdir.nnylync.info:18443/Autodiscover/AutodiscoverService.svc/root/oauth/user"
    )
    assert journey.steps[5].exchange.failure is Failure.TLS
    assert "geheim77" not in repr(journey)
    assert "GEHEIM" not in repr(journey)


@needs_tshark
def test_without_keys_the_tunnels_are_told(apart):
    (journey,) = load(apart[:1])
    assert "what went through encrypted tunnels" in journey.unseen
    assert [step.exchange.failure for step in journey.steps] == [Failure.TLS]


@needs_tshark
@pytest.mark.parametrize(
    "data", [b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a" + b"\xff" * 40, b"\xd4\xc3\xb2\xa1" + bytes(20)]
)
def test_damaged_packets_are_told_in_one_line(data):
    with pytest.raises(BadCapture) as caught:
        read(data, "bad.pcap")
    assert "\n" not in str(caught.value)


def test_a_missing_tshark_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadCapture, match="tshark, which is not installed"):
        read((FIXTURES / "dumpcap-original.pcap").read_bytes())


def test_keys_alone_are_no_capture():
    with pytest.raises(BadCapture, match="only TLS keys"):
        load([str(FIXTURES / "dumpcap-original.keys")])
