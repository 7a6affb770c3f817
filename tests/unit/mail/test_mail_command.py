"""`cx send`: what it prints, its exit codes, and the files of a dry run."""

import email
import sys
from email import policy
from pathlib import Path

import pytest

from cx_etl import cli
from cx_etl.settings import load_settings
from tests.unit.mail.conftest import SATURDAY, Subscribe, ledger
from tests.unit.mail.postbox import Postbox


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cx", "send", *arguments])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_it_says_what_became_of_each_mail(
    saturday: int, board: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert _run(monkeypatch, str(SATURDAY)) == 0
    assert capsys.readouterr().out == "sent      board  ann@shop.example\n"
    assert _run(monkeypatch, str(SATURDAY)) == 0
    assert capsys.readouterr().out.startswith("already sent board  ann@shop.example  at 20")
    assert _run(monkeypatch, str(SATURDAY), "--to", "board", "--again") == 0
    assert capsys.readouterr().out.startswith("already sent")
    assert len(postbox.received) == 1


def test_a_mail_that_could_not_be_sent_is_exit_1(
    saturday: int, board: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    postbox.to_rcpt["ann@shop.example"] += ["550 no such person"]
    assert _run(monkeypatch, str(SATURDAY)) == 1
    assert "refused" in capsys.readouterr().out
    assert _run(monkeypatch, str(SATURDAY)) == 1


def test_a_dry_run_writes_mails_and_neither_sends_nor_records(
    saturday: int,
    subscribe: Subscribe,
    postbox: Postbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    both = {"to": ["ann@shop.example", "ben@shop.example"]}
    subscribe({"name": "board", **both}, {"name": "news", **both, "segments": ["channel=fax"]})
    assert _run(monkeypatch, str(SATURDAY), "--dry-run") == 0
    written = sorted((load_settings().state_dir / "mails" / "2018-10-20").iterdir())
    assert [path.name for path in written] == ["board-1.eml", "board-2.eml"]
    assert capsys.readouterr().out.split() == list(map(str, written))
    message = email.message_from_bytes(Path(written[1]).read_bytes(), policy=policy.default)
    assert message["to"] == "ben@shop.example"
    assert message["subject"].startswith("NPS 31 ▲ 2 vs last Saturday")
    assert (postbox.received, ledger("status")) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["2018-10-20", "--again"], 2, "--again needs --to"),
        (["2018-10-20", "--to", "bored"], 2, "there is no subscription bored\n  next: known are board"),
        (["2018-10-19", "--dry-run", "--to", "bored"], 2, "there is no subscription bored"),
        (["2018-11-01"], 1, "there is no build of 2018-11-01 yet\n  next: cx build 2018-11-01"),
    ],
)
def test_wrong_usage_says_what_to_do(
    saturday: int,
    board: None,
    postbox: Postbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    assert _run(monkeypatch, *arguments) == code
    assert says in capsys.readouterr().err
    assert (postbox.received, ledger("status")) == ([], [])


def test_without_a_subscription_or_a_server_the_next_step_is_said(
    saturday: int, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert _run(monkeypatch, str(SATURDAY)) == 2
    assert "write [[subscriptions]] into cx.toml" in capsys.readouterr().err
    subscribe({"name": "board", "to": ["ann@shop.example"]})
    monkeypatch.delenv("AIRFLOW_CONN_SMTP", raising=False)
    assert _run(monkeypatch, str(SATURDAY)) == 2
    assert "set AIRFLOW_CONN_SMTP" in capsys.readouterr().err
    assert ledger("status") == []
