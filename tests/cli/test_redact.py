"""`hairpin redact` at its boundary: files, exit codes, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hairpin.cli import app
from hairpin.cli.call import Unusable
from hairpin.trace import read
from tests.trace import dialects
from tests.trace.telling import PASSWORD, healthy


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    file = tmp_path / "failing.har"
    file.write_bytes(dialects.chrome(healthy()))
    return file


def redact(*arguments: object):
    return CliRunner().invoke(app, ["redact", *map(str, arguments)])


def test_the_copy_is_written_and_counted(capture, tmp_path):
    before = capture.read_bytes()
    done = redact(capture, "--output", tmp_path / "copy.har")
    assert done.exit_code == 0
    assert "authorization header" in done.stderr
    assert done.stdout == ""
    assert PASSWORD not in (tmp_path / "copy.har").read_text()
    assert read((tmp_path / "copy.har").read_bytes()).steps
    assert capture.read_bytes() == before


def test_a_program_gets_one_object(capture, tmp_path):
    done = redact(capture, "--output", tmp_path / "copy.har", "--format", "json")
    told = json.loads(done.stdout)
    assert told["format"] == "HAR"
    assert told["taken"]["authorization header"] >= 1


def test_the_capture_itself_is_never_written(capture, tmp_path):
    before = capture.read_bytes()
    link = tmp_path / "link.har"
    link.symlink_to(capture)
    for output in (capture, link):
        done = redact(capture, "--output", output)
        assert isinstance(done.exception, Unusable)
        assert "stays as it is" in str(done.exception)
    assert capture.read_bytes() == before


@pytest.mark.parametrize("output", ["", "no-such-directory/copy.har", "directory"])
def test_an_output_that_cannot_be_written_leaves_nothing(capture, tmp_path, output):
    (tmp_path / "directory").mkdir()
    before = set(tmp_path.rglob("*"))
    done = redact(capture, "--output", f"{tmp_path}/{output}")
    assert isinstance(done.exception, Unusable)
    assert set(tmp_path.rglob("*")) == before


def test_an_unusable_capture_leaves_nothing(tmp_path):
    (tmp_path / "bad.har").write_text('{"log":')
    for file in ("bad.har", "missing.har"):
        done = redact(tmp_path / file, "--output", tmp_path / "copy.har")
        assert isinstance(done.exception, Unusable)
        assert "\n" not in str(done.exception)
    assert not (tmp_path / "copy.har").exists()


def test_help_has_an_example():
    assert "hairpin redact failing.har --output" in redact("--help").stdout
