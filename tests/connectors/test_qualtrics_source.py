"""Qualtrics over the sandbox: exports that fail, files that are cut, swapped or expired, edits of old responses."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from staged import select, stage

from cx_etl import doctor, landing
from cx_etl.errors import ConfigError, CxError, RestartError, RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.reconcile import reconcile
from cx_etl.settings import ROOT
from raw_state import answer
from sandbox.records import qualtrics as records
from sandboxes import Sandbox, serving
from worlds import Line, deletion, moment, version, write_world

NIGHT = date(2026, 11, 20)
SOURCE = "qualtrics"
FILES = {"system": SOURCE, "path": "/file"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setattr("cx_etl.sources.qualtrics.FIRST_WAIT_SECONDS", 0.01)


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract(SOURCE, stream, night), load(SOURCE, stream, night)


@contextmanager
def world(folder: Path, streams: Mapping[str, Sequence[Line]], patch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with serving(write_world(folder / "world", streams)) as sandbox:
        sandbox.connect(patch)
        sandbox.at_end_of(NIGHT)
        yield sandbox


def survey(number: str, name: str = "Any") -> Line:
    record = records.survey(id=number, name=name, created_at=moment(1), modified_at=moment(1), is_active=True)
    return version(moment(1), record)


def response(number: str, at: datetime, survey: str, recorded_at: datetime | None = None, **values: Any) -> Line:
    record = records.response(
        id=number,
        started_at=recorded_at or at,
        ended_at=recorded_at or at,
        recorded_at=recorded_at or at,
        answers={"QID1": 4, **values},
        labels={"QID1": "Happy"},
        language="en",
        email=None,
        name=None,
    )
    return version(at, record, id=number, form_id=survey)


def two_surveys(*more: Line) -> dict[str, list[Line]]:
    first = [response(f"R_1{n}", moment(4 + n), "SV_1") for n in range(3)]
    second = [response(f"R_2{n}", moment(4 + n), "SV_2") for n in range(3)]
    return {
        "qualtrics/surveys": [survey("SV_1"), survey("SV_2"), survey("SV_3")],
        "qualtrics/responses": [*first, *second, *more],
    }


def stored(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute('select "responseId", "surveyId" from raw.qualtrics__responses').fetchall())


def nothing_is_written(dsn: str) -> bool:
    return (
        not stored(dsn)
        and answer(dsn, "select count(*) from ops.watermarks") == 0
        and not any(run.is_finished for run in landing.runs(SOURCE, "responses", NIGHT))
    )


def _given(record: dict[str, Any]) -> Iterator[tuple[str, str | None, str | None]]:
    """What a generated response says, entry by entry, as text."""
    for name, value in record["values"].items():
        if not (name.startswith("QID") or name in ("order_id", "ticket_id", "channel", "_recordId")):
            continue
        words = record["labels"].get(name)
        if isinstance(value, list):
            yield from zip([name] * len(value), value, words, strict=True) if value else [(name, None, None)]
        else:
            yield name, str(value), words


@pytest.mark.parametrize("size", [200, 8 * 1024 * 1024])
def test_what_exists_arrives_with_every_answer(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("cx_etl.files.zipped_line_parts.__defaults__", (size,))
    report, loaded = bring_in("responses")
    expected = sandbox.records("qualtrics/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert set(stored(warehouse)) == set(expected)
    assert loaded.read == report.records == len(expected)
    assert report.pages > 20 if size == 200 else report.pages == 2
    with psycopg.connect(warehouse) as connection:
        found = connection.execute(
            "select _parent_key, question, value, label from raw.qualtrics__responses__answers"
        ).fetchall()
    assert Counter(found) == Counter((key, *given) for key, record in expected.items() for given in _given(record))


def test_an_edit_of_an_old_response_is_found_the_night_after(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = response("R_10", moment(20), "SV_1", recorded_at=moment(4), QID1=1)
    with world(tmp_path, two_surveys(edited), monkeypatch) as sandbox:
        sandbox.at_end_of(date(2026, 11, 19))
        bring_in("responses", date(2026, 11, 19))
        sandbox.at_end_of(NIGHT)
        _, loaded = bring_in("responses")
    assert (loaded.read, loaded.new, loaded.changed) == (1, 0, 1)
    told = "select value from raw.qualtrics__responses__answers where _parent_key = 'R_10' and question = 'QID1'"
    assert answer(warehouse, told) == "1"
    clock = "select _version_at = '2026-11-20 12:00Z' and \"values__recordedDate\" = '2026-11-04 12:00Z' from {}"
    assert answer(warehouse, clock.format("raw.qualtrics__responses where \"responseId\" = 'R_10'"))


def test_a_session_that_ends_late_is_found_by_when_it_was_recorded(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = response("R_late", moment(20, 3), "SV_1")
    late["record"]["values"]["startDate"] = late["record"]["values"]["endDate"] = "2026-11-02T08:00:00Z"
    with world(tmp_path, two_surveys(late), monkeypatch) as sandbox:
        sandbox.at_end_of(date(2026, 11, 19))
        bring_in("responses", date(2026, 11, 19))
        sandbox.at_end_of(NIGHT)
        bring_in("responses")
    assert stored(warehouse)["R_late"] == "SV_1"


def test_what_is_asked_for_is_values_in_utc(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, two_surveys(), monkeypatch):
        bring_in("responses")
    with psycopg.connect(warehouse) as connection:
        (row,) = connection.execute(
            'select "values__recordedDate", "values__startDate", value, label from raw.qualtrics__responses'
            ' inner join raw.qualtrics__responses__answers as answers on _parent_key = "responseId"'
            " where \"responseId\" = 'R_11' and question = 'QID1'"
        ).fetchall()
    assert row == (moment(5), moment(5), "4", "Happy")


def test_deleted_responses_and_surveys_are_marked(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = two_surveys(deletion(moment(20), "R_12"))
    streams["qualtrics/surveys"].append(deletion(moment(20), "SV_3"))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        for night in (date(2026, 11, 19), NIGHT):
            sandbox.at_end_of(night)
            bring_in("surveys", night)
            bring_in("responses", night)
        assert reconcile(SOURCE, "responses", days=30).missed_deletes == 1
    gone = "select {} from raw.qualtrics__{} where _deleted_at is not null"
    assert answer(warehouse, gone.format('"responseId"', "responses")) == "R_12"
    assert answer(warehouse, gone.format("id", "surveys")) == "SV_3"


@pytest.mark.parametrize(
    "rule",
    [
        {"path": "export-responses", "kind": "status", "status": 504, "body": "upstream request timeout"},
        {"path": "export-responses", "kind": "status", "status": 200, "body": {"meta": {"httpStatus": "503 - Busy"}}},
        {"path": "export-responses", "kind": "status", "status": 200, "body": {"meta": {"httpStatus": "429 - Slow"}}},
        {"path": "export-responses", "kind": "status", "status": 200, "body": {"meta": {}}},
        {"path": "export-responses", "kind": "bulk_failed"},
        {**FILES, "kind": "damage"},
        {**FILES, "kind": "cut_body", "keep_length": False},
        {**FILES, "kind": "status", "status": 404},
        {**FILES, "kind": "status", "status": 200, "body": {"meta": {"httpStatus": "500 - Oops"}}},
        {**FILES, "kind": "repeat_page", "after": 1},
    ],
    ids=lambda rule: f"{rule['kind']} {rule.get('status', '')}",
)
def test_what_goes_wrong_once_is_made_good(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any]
) -> None:
    with world(tmp_path, two_surveys(), monkeypatch) as sandbox:
        sandbox.spoil({"system": SOURCE, **rule})
        bring_in("responses")
        assert sandbox.struck() == 1
    assert stored(warehouse) == {f"R_{s}{n}": f"SV_{s}" for s in (1, 2) for n in range(3)}


@pytest.mark.parametrize(
    ("rule", "error", "told"),
    [
        ({"kind": "bulk_failed"}, RestartError, "export of survey SV_1 failed: .*INTERNAL_SERVER_ERROR"),
        ({**FILES, "kind": "damage"}, RetriableError, "export of survey SV_1: the zip is cut or damaged"),
        ({**FILES, "kind": "status", "status": 404}, RestartError, "/file: 404"),
        (
            {"kind": "status", "status": 200, "body": {"meta": {"httpStatus": "401 - Unauthorized"}}},
            ConfigError,
            "401 None",
        ),
        ({"kind": "status", "status": 200, "body": {"meta": {"httpStatus": "400 - Bad"}}}, CxError, "400 None"),
    ],
    ids=["failed job", "damaged zip", "expired file", "refused in a 200", "wrong in a 200"],
)
def test_what_stays_wrong_is_named_and_nothing_is_written(
    warehouse: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rule: dict[str, Any],
    error: type[CxError],
    told: str,
) -> None:
    with world(tmp_path, two_surveys(), monkeypatch) as sandbox:
        sandbox.spoil({"system": SOURCE, "path": "export-responses", **rule, "times": 99})
        with pytest.raises(error, match=told):
            extract(SOURCE, "responses", NIGHT)
        assert nothing_is_written(warehouse)
        sandbox.heal()
        bring_in("responses")
    assert len(stored(warehouse)) == 6


def test_a_survey_that_is_deleted_before_its_export_is_noted_and_the_others_arrive(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = two_surveys()
    streams["qualtrics/surveys"].append(deletion(moment(21, 2, 30), "SV_1"))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        sandbox.spoil({"system": SOURCE, "path": "SV_1/export", "kind": "advance_clock", "seconds": 3600})
        report, _ = bring_in("responses")
    assert set(stored(warehouse).values()) == {"SV_2"}
    assert report.notes == ("survey SV_1 no longer exists: nothing of it was read",)


def test_a_404_of_an_export_does_not_pass_for_a_deleted_survey(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, two_surveys(), monkeypatch) as sandbox:
        body = {"meta": {"httpStatus": "404 - Not Found"}}
        sandbox.spoil({"system": SOURCE, "path": "export", "kind": "status", "status": 404, "body": body, "times": 99})
        with pytest.raises(RestartError, match="does not find survey SV_1 for an export, but it is there"):
            extract(SOURCE, "responses", NIGHT)
        assert nothing_is_written(warehouse)


@pytest.mark.parametrize("size", [1, 2])
def test_surveys_on_many_pages(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("sandbox.qualtrics.LIST_PAGE", size)
    with world(tmp_path, two_surveys(), monkeypatch):
        bring_in("surveys")
        bring_in("responses")
    assert answer(warehouse, "select string_agg(id, ',' order by id) from raw.qualtrics__surveys") == "SV_1,SV_2,SV_3"
    assert len(stored(warehouse)) == 6


def test_only_the_surveys_of_the_settings_are_exported(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cx.toml").write_text((ROOT / "cx.toml").read_text() + '\n[options.qualtrics]\nsurveys = ["SV_2"]\n')
    monkeypatch.setenv("CX_CONFIG", str(tmp_path / "cx.toml"))
    with world(tmp_path, two_surveys(), monkeypatch):
        report, _ = bring_in("responses")
    assert set(stored(warehouse).values()) == {"SV_2"}
    # Start, three polls, the file.
    assert report.calls == 5


def test_a_client_logs_in_with_its_own_credentials(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, two_surveys(), monkeypatch) as sandbox:
        found = {"host": f"{sandbox.url}/qualtrics", "password": "secret", "extra": {"client_id": "robot"}}
        monkeypatch.setenv("AIRFLOW_CONN_QUALTRICS", json.dumps(found))
        report, _ = bring_in("surveys")
    # The token is a call too.
    assert report.calls == 2


def test_staging_holds_the_generated_world(sandbox: Sandbox, warehouse: str) -> None:
    bring_in("surveys")
    bring_in("responses")
    stage(SOURCE)
    expected = sandbox.records("qualtrics/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    found = {
        row["response_key"].rpartition(":")[2]: row
        for row in select(warehouse, "select * from staging.stg_qualtrics__responses")
    }
    assert {key: row["ticket_reference"] for key, row in found.items()} == {
        key: record["values"].get("ticket_id") for key, record in expected.items()
    }
    assert {key: row["email"] for key, row in found.items()} == {
        key: record["values"].get("recipientEmail", "").strip().lower() or None for key, record in expected.items()
    }
    scale = select(
        warehouse,
        "select response_key, answer_number, answer_label from staging.stg_qualtrics__answers where question = 'QID1'",
    )
    assert {row["response_key"].rpartition(":")[2]: int(row["answer_number"]) for row in scale} == {
        key: record["values"]["QID1"] for key, record in expected.items()
    }


def test_doctor_names_the_user_and_counts_surveys(sandbox: Sandbox) -> None:
    findings = [finding for finding in doctor.examine((SOURCE,)) if finding.subject == SOURCE]
    assert {finding.question: finding.answer for finding in findings if finding.question in ("user", "surveys")} == {
        "user": "robot@sandbox of sandbox",
        "surveys": "3 surveys",
    }
    assert all(finding.is_good for finding in findings)
    sandbox.set_clock(datetime(2020, 1, 1, tzinfo=UTC))
    unseen = [finding.answer for finding in doctor.examine((SOURCE,)) if finding.question == "surveys"]
    assert "sees no survey" in unseen[0]
