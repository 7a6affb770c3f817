"""Quarantine: a record that breaks its contract waits whole, and comes in once the contract is relaxed."""

import json
from datetime import UTC, date, datetime

import psycopg
import pytest
from click.testing import CliRunner

from cx_etl.cli import cx
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.replay import replay
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)


def _rows(dsn: str, sql: str) -> list[tuple]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def one_rejected_form(sandbox: Sandbox, warehouse: str) -> str:
    """A form whose title arrived as null; the DSN of the warehouse that holds it back."""
    sandbox.spoil({"system": "typeform", "path": "/forms", "kind": "malform", "field": "title", "value": None})
    extract("typeform", "forms", NIGHT)
    assert load("typeform", "forms", NIGHT).rejected == 1
    return warehouse


def test_the_record_waits_whole_with_its_reason(one_rejected_form: str) -> None:
    ((payload, reason, key, replayed),) = _rows(
        one_rejected_form, "select payload, reason, natural_key, replayed_at from raw.quarantine"
    )
    assert json.loads(payload)["title"] is None
    assert "Expected `str`, got `null`" in reason
    assert "$.title" in reason
    assert key == json.loads(payload)["id"]
    assert replayed is None


def test_loading_again_does_not_hold_it_twice(one_rejected_form: str) -> None:
    load("typeform", "forms", NIGHT)
    assert _rows(one_rejected_form, "select count(*) from raw.quarantine") == [(1,)]


def test_replay_under_the_same_contract_brings_nothing_in(one_rejected_form: str) -> None:
    before = _rows(one_rejected_form, "select count(*) from raw.typeform__forms")
    assert replay().as_dict() == {"replayed": 0, "still_rejected": 1}
    assert _rows(one_rejected_form, "select count(*) from raw.typeform__forms") == before


def test_replay_after_the_contract_is_relaxed_brings_it_in(
    one_rejected_form: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relaxed import allow_untitled_forms

    allow_untitled_forms(monkeypatch)
    expected = sandbox.records("typeform/forms", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert replay().as_dict() == {"replayed": 1, "still_rejected": 0}
    assert len(_rows(one_rejected_form, "select id from raw.typeform__forms")) == len(expected)
    assert replay().as_dict() == {"replayed": 0, "still_rejected": 0}


def test_the_commands_show_and_count_it(one_rejected_form: str) -> None:
    listed = CliRunner().invoke(cx, ["quarantine", "list"])
    assert "typeform/forms" in listed.output
    assert "1 record\n" in listed.output
    shown = CliRunner().invoke(cx, ["quarantine", "show", "1"])
    assert json.loads(shown.output)["title"] is None
