"""hairpin explain: every failure, and every code that a trace may show, leads to a page or to pages."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from hairpin.cli import app
from hairpin.cli.call import Unusable
from hairpin.doctor import BY_ID
from hairpin.doctor.codes import codes
from hairpin.doctor.page import page_of
from hairpin.wire.diagnostics import REASONS


def explain(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["explain", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("failure", BY_ID)
def test_every_failure_has_its_page(failure: str) -> None:
    told = json.loads(explain(failure, "--format", "json").stdout)
    assert told["name"] == failure
    assert [one["page"] for one in told["failures"]] == [page_of(BY_ID[failure])]
    assert BY_ID[failure].title in explain(failure).stdout


@pytest.mark.parametrize("code", codes())
def test_every_code_says_what_it_means_and_where_to_look(code: str) -> None:
    told = json.loads(explain(code, "--format", "json").stdout)
    assert (told["name"], told["meaning"]) == (code, codes()[code].meaning)
    shown = explain(code.lower()).stdout
    for failure in told["failures"]:
        assert failure["id"] in BY_ID
        assert failure["id"] in shown


def test_every_diagnostics_id_of_the_protocol_is_a_code() -> None:
    assert {str(number) for number in REASONS} <= set(codes())


def test_a_foreign_ticket_is_explained_by_its_code() -> None:
    told = json.loads(explain("28032", "--format", "json").stdout)
    assert told["reason"] == REASONS[28032][1]
    assert told["failures"][0]["id"] == "ticket-from-other-pool"


def test_all_lists_every_failure_and_every_code() -> None:
    shown = explain("all").stdout
    assert all(failure in shown for failure in BY_ID)
    assert all(code in shown for code in codes())


def test_a_browser_writes_its_errors_with_a_prefix() -> None:
    assert "ERR_NAME_NOT_RESOLVED" in explain("net::err_name_not_resolved").stdout


def test_a_name_nobody_knows_is_refused_with_a_guess() -> None:
    with pytest.raises(Unusable, match="did you mean rp-443-to-443"):
        explain("rp-443-to-444")
