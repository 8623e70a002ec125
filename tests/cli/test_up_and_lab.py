"""`hairpin up` and `hairpin lab` as a program starts them: processes, signals, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hairpin.lab.lab import OFFSET

HAIRPIN = str(Path(sysconfig.get_path("scripts")) / "hairpin")


def hairpin(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HAIRPIN, *arguments], capture_output=True, text=True, timeout=60)


@contextmanager
def started(*arguments: str, **more: Any):
    process = subprocess.Popen(
        [HAIRPIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    process.send_signal(number)
    _, complaint = process.communicate(timeout=20)
    return process.returncode, complaint


def test_the_story_has_the_four_outcomes_of_the_original_case() -> None:
    done = hairpin("up", "--once", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    ready, story = (json.loads(line) for line in done.stdout.splitlines())
    assert ready["schema"] == "hairpin.lab/1"
    assert ready["users"][0]["password"]
    assert story["schema"] == "hairpin.story/1"
    told = [
        (one["id"], one["outcome"], [found["id"] for found in one["findings"] if found["severity"] != "info"])
        for one in story["outcomes"]
    ]
    assert told == [
        ("outside", "signed-in", []),
        ("inside", "failed", ["ext-fqdn-resolves-to-internal-site"]),
        ("inside-dns-changed", "signed-in", []),
        ("inside-equal-names", "signed-in", []),
    ]
    assert all(one["as_foreseen"] for one in story["outcomes"])


def test_the_failing_sign_in_ends_as_the_original_case_does() -> None:
    story = json.loads(hairpin("up", "--once", "--format", "json").stdout.splitlines()[1])
    *_, challenge, preflight, post = story["outcomes"][1]["trace"]
    port = "" if story["outcomes"][1]["trace"][-1]["url"].count(":") == 1 else f":{443 + OFFSET}"
    href = f"https://director.nny.local{port}/WebTicket/oauthtoken"
    assert (challenge["status"], challenge["challenge"]) == (401, href)
    assert (preflight["method"], preflight["url"], preflight["status"]) == ("OPTIONS", href, 400)
    assert preflight["diagnostics"] == '28020;source="Director.NNY.local";reason="No valid security token."'
    assert (post["method"], post["failure"]) == ("POST", "blocked-cors")


def test_the_story_is_made_to_be_read() -> None:
    done = hairpin("up", "--once")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert text.count(": signed in") == 3
    assert text.count(": sign-in fails") == 1
    assert "ext-fqdn-resolves-to-internal-site" in text
    assert "Whoever runs internal DNS: Let internal DNS answer webdir.nnylync.info" in text
    assert (
        "Add-DnsServerResourceRecordA -ZoneName nnylync.info -Name webdir -IPv4Address 203.0.113.10" in text
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_lab_says_when_it_is_ready_and_stops_cleanly(number: int) -> None:
    with started("lab", "--format", "json") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        certificate = Path(ready["certificate_authority"])
        trust = ssl.create_default_context(cafile=str(certificate))
        proxy = next(one for one in ready["machines"] if one["role"] == "reverse-proxy")
        port = max(one["port"] for one in proxy["listeners"] if one["tls"])
        with socket.create_connection((proxy["loopback"], port), timeout=5) as connection:
            trust.wrap_socket(connection, server_hostname="webdir.nnylync.info").close()
        assert stopped(process, number) == (0, "")
        assert not certificate.parent.exists()


def test_up_stays_up_after_the_story_with_what_one_needs() -> None:
    with started("up") as process:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if "Sample page" in line:
                break
        assert "Password" in text
        assert "authority.pem" in text
        assert stopped(process, signal.SIGTERM) == (0, "")


def complaint(*arguments: str) -> str:
    done = hairpin(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("hairpin: ")
    return done.stderr


@pytest.mark.parametrize("verb", ["up", "lab"])
def test_a_wrong_file_gets_one_line(verb: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('sip_domains = ["a.example"]\npools = []\n')
    told = complaint(verb, "--deployment", str(wrong))
    assert str(wrong) in told
    assert "pools: unknown key; did you mean pool?" in told
    assert "No such file" in complaint(verb, "--deployment", str(tmp_path / "none.toml"))


def test_a_port_in_use_gets_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.240.20.1", 20_443))
        taken.listen()
        told = complaint("lab", "--block", "240", "--port-offset", "20000")
    assert "port 20443 on 127.240.20.1 is in use" in told


def test_a_story_needs_somebody_who_signs_in(tmp_path: Path) -> None:
    lonely = tmp_path / "lonely.toml"
    lonely.write_text(
        'sip_domains = ["a.example"]\n[[pool]]\nname = "a"\ninternal_fqdn = "a.local"\nexternal_fqdn = "a.example"\n'
        'servers = [{ fqdn = "fe.a.local", address = "10.0.0.1" }]\n'
    )
    assert "no user" in complaint("up", "--once", "--deployment", str(lonely))


@pytest.mark.parametrize(
    "arguments", [["lab", "--block", "0"], ["up", "--format", "xml"], ["nonsense"], ["lab", "x"]]
)
def test_an_unusable_call_is_exit_code_two(arguments: list[str]) -> None:
    assert hairpin(*arguments).returncode == 2


@pytest.mark.parametrize("verb", ["up", "lab"])
def test_help_has_an_example(verb: str) -> None:
    done = hairpin(verb, "--help")
    assert done.returncode == 0
    assert f"hairpin {verb}" in done.stdout
    assert "Example" in done.stdout


def without_low_ports() -> list[str]:
    """What to put in front of a command so that it may not bind low ports."""
    low = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if low.exists() and int(low.read_text()) <= 53:
        pytest.skip("everybody may bind low ports here")
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    return ["setpriv", "--bounding-set", "-net_bind_service"]


def test_who_may_not_bind_low_ports_gets_shifted_ones() -> None:
    command = [*without_low_ports(), HAIRPIN, "up", "--once", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    ready, story = (json.loads(line) for line in done.stdout.splitlines())
    assert ready["port_offset"] == OFFSET
    assert [one["outcome"] for one in story["outcomes"]] == ["signed-in", "failed", "signed-in", "signed-in"]
    assert story["outcomes"][1]["findings"][0]["id"] == "ext-fqdn-resolves-to-internal-site"


def test_an_offset_of_nothing_without_permission_gets_one_line() -> None:
    command = [*without_low_ports(), HAIRPIN, "lab", "--port-offset", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("hairpin: no permission to listen on port 53")
    assert done.stderr.count("\n") == 1
