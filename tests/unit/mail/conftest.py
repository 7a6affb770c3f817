"""A published Saturday with three things to look at, subscriptions to it, and a mail server."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cx_etl import mail
from cx_etl.mail.sending import Outcome
from cx_etl.settings import ROOT
from tests.expectations.handmade import connection, figure, make_marts, put_rows, start_build
from tests.unit.mail.postbox import LOGIN, PASSWORD, Postbox, open_postbox
from tests.unit.snapshot.conftest import publish_build

SATURDAY = date(2018, 10, 20)
ESCAPES = "<script>alert(1)</script> \x1b[31mred\x1b[0m\r\nNet promoter score: 99\u202e"
Subscribe = Callable[..., None]


@pytest.fixture(scope="session")
def postbox_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("postbox")


@pytest.fixture
def postbox(postbox_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """The server, and the connection smtp that leads to it."""
    with open_postbox(postbox_folder) as box:
        connect(monkeypatch, box)
        monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0")
        monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
        monkeypatch.setenv("CX_HTTP_REQUEST_TIMEOUT_SECONDS", "10")
        yield box


def connect(patch: pytest.MonkeyPatch, box: Postbox, **other: Any) -> None:
    fields = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": box.port,
        "login": LOGIN,
        "password": PASSWORD,
        "extra": {"from_email": "cx@shop.example", "ca_file": str(box.ca_file)},
        **other,
    }
    patch.setenv("AIRFLOW_CONN_SMTP", json.dumps(fields))


@pytest.fixture
def subscribe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subscribe:
    """Writes cx.toml with these subscriptions; each is a dict of its keys."""

    def write(*entries: dict[str, Any]) -> None:
        lines = []
        for entry in entries:
            lines += ["[[subscriptions]]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
        path = tmp_path / "cx.toml"
        path.write_text((ROOT / "cx.toml").read_text(encoding="utf-8") + "\n" + "\n".join(lines), encoding="utf-8")
        monkeypatch.setenv("CX_CONFIG", str(path))

    return write


@pytest.fixture
def board(subscribe: Subscribe) -> None:
    """One subscription with one recipient."""
    subscribe({"name": "board", "to": ["ann@shop.example"]})


@pytest.fixture
def saturday(warehouse: str) -> int:
    """The publication of a Saturday: the last one was a week before, and one for the night before."""
    make_marts()
    first = start_build(night=SATURDAY - timedelta(days=1))
    put_rows(
        first, "metric_values", [ending(SATURDAY - timedelta(days=days), 29 + (days - 7) / 10) for days in range(1, 60)]
    )
    publish_build(first)
    second = start_build(night=SATURDAY)
    put_rows(second, "metric_values", [ending(SATURDAY, 31, n=412, ci_low=24.5, ci_high=37.2, previous_value=30.1)])
    put_rows(second, "metric_values", [ending(SATURDAY, 83.27, "csat_top2", n=1204)])
    put_rows(second, "metric_values", [ending(SATURDAY, 12.5, segment_name="channel", segment_value=ESCAPES, n=31)])
    night_records()
    return publish_build(second, warning=f"comment {ESCAPES}")


def ending(day: date, value: float, variant: str = "nps", **more: Any) -> dict[str, Any]:
    """A figure over the 30 days up to the day; all have the same columns."""
    period = {"period_start": day - timedelta(days=29), "period_end": day + timedelta(days=1)}
    return figure(variant, value, **period, **{"previous_value": None, "is_significant": False, **more})


def night_records() -> None:
    """Two loads, one of them late, and a record that is held back."""
    with connection() as warehouse:
        for source, night in (("shopify", SATURDAY), ("zendesk", SATURDAY - timedelta(days=1))):
            put_load(source, night)
        warehouse.execute(
            "insert into raw.quarantine (source, account, stream, reason, table_name, payload, landing_file,"
            " record_offset, payload_hash, night, run_id, observed_at)"
            " values ('shopify', 'shop', 'orders', 'no id', 'shopify__orders', '{}', 'f', 1, 'x', %s, 'r', now())",
            (SATURDAY,),
        )


def put_load(source: str, night: date, new: int = 1) -> None:
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.loads (source, account, stream, night, run_id, window_to, pages, calls, rows_read,"
            " rows_new, rows_changed, rows_same, rows_rejected, bytes, seconds, status)"
            " values (%s, 'shop', 'orders', %s, 'r', %s, 1, 1, 54321, %s, 0, 1, 2, 1, 1, 'done')",
            (source, night, f"{night + timedelta(days=1)}T00:00:00Z", new),
        )


def sent(night: date = SATURDAY, name: str | None = None, **how: Any) -> list[Outcome]:
    return list(mail.send(night, name, **how))


def statuses(night: date = SATURDAY, name: str | None = None, **how: Any) -> list[str]:
    return [outcome.status for outcome in sent(night, name, **how)]


def ledger(*columns: str) -> list[tuple[Any, ...]]:
    with connection() as warehouse:
        return warehouse.execute(f"select {', '.join(columns)} from ops.sends order by night, recipient").fetchall()
