"""The weekly walk over a longer window: what the nights missed is found, counted and repaired; nothing else changes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cx_etl.errors import ConfigError, DataError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.reconcile import reconcile
from raw_state import answer, content, versions
from sandboxes import Sandbox, serving

NIGHTS = (date(2026, 11, 19), date(2026, 11, 20))


@contextmanager
def _forms_world(folder: Path, lines: list[dict[str, Any]], patch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox with one Typeform form and these lines of responses."""
    form = {"id": "f", "title": "f", "last_updated_at": "2026-10-01T00:00:00Z"}
    (folder / "typeform").mkdir(parents=True)
    (folder / "typeform" / "forms.jsonl").write_text(json.dumps({"at": "2026-10-01T00:00:00Z", "record": form}))
    (folder / "typeform" / "responses.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "dataset.toml").write_text(
        'name = "late"\ntime_zone = "UTC"\nfirst_night = 2026-10-01\nlast_night = 2026-11-20\n'
    )
    with serving(folder) as server:
        patch.setenv("AIRFLOW_CONN_TYPEFORM", json.dumps({"host": f"{server.url}/typeform", "password": "x"}))
        yield server


def _line(name: str, at: str, submitted_at: str) -> dict[str, Any]:
    times = {"landed_at": submitted_at, "submitted_at": submitted_at}
    record = {"response_id": name, "token": name, "response_type": "completed", **times}
    return {"at": at, "form_id": "f", "record": record}


LINES = [
    *(_line(f"in_time_{day}", f"2026-11-{day:02}T10:00:00Z", f"2026-11-{day:02}T10:00:00Z") for day in range(1, 20)),
    # Visible to the API nine days after it was submitted: no nightly overlap reaches back that far.
    _line("far_too_late", "2026-11-20T05:00:00Z", "2026-11-11T12:00:00Z"),
    # Submitted after the last night: not missed, but not yet due.
    _line("tonight", "2026-11-21T00:30:00Z", "2026-11-21T00:30:00Z"),
    {"at": "2026-11-20T09:00:00Z", "deleted": True, "id": "in_time_7"},
]


def _load_nights(server: Sandbox) -> None:
    for night in NIGHTS:
        server.at_end_of(night)
        extract("typeform", "responses", night)
        load("typeform", "responses", night)


def test_what_the_nights_missed_is_found_counted_and_repaired(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _forms_world(tmp_path / "world", LINES, monkeypatch) as server:
        _load_nights(server)
        assert answer(warehouse, "select count(*) from raw.typeform__responses where response_id = 'far_too_late'") == 0
        watermark = answer(warehouse, "select max(watermark_at) from ops.watermarks")
        report = reconcile("typeform", "responses", days=60)
    assert (report.missed_new, report.missed_changes, report.missed_deletes) == (1, 0, 1)
    assert report.walked == 20
    assert report.miss_rate == 1 / 20
    living = "select string_agg(response_id, ' ' order by response_id) from raw.typeform__responses where {}"
    deleted = answer(warehouse, living.format("_deleted_at is not null"))
    assert deleted == "in_time_7"
    assert "far_too_late" in answer(warehouse, living.format("_deleted_at is null"))
    assert answer(warehouse, "select missed_new + missed_deletes from ops.reconciliations") == 2
    assert answer(warehouse, "select max(watermark_at) from ops.watermarks") == watermark


def test_a_second_walk_finds_and_touches_nothing(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _forms_world(tmp_path / "world", LINES, monkeypatch) as server:
        _load_nights(server)
        reconcile("typeform", "responses", days=60)
        before = versions(warehouse)
        report = reconcile("typeform", "responses", days=60)
    assert (report.missed_new, report.missed_changes, report.missed_deletes) == (0, 0, 0)
    assert versions(warehouse) == before


def test_records_older_than_the_walk_are_not_taken_for_deleted(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _forms_world(tmp_path / "world", LINES, monkeypatch) as server:
        _load_nights(server)
        report = reconcile("typeform", "responses", days=5)
    assert (report.missed_new, report.missed_deletes) == (0, 0)
    assert answer(warehouse, "select count(*) from raw.typeform__responses where _deleted_at is not null") == 0


def test_a_walk_goes_no_further_back_than_the_stream_can(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _forms_world(tmp_path / "world", LINES, monkeypatch) as server:
        _load_nights(server)
        reconcile("typeform", "responses", days=365)
    assert answer(warehouse, "select window_to - window_from from ops.reconciliations") == timedelta(days=90)


def test_a_record_that_comes_back_lives_again(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = _line("in_time_7", "2026-11-22T09:00:00Z", "2026-11-07T10:00:00Z")
    with _forms_world(tmp_path / "world", [*LINES, again], monkeypatch) as server:
        _load_nights(server)
        reconcile("typeform", "responses", days=60)
        server.at_end_of(date(2026, 11, 22))
        report = reconcile("typeform", "responses", days=60)
    assert report.missed_changes == 1
    assert answer(warehouse, "select count(*) from raw.typeform__responses where _deleted_at is not null") == 0


def test_a_lost_scope_does_not_delete_everything(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [{"at": "2026-11-20T09:00:00Z", "deleted": True, "id": f"in_time_{day}"} for day in range(1, 16)]
    with _forms_world(tmp_path / "world", [*LINES, *gone], monkeypatch) as server:
        _load_nights(server)
        before = content(warehouse)
        with pytest.raises(DataError, match=r"typeform responses: 15 of 21 records are gone from the source's answer"):
            reconcile("typeform", "responses", days=60)
    assert content(warehouse) == before
    assert answer(warehouse, "select count(*) from ops.reconciliations") == 0


def test_a_stream_never_loaded_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match="typeform responses has never been loaded"):
        reconcile("typeform", "responses")


@pytest.mark.parametrize(
    ("source", "stream"), [("zendesk", "tickets"), ("shopify", "orders"), ("asknicely", "responses")]
)
def test_where_nothing_was_missed_nothing_is_found(sandbox: Sandbox, warehouse: str, source: str, stream: str) -> None:
    for night in NIGHTS:
        sandbox.at_end_of(night)
        extract(source, stream, night)
        load(source, stream, night)
    before = versions(warehouse)
    report = reconcile(source, stream)
    assert report.walked > 0
    assert (report.missed_new, report.missed_changes, report.missed_deletes) == (0, 0, 0)
    assert versions(warehouse) == before
