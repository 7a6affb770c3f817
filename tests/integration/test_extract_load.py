"""From the vendors' APIs to the raw tables: everything arrives once, in any order, and failures write nothing."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import landing
from cx_etl.errors import ConfigError, DataError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.nightly import extract_all, load_all
from cx_etl.sources import SOURCES
from sandboxes import Sandbox, serving

NIGHT = date(2026, 11, 20)
# Raw columns that say how a row came, not what it says.
OURS = {"_night", "_run_id", "_loaded_at", "_observed_at", "_version_at"}
STREAMS = [(source.name, stream.name) for source in SOURCES.values() for stream in source.streams]


@pytest.fixture(autouse=True)
def _few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")


def _run(night: date) -> None:
    list(extract_all(night))
    list(load_all(night))


def _tables(connection: psycopg.Connection) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw' and table_name <> 'quarantine'"
        ).fetchall()
    ]


def _content(dsn: str, but: set[str] = frozenset()) -> dict[str, str]:
    """A digest of every raw table, over all columns but the given."""
    digests = {}
    with psycopg.connect(dsn) as connection:
        for table in _tables(connection):
            columns = [
                f'"{name}"'
                for (name,) in connection.execute(
                    "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s",
                    (table,),
                ).fetchall()
                if name not in but
            ]
            rows = connection.execute(f"select {', '.join(columns)} from raw.{table} order by 1, 2, 3").fetchall()
            digests[table] = f"{len(rows)} {hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()}"
    return digests


def _count(dsn: str, sql: str) -> Any:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchone()[0]


def _versions(dsn: str) -> dict[str, list[Any]]:
    """Physical row versions: an untouched table keeps every one."""
    with psycopg.connect(dsn) as connection:
        return {
            table: connection.execute(f"select ctid::text, xmin::text from raw.{table} order by 1").fetchall()
            for table in _tables(connection)
        }


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
    assert _count(warehouse, "select count(*) from raw.quarantine") == 0


def test_children_arrive_with_their_parents(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    orders = sandbox.records("shopify/orders", datetime(2026, 11, 21, 2, tzinfo=UTC)).values()
    lines = sum(len(order["lineItems"]["nodes"]) for order in orders)
    payments = sum(len(order["transactions"]) for order in orders)
    assert lines > len(list(orders)) > 0
    assert _count(warehouse, "select count(*) from raw.shopify__line_items") == lines
    assert _count(warehouse, "select count(*) from raw.shopify__orders__transactions") == payments


def test_a_night_run_twice_touches_no_row(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    before = _versions(warehouse)
    _run(NIGHT)
    assert _versions(warehouse) == before
    assert _count(warehouse, "select sum(rows_new + rows_changed) from ops.loads") == 0


def test_nights_in_any_order_end_in_the_same_tables(
    sandbox: Sandbox, warehouse: str, postgres: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    nights = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]
    for night in nights:
        sandbox.at_end_of(night)
        _run(night)
    in_order = _content(warehouse, but=OURS)

    from cx_etl.warehouse import migrate

    postgres.create_database("any_order")
    monkeypatch.setenv("CX_WAREHOUSE_DSN", postgres.dsn("any_order"))
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "any_order"))
    migrate()
    for night in (nights[1], nights[2], nights[0]):
        sandbox.at_end_of(night)
        _run(night)
    assert _content(postgres.dsn("any_order"), but=OURS) == in_order


def test_later_nights_bring_what_changed(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.at_end_of(NIGHT - timedelta(days=1))
    _run(NIGHT - timedelta(days=1))
    history = _count(warehouse, "select sum(rows_read) from ops.loads where night = '2026-11-19' and stream = 'orders'")
    sandbox.at_end_of(NIGHT)
    _run(NIGHT)
    read = _count(warehouse, "select sum(rows_read) from ops.loads where night = '2026-11-20' and stream = 'orders'")
    assert 0 < read < history / 5


def test_the_stored_watermark_is_the_true_one(sandbox: Sandbox, warehouse: str) -> None:
    _run(NIGHT)
    assert _count(warehouse, "select min(watermark_at) from ops.watermarks") == datetime(2026, 11, 21, tzinfo=UTC)
    assert _count(warehouse, "select max(watermark_at) from ops.watermarks") == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_night_that_is_not_over_fails_and_moves_no_watermark(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.set_clock(datetime(2026, 11, 20, 22, tzinfo=UTC))
    with pytest.raises(DataError, match=r"shopify orders: the window ends 2026-11-21 00:00 UTC"):
        extract("shopify", "orders", NIGHT)
    assert not any(run.is_finished for run in landing.runs("shopify", "orders", NIGHT))
    assert _count(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.mark.parametrize(
    ("source", "stream", "path", "field", "value"),
    [
        ("zendesk", "tickets", "incremental/tickets", "created_at", "yesterday"),
        ("zendesk", "ticket_events", "ticket_events", "ticket_id", "not a number"),
        ("zendesk", "users", "incremental/users", "id", {}),
        ("zendesk", "satisfaction_ratings", "satisfaction_ratings", "ticket_id", None),
        ("shopify", "orders", "_bulk", "createdAt", 5),
        ("shopify", "customers", "_bulk", "updatedAt", "soon"),
        ("asknicely", "responses", "responses", "answer", "ten"),
        ("typeform", "forms", "/forms", "title", 7),
        ("typeform", "responses", "/responses", "submitted_at", "never"),
    ],
)
def test_one_malformed_record_is_quarantined_and_the_rest_loads(
    sandbox: Sandbox, warehouse: str, source: str, stream: str, path: str, field: str, value: Any
) -> None:
    sandbox.spoil(
        {
            "system": source if path else "asknicely-files",
            "path": path,
            "kind": "malform",
            "field": field,
            "value": value,
        }
    )
    extract(source, stream, NIGHT)
    report = load(source, stream, NIGHT)
    assert report.rejected == 1
    assert report.new == report.read - 1 - report.same
    assert report.new > 0
    reason = _count(warehouse, "select reason from raw.quarantine")
    assert field in reason


def test_too_many_malformed_records_fail_the_stream_and_write_nothing(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [
        {"id": f"form{n}", "title": 7 if n < 12 else "fine", "last_updated_at": "2026-11-01T00:00:00Z"}
        for n in range(40)
    ]
    lines = [json.dumps({"at": "2026-11-01T00:00:00Z", "record": form}) for form in forms]
    (tmp_path / "bad" / "typeform").mkdir(parents=True)
    (tmp_path / "bad" / "typeform" / "forms.jsonl").write_text("\n".join(lines))
    (tmp_path / "bad" / "dataset.toml").write_text(
        'name = "bad"\ntime_zone = "UTC"\nfirst_night = 2026-11-19\nlast_night = 2026-11-20\n'
    )
    with serving(tmp_path / "bad") as server:
        server.at_end_of(NIGHT)
        monkeypatch.setenv("AIRFLOW_CONN_TYPEFORM", json.dumps({"host": f"{server.url}/typeform", "password": "x"}))
        extract("typeform", "forms", NIGHT)
        with pytest.raises(DataError, match=r"typeform forms of 2026-11-20: 12 of 40 records break the contract"):
            load("typeform", "forms", NIGHT)
    assert _count(warehouse, "select count(*) from raw.typeform__forms") == 0
    assert _count(warehouse, "select count(*) from raw.quarantine") == 0
    assert _count(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429, "retry_after": 0},
        {"kind": "html_error"},
        {"kind": "cut_body"},
    ],
)
def test_a_passing_fault_is_retried_and_loses_nothing(sandbox: Sandbox, warehouse: str, rule: dict[str, Any]) -> None:
    sandbox.spoil({"system": "zendesk", "path": "ticket_events", "times": 1, **rule})
    report = extract("zendesk", "ticket_events", NIGHT)
    assert report.calls == report.pages + 1
    load("zendesk", "ticket_events", NIGHT)
    expected = sandbox.records("zendesk/ticket_events", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert _count(warehouse, "select count(*) from raw.zendesk__ticket_events") == len(expected)


def test_the_stores_own_throttle_signal_is_honoured(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil({"system": "shopify", "path": "graphql", "kind": "throttled", "times": 1})
    assert extract("shopify", "orders", NIGHT).calls == 5


def test_a_lasting_fault_fails_by_name_and_the_next_run_goes_on_from_there(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.asknicely.PAGE_SIZE", 40)
    sandbox.spoil({"system": "asknicely", "kind": "status", "status": 500, "times": 3, "after": 3})
    with pytest.raises(RetriableError, match=r"asknicely GET /api/v1/responses/asc/40/\d+/0/json/raw/\w+: 500"):
        extract("asknicely", "responses", NIGHT)
    with pytest.raises(Exception, match="nothing complete has landed"):
        load("asknicely", "responses", NIGHT)
    report = extract("asknicely", "responses", NIGHT)
    assert report.resumed
    load("asknicely", "responses", NIGHT)
    expected = sandbox.records("asknicely/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert _count(warehouse, "select count(*) from raw.asknicely__responses") == len(expected)
    assert len(landing.runs("asknicely", "responses", NIGHT)) == 1


def test_a_cut_bulk_file_does_not_become_a_quiet_night(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil({"system": "shopify", "path": "_bulk", "kind": "cut_body", "keep_length": False, "times": 3})
    with pytest.raises(RetriableError, match=r"shopify bulk file is cut: \d+ of \d+ lines"):
        extract("shopify", "orders", NIGHT)
    assert not any(run.is_finished for run in landing.runs("shopify", "orders", NIGHT))
    assert _count(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.mark.parametrize("source", list(SOURCES))
def test_refused_credentials_are_named(sandbox: Sandbox, source: str) -> None:
    sandbox.spoil({"system": source, "kind": "status", "status": 401})
    with pytest.raises(ConfigError, match=f"{source} .* 401"):
        extract(source, SOURCES[source].streams[0].name, NIGHT)


def test_a_connection_without_password_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TYPEFORM", json.dumps({"host": f"{sandbox.url}/typeform"}))
    with pytest.raises(ConfigError, match="the connection typeform has no password"):
        extract("typeform", "forms", NIGHT)


def test_a_damaged_page_is_noticed(sandbox: Sandbox, warehouse: str) -> None:
    report = extract("typeform", "forms", NIGHT)
    page = landing.finished_run("typeform", "forms", NIGHT, report.run_id).path / "page-00001.zst"
    import zstandard

    body = zstandard.ZstdDecompressor().decompress(page.read_bytes())
    page.write_bytes(zstandard.ZstdCompressor().compress(body.replace(b"title", b"tilte")))
    with pytest.raises(DataError, match="checksum"):
        load("typeform", "forms", NIGHT)
    assert _count(warehouse, "select count(*) from raw.typeform__forms") == 0


def test_fields_outside_the_contract_are_counted(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil(
        {"system": "typeform", "path": "/forms", "kind": "unknown_field", "field": "colour_c", "value": "red"}
    )
    extract("typeform", "forms", NIGHT)
    load("typeform", "forms", NIGHT)
    assert _count(warehouse, "select (unknown_fields ->> 'colour_c')::int from ops.loads") >= 1


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
    assert _count(warehouse, f"select count(*) from raw.{table}") == len(expected)


def test_a_page_served_twice_hides_no_other_page(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.asknicely.PAGE_SIZE", 40)
    sandbox.spoil({"system": "asknicely", "kind": "repeat_page"})
    extract("asknicely", "responses", NIGHT)
    load("asknicely", "responses", NIGHT)
    expected = sandbox.records("asknicely/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert _count(warehouse, "select count(*) from raw.asknicely__responses") == len(expected)


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
    assert _count(warehouse, "select count(*) from raw.typeform__responses") == 2
