"""The command line: exit codes, and messages that say what to do next."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from cx_etl import cli


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cx", *arguments])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "yesterday"], "write it as YYYY-MM-DD"),
        (["extract", "2026-11-20", "--source", "zendesc"], "known are zendesk, shopify, asknicely, typeform"),
        (["backfill", "2026-11-20", "2026-11-19"], "the range 2026-11-20..2026-11-19 ends before it starts"),
        (["status", "--deadline", "25:00"], "write it as HH:MM"),
        (["no-such-command"], "No such command"),
        (["rollback", "newest"], "not a valid integer"),
    ],
)
def test_wrong_usage_exits_with_2_and_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, warehouse: str, arguments: list[str], says: str
) -> None:
    assert _run(monkeypatch, *arguments) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["build", "2026-11-20"], "nothing is loaded yet"),
        (["gate", "2026-11-20"], "next: cx build 2026-11-20"),
        (["load", "2026-11-20", "--source", "typeform"], "next: cx extract 2026-11-20 --source typeform"),
        (["rollback", "7"], "there is no publication 7"),
        (["quarantine", "show", "9"], "there is no quarantined record 9"),
    ],
)
def test_a_failed_job_exits_with_1_and_the_next_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, warehouse: str, arguments: list[str], says: str
) -> None:
    assert _run(monkeypatch, *arguments) == 1
    assert says in capsys.readouterr().err


def test_a_missing_warehouse_is_a_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_DSN", "")
    assert _run(monkeypatch, "status") == 2
    assert "run `cx up`" in capsys.readouterr().err


def test_a_warehouse_that_does_not_answer_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_DSN", "postgresql://nobody@127.0.0.1:1/nowhere")
    assert _run(monkeypatch, "status") == 1
    assert "the warehouse does not answer" in capsys.readouterr().err


def test_status_names_what_is_missing_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, warehouse: str
) -> None:
    assert _run(monkeypatch, "status", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert "zendesk/tickets has never been loaded" in told["problems"]
    assert "nothing has been published" in told["problems"]


def test_status_names_the_night_whose_deadline_has_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, warehouse: str
) -> None:
    assert _run(monkeypatch, "status", "--deadline", "00:00", "--json") == 1
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    told = json.loads(capsys.readouterr().out)["problems"]
    assert any(f"{yesterday} should have been published by" in problem for problem in told)
    assert _run(monkeypatch, "status", "--json") == 1
    assert "should have been published" not in capsys.readouterr().out


def test_an_unknown_time_zone_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("CX_TIME_ZONE", "Mars/Olympus")
    assert _run(monkeypatch, "status") == 2
    assert "Mars/Olympus" in capsys.readouterr().err
