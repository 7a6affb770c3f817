"""From the vendors' APIs to the raw tables: everything arrives once, on many pages, late, and in any order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import landing
from cx_etl.errors import DataError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.nightly import extract_all, load_all
from cx_etl.warehouse import migrate
from raw_state import OURS, answer, content, versions
from sandboxes import Sandbox, serving

NIGHT = date(2026, 11, 20)


def _run(night: date) -> None:
    list(extract_all(night))
    list(load_all(night))


def test_a_night_brings_exactly_what_exists(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    now = datetime(2026, 11, 21, 2, tzinfo=UTC)
    for stream, table, key in (
        ("zendesk/tickets", "zendesk__tickets", "id"),
        ("zendesk/ticket_events", "zendesk__ticket_events", "id"),
        ("zendesk/users", "zendesk__users", "id"),
        ("zendesk/satisfaction_ratings", "zendesk__satisfaction_ratings", "id"),
        ("shopify/orders", "shopify__orders", "id"),
        ("shopify/customers", "shopify__customers", "id"),
        ("asknicely/responses", "asknicely__responses", "response_id"),
        ("typeform/forms", "typeform__forms", "id"),
        ("typeform/responses", "typeform__responses", "response_id"),
    ):
        expected = set(sandbox.records(stream, now))
        with psycopg.connect(warehouse) as connection:
            found = {row[0] for row in connection.execute(f'select "{key}" from raw.{table}').fetchall()}
        assert expected
        assert found == expected, stream
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0


def test_children_arrive_with_their_parents(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    orders = sandbox.records("shopify/orders", datetime(2026, 11, 21, 2, tzinfo=UTC)).values()
    lines = sum(len(order["lineItems"]["nodes"]) for order in orders)
    payments = sum(len(order["transactions"]) for order in orders)
    assert lines > len(list(orders)) > 0
    assert answer(warehouse, "select count(*) from raw.shopify__line_items") == lines
    assert answer(warehouse, "select count(*) from raw.shopify__orders__transactions") == payments


def test_a_night_run_twice_touches_no_row(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    before = versions(warehouse)
    _run(NIGHT)
    assert versions(warehouse) == before
    assert answer(warehouse, "select sum(rows_new + rows_changed) from ops.loads") == 0


def test_nights_in_any_order_end_in_the_same_tables(
    sandbox: Sandbox, warehouse: str, postgres: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    # With the tables of the files that the dataset declares.
    migrate()
    nights = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]
    for night in nights:
        sandbox.at_end_of(night)
        _run(night)
    in_order = content(warehouse, but=OURS)

    postgres.create_database("any_order")
    monkeypatch.setenv("CX_WAREHOUSE_DSN", postgres.dsn("any_order"))
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "any_order"))
    migrate()
    for night in (nights[1], nights[2], nights[0]):
        sandbox.at_end_of(night)
        _run(night)
    assert content(postgres.dsn("any_order"), but=OURS) == in_order


def test_later_nights_bring_what_changed(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.at_end_of(NIGHT - timedelta(days=1))
    _run(NIGHT - timedelta(days=1))
    history = answer(warehouse, "select sum(rows_read) from ops.loads where night = '2026-11-19' and stream = 'orders'")
    sandbox.at_end_of(NIGHT)
    _run(NIGHT)
    read = answer(warehouse, "select sum(rows_read) from ops.loads where night = '2026-11-20' and stream = 'orders'")
    assert 0 < read < history / 5


def test_the_stored_watermark_is_the_true_one(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    assert answer(warehouse, "select min(watermark_at) from ops.watermarks") == datetime(2026, 11, 21, tzinfo=UTC)
    assert answer(warehouse, "select max(watermark_at) from ops.watermarks") == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_night_that_is_not_over_fails_and_moves_no_watermark(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.set_clock(datetime(2026, 11, 20, 22, tzinfo=UTC))
    with pytest.raises(DataError, match=r"shopify orders: the window ends 2026-11-21 00:00 UTC"):
        extract("shopify", "orders", NIGHT)
    assert not any(run.is_finished for run in landing.runs("shopify", "orders", NIGHT))
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.mark.parametrize(
    ("source", "stream", "size", "table"),
    [
        ("zendesk", "tickets", ("zendesk.EXPORT_PAGE_SIZE", "20"), "zendesk__tickets"),
        ("zendesk", "users", ("zendesk.EXPORT_PAGE_SIZE", "7"), "zendesk__users"),
        ("asknicely", "responses", ("asknicely.PAGE_SIZE", 40), "asknicely__responses"),
        ("typeform", "responses", ("typeform.PAGE_SIZE", 10), "typeform__responses"),
    ],
)
def test_many_pages_lose_and_double_nothing(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, source: str, stream: str, size: Any, table: str
) -> None:
    monkeypatch.setattr(f"cx_etl.sources.{size[0]}", size[1])
    assert extract(source, stream, NIGHT).pages > 3
    load(source, stream, NIGHT)
    expected = sandbox.records(f"{source}/{stream}", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert answer(warehouse, f"select count(*) from raw.{table}") == len(expected)


@contextmanager
def _typeform(folder: Path, responses: list[dict[str, Any]], patch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox with one form and these responses: each visible ``at`` a time, whatever it says of itself."""
    form = {
        "at": "2026-11-01T00:00:00Z",
        "record": {"id": "f", "title": "f", "last_updated_at": "2026-11-01T00:00:00Z"},
    }
    (folder / "typeform").mkdir(parents=True)
    (folder / "typeform" / "forms.jsonl").write_text(json.dumps(form))
    (folder / "typeform" / "responses.jsonl").write_text("\n".join(map(json.dumps, responses)))
    (folder / "dataset.toml").write_text(
        'name = "late"\ntime_zone = "UTC"\nfirst_night = 2026-11-18\nlast_night = 2026-11-20\n'
    )
    with serving(folder) as server:
        patch.setenv("AIRFLOW_CONN_TYPEFORM", json.dumps({"host": f"{server.url}/typeform", "password": "x"}))
        yield server


def _response(name: str, at: str, submitted_at: str) -> dict[str, Any]:
    times = {"landed_at": submitted_at, "submitted_at": submitted_at}
    record = {"response_id": name, "token": name, "response_type": "completed", **times}
    return {"at": at, "form_id": "f", "record": record}


def test_the_overlap_brings_in_what_the_vendor_showed_late(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    responses = [
        _response("in_time", "2026-11-19T20:00:00Z", "2026-11-19T20:00:00Z"),
        # Submitted before midnight, visible only after that night was extracted.
        _response("shown_late", "2026-11-20T05:00:00Z", "2026-11-19T23:50:00Z"),
    ]
    with _typeform(tmp_path / "late", responses, monkeypatch) as server:
        server.at_end_of(date(2026, 11, 19))
        extract("typeform", "responses", date(2026, 11, 19))
        assert load("typeform", "responses", date(2026, 11, 19)).new == 1
        server.at_end_of(NIGHT)
        extract("typeform", "responses", NIGHT)
        report = load("typeform", "responses", NIGHT)
    assert (report.new, report.same) == (1, 1)
    assert answer(warehouse, "select count(*) from raw.typeform__responses") == 2
