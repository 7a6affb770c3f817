"""Faults between a vendor and the raw tables: retried, resumed, quarantined or named, and nothing half written."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zstandard

from cx_etl import landing
from cx_etl.errors import ConfigError, DataError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from raw_state import answer
from sandboxes import Sandbox, serving

NIGHT = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")


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
    assert answer(warehouse, "select count(*) from raw.typeform__forms") == 0
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


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
    told = "select status || ': ' || error from ops.loads where stream = 'responses'"
    assert answer(warehouse, told).startswith("failed: ")
    report = extract("asknicely", "responses", NIGHT)
    assert report.resumed
    load("asknicely", "responses", NIGHT)
    expected = sandbox.records("asknicely/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert answer(warehouse, "select count(*) from raw.asknicely__responses") == len(expected)
    assert len(landing.runs("asknicely", "responses", NIGHT)) == 1
    assert answer(warehouse, "select status from ops.loads where error is null") == "done"


def test_a_cut_bulk_file_does_not_become_a_quiet_night(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil({"system": "shopify", "path": "_bulk", "kind": "cut_body", "keep_length": False, "times": 3})
    with pytest.raises(RetriableError, match=r"shopify bulk file is cut: \d+ of \d+ lines"):
        extract("shopify", "orders", NIGHT)
    assert not any(run.is_finished for run in landing.runs("shopify", "orders", NIGHT))
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_a_connection_without_password_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TYPEFORM", json.dumps({"host": f"{sandbox.url}/typeform"}))
    with pytest.raises(ConfigError, match="the connection typeform has no password"):
        extract("typeform", "forms", NIGHT)


def test_a_damaged_page_is_noticed(sandbox: Sandbox, warehouse: str) -> None:
    report = extract("typeform", "forms", NIGHT)
    page = landing.folder_of("typeform", "forms", NIGHT) / report.run_id / "page-00001.zst"
    body = zstandard.ZstdDecompressor().decompress(page.read_bytes())
    page.write_bytes(zstandard.ZstdCompressor().compress(body.replace(b"title", b"tilte")))
    with pytest.raises(DataError, match="checksum"):
        load("typeform", "forms", NIGHT)
    assert answer(warehouse, "select count(*) from raw.typeform__forms") == 0


def test_fields_outside_the_contract_are_counted(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil(
        {"system": "typeform", "path": "/forms", "kind": "unknown_field", "field": "colour_c", "value": "red"}
    )
    extract("typeform", "forms", NIGHT)
    load("typeform", "forms", NIGHT)
    assert answer(warehouse, "select (unknown_fields ->> 'colour_c')::int from ops.loads") >= 1
