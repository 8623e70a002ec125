"""hairpin predict and hairpin sign-in at their boundary: what is printed, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


def hairpin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hairpin", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "120", **environment},
        timeout=60,
        check=False,
    )


def test_predict_tells_every_sign_in_and_what_a_change_does() -> None:
    done = hairpin("predict", "--after", "dns-fixed", "--format", "json")
    told = json.loads(done.stdout)
    assert told["schema"] == "hairpin.prediction/1"
    found = {(one["vantage"], one["client"]): one for one in told["sign_ins"]}
    assert len(found) == 8
    case = found["inside", "frame"]
    assert (case["verdict"], case["after"]["verdict"]) == ("ext-fqdn-resolves-to-internal-site", "healthy")
    assert case["trace"][-2]["method"] == "OPTIONS"
    assert done.returncode == 1


def test_predict_is_content_when_every_sign_in_works() -> None:
    done = hairpin("predict", "--after", "dns-fixed", "--client", "frame")
    assert done.returncode == 0
    assert "ext-fqdn-resolves-to-internal-site" in done.stdout
    assert "works" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("predict", "--client", "telnet"), "no such client"),
        (("predict", "--vantage", "above"), "no such vantage"),
        (("predict", "--user", "nobody"), "no such user"),
        (("predict", "--deployment", "/no/such/file.toml"), "/no/such/file.toml"),
        (("predict", "--after", "/no/such/file.toml"), "/no/such/file.toml"),
        (("sign-in", "lene", "--password", "x"), "names no SIP domain"),
        (("sign-in", "lene@contoso.com"), "no password"),
        (("sign-in", "lene@contoso.com", "--password", "x", "--client", "telnet"), "no such client"),
        (("sign-in", "lene@contoso.com", "--password", "x", "--dns", "nowhere"), "ADDRESS:PORT"),
        (("sign-in", "lene@contoso.com", "--password", "x", "--trust", "/no/ca.pem"), "/no/ca.pem"),
        (("sign-in", "lene@contoso.com", "--password", "x", "--page", "app"), "--page"),
        (("sign-in", "lene@contoso.com", "--password", "x", "--root", "ftp://x/"), "--root"),
    ],
)
def test_an_unusable_call_gets_one_line_and_exit_code_2(arguments: tuple[str, ...], says: str) -> None:
    done = hairpin(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


@contextmanager
def a_lab() -> Iterator[dict[str, Any]]:
    with subprocess.Popen(
        [sys.executable, "-m", "hairpin", "lab", "--format", "json"], stdout=subprocess.PIPE, text=True
    ) as lab:
        try:
            assert lab.stdout is not None
            yield json.loads(lab.stdout.readline())
        finally:
            lab.terminate()
            lab.wait(timeout=20)


def test_sign_in_to_a_running_lab() -> None:
    with a_lab() as ready:
        user = ready["users"][0]
        servers = {one["view"]: f"{one['address']}:{one['port']}" for one in ready["dns"]}
        port = str(443 + ready["port_offset"])
        common = ("--trust", ready["certificate_authority"], "--https-port", port, "--domain", "nnylync.info")
        page = ("--page", ready["app"])

        def sign_in(view: str, password: str, *more: str) -> subprocess.CompletedProcess[str]:
            arguments = ("sign-in", user["logon"], "--dns", servers[view], *common, *page, *more)
            return hairpin(*arguments, HAIRPIN_PASSWORD=password)

        outside = sign_in("outside", user["password"])
        assert (outside.returncode, "signed in" in outside.stdout) == (0, True)
        inside = sign_in("inside", user["password"], "--format", "json")
        assert inside.returncode == 1
        told = json.loads(inside.stdout)
        assert told["findings"][0]["id"] == "ext-fqdn-resolves-to-internal-site"
        wrong = sign_in("outside", "not the password 8f3a")
        assert wrong.returncode == 1
        assert "bad-credentials-invalid-grant" in wrong.stdout
        for done in (outside, inside, wrong):
            assert user["password"] not in done.stdout + done.stderr
            assert "not the password 8f3a" not in done.stdout + done.stderr
