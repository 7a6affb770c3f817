"""Delighted's archives: the API's answers saved as files, a later save of some of them, and the web export."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from drops import NIGHT

from cx_etl.errors import DataError
from cx_etl.extract import extract
from cx_etl.load import LoadReport, load
from cx_etl.night import window_end
from sandbox.files import deliver

RESPONSE = {
    "id": "1",
    "person": "10",
    "survey_type": "nps",
    "score": 0,
    "comment": None,
    "permalink": "https://delighted.example/r/1",
    "created_at": 1713418460,
    "updated_at": None,
    "person_properties": {"purchase_experience": "Retail Store", "visits": 3},
    "notes": [],
    "tags": [],
    "additional_answers": [
        {
            "id": "4",
            "value": {
                "free_response": None,
                "scale": None,
                "select_one": None,
                "select_many": [{"id": "a", "text": "Convenience"}, {"id": "b", "text": "Friendly staff"}],
            },
            "question": {"id": "q1", "type": "select_many", "text": "What did you enjoy?"},
        },
        {
            "id": "5",
            "value": {"free_response": None, "scale": 4, "select_one": {"id": "c", "text": "Yes"}, "select_many": None},
            "question": {"id": "q2", "type": "select_one", "text": "Again?"},
        },
    ],
}
# 1713418460 seconds after 1970.
GIVEN = datetime(2024, 4, 18, 5, 34, 20, tzinfo=UTC)
EXPORT = "Response ID,Survey Type,Score,Comment,Permalink,Created At,Name,Email,Tags\n"


@pytest.fixture
def folder(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty drop, connected as Delighted's; files are taken as they come."""
    settings = tmp_path / "cx.toml"
    text = (Path(__file__).parents[2] / "cx.toml").read_text(encoding="utf-8")
    settings.write_text(f"{text}\n[options.file_drop]\nsettle_seconds = 0\n", encoding="utf-8")
    monkeypatch.setenv("CX_CONFIG", str(settings))
    found = tmp_path / "drop" / "delighted"
    found.mkdir(parents=True)
    monkeypatch.setenv("AIRFLOW_CONN_DELIGHTED", json.dumps({"host": str(found)}))
    return found


def run(stream: str = "survey_responses") -> LoadReport:
    return load("delighted", stream, NIGHT, extract("delighted", stream, NIGHT).run_id)


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def build_staging() -> None:
    """Build and test the staging models of Delighted."""
    from dbt.cli.main import dbtRunner

    from cx_etl import dbt_runner
    from cx_etl.settings import load_settings

    settings = load_settings()
    values = json.dumps({"build_id": 1, "as_of_date": NIGHT.isoformat(), "time_zone": "UTC"})
    with dbt_runner.variables_set(dbt_runner.dbt_environment(settings)):
        own_tests = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
        chosen = ["build", "--select", "path:models/staging/delighted", *own_tests, "--vars", values]
        outcome = dbtRunner().invoke([*chosen, *dbt_runner.dbt_arguments(settings)])
    assert outcome.success, outcome.exception or [each.message for each in outcome.result]


def test_a_saved_answer_becomes_rows(folder: Path, warehouse: str) -> None:
    (folder / "survey_responses.json").write_text(json.dumps([RESPONSE]))
    assert run().new == 1
    columns = "id, person__id, person__email, score, comment, created_at, _version_at"
    assert rows(warehouse, f"select {columns} from raw.delighted__survey_responses") == [
        ("1", "10", None, 0, None, GIVEN, GIVEN)
    ]
    table = "raw.delighted__survey_responses__additional_answers"
    columns = "id, question__text, value__scale, value__select_one__text, value__select_many"
    assert rows(warehouse, f"select {columns} from {table} order by _position") == [
        ("4", "What did you enjoy?", None, None, ["Convenience", "Friendly staff"]),
        ("5", "Again?", 4, "Yes", None),
    ]
    properties = "select name, value from raw.delighted__survey_responses__person_properties order by _position"
    assert rows(warehouse, properties) == [("purchase_experience", "Retail Store"), ("visits", "3")]


def test_a_person_may_be_an_id_or_all_that_is_known(folder: Path, warehouse: str) -> None:
    person = {"id": "11", "name": "ليلى", "email": "L@x.example", "phone_number": "+9715", "created_at": 1}
    lines = [RESPONSE, {**RESPONSE, "id": "2", "person": person}, {**RESPONSE, "id": "3", "person": 12}]
    (folder / "survey_responses.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert run().new == 3
    columns = "id, person__id, person__name, person__email, person__phone_number"
    assert rows(warehouse, f"select {columns} from raw.delighted__survey_responses order by 1") == [
        ("1", "10", None, None, None),
        ("2", "11", "ليلى", "L@x.example", "+9715"),
        ("3", "12", None, None, None),
    ]


def test_a_response_that_breaks_the_contract_is_held_back_alone(folder: Path, warehouse: str) -> None:
    bad = [
        {**RESPONSE, "id": "2", "score": "nine"},
        {**RESPONSE, "id": "3", "person_properties": ["x"]},
        {"id": "4"},
        {**RESPONSE, "id": "5", "created_at": 10**18},
    ]
    (folder / "survey_responses.json").write_text(json.dumps([RESPONSE, *bad]))
    report = run()
    assert (report.new, report.rejected) == (1, 4)
    held = rows(warehouse, "select natural_key, reason from raw.quarantine order by 1")
    assert [key for key, _ in held] == ["2", "3", "4", "5"]
    assert "`$.score`" in held[0][1]


def test_an_older_save_does_not_undo_an_edit(folder: Path, warehouse: str) -> None:
    edited = {**RESPONSE, "comment": "edited", "updated_at": RESPONSE["created_at"] + 60}
    (folder / "survey_responses_1.json").write_text(json.dumps([edited]))
    (folder / "survey_responses_2.json").write_text(json.dumps([{**RESPONSE, "comment": "as it was"}]))
    run()
    assert rows(warehouse, "select comment from raw.delighted__survey_responses") == [("edited",)]


def test_an_archive_without_scores_is_refused(folder: Path, warehouse: str) -> None:
    (folder / "survey_responses.json").write_text(json.dumps([{"id": "1", "created_at": 1, "person": "1"}]))
    with pytest.raises(DataError, match=r"survey_responses.json has no column 'score'"):
        run()
    assert rows(warehouse, "select count(*) from raw.delighted__survey_responses") == [(0,)]


@pytest.mark.parametrize("titles", [EXPORT, EXPORT.replace("Response ID", "ID").replace("Created At", "Response Time")])
def test_the_export_is_read_under_either_title(folder: Path, warehouse: str, titles: str) -> None:
    (folder / "delighted.csv").write_text(
        titles + '7,NPS,9,"good,\nreally",p,2026-06-29 23:59:59,Zoë,Z@x.example,"a, b"\n'
    )
    assert run("exported_responses").new == 1
    columns = "response_id, score, comment, created_at, email, tags"
    assert rows(warehouse, f"select {columns} from raw.delighted__exported_responses") == [
        ("7", 9, "good,\nreally", datetime(2026, 6, 29, 23, 59, 59, tzinfo=UTC), "Z@x.example", "a, b")
    ]


def test_an_export_with_other_titles_names_what_is_missing(folder: Path, warehouse: str) -> None:
    (folder / "delighted.csv").write_text("Number,Grade\n1,9\n")
    with pytest.raises(DataError, match=r"delighted.csv has no column 'Response ID' or 'ID' or 'response_id', 'Score'"):
        run("exported_responses")
    assert (folder / "delighted.csv").exists()


def test_the_archives_of_the_generated_world_arrive(small_dataset: Path, folder: Path, warehouse: str) -> None:
    files = {path.name: path for path in (small_dataset / "files" / "delighted").glob("*/*")}
    expected: dict[str, Any] = {}
    for name in sorted(files):
        if name.endswith(".json"):
            expected |= {record["id"]: record for record in json.loads(files[name].read_text(encoding="utf-8"))}
    assert len(expected) > 40
    lines_of_edited = gzip.decompress(files["survey_responses_edited.jsonl.gz"].read_bytes()).splitlines()
    edited = [json.loads(line) for line in lines_of_edited]
    assert any(record["id"] in expected for record in edited)
    expected |= {record["id"]: record for record in edited}
    with files["delighted_export_2026-06-30.csv"].open(encoding="utf-8", newline="") as lines:
        exported = {row["Response ID"]: row for row in csv.DictReader(lines)}
    assert exported.keys() > expected.keys()

    deliver(small_dataset, window_end(NIGHT, "UTC") + timedelta(hours=2), folder.parent)
    assert run().rejected == run("exported_responses").rejected == 0
    columns = "id, score, comment, tags, extract(epoch from updated_at)::bigint"
    found = rows(warehouse, f"select {columns} from raw.delighted__survey_responses")
    assert {row[0]: row[1:] for row in found} == {
        key: (record["score"], record["comment"], record["tags"], record["updated_at"])
        for key, record in expected.items()
    }
    found = rows(warehouse, "select response_id, score, comment from raw.delighted__exported_responses")
    assert {row[0]: row[1:] for row in found} == {
        key: (int(row["Score"]), row["Comment"] or None) for key, row in exported.items()
    }
    notes = rows(warehouse, "select count(*) from raw.delighted__survey_responses__notes")
    assert notes == [(len(edited),)]


def test_staging_takes_each_response_once(folder: Path, warehouse: str) -> None:
    """Response 1 is in both archives, 2 in the API's, 7 only in the export; people come from where they are known."""
    lines = [RESPONSE, {**RESPONSE, "id": "2", "person": {"id": "11", "email": " Zoë@X.example"}, "comment": " "}]
    (folder / "survey_responses.jsonl").write_text("\n".join(map(json.dumps, lines)))
    exported = "1,NPS,0,,p,2024-04-18 05:34:20,Ana,ANA@x.example,\n7,NPS,9,good,p,2026-06-29 23:59:59,,,\n"
    (folder / "delighted.csv").write_text(EXPORT + exported)
    run()
    run("exported_responses")
    build_staging()
    columns = "response_key, survey_type, name, email, comment, score, responded_at"
    assert rows(warehouse, f"select {columns} from staging.stg_delighted__responses order by 1") == [
        ("delighted:main:1", "nps", "Ana", "ana@x.example", None, 0, GIVEN),
        ("delighted:main:2", "nps", None, "zoë@x.example", None, 0, GIVEN),
        ("delighted:main:7", "nps", None, None, "good", 9, datetime(2026, 6, 29, 23, 59, 59, tzinfo=UTC)),
    ]
    answers = (
        "select question, answer_text, answer_number, answer_choices from staging.stg_delighted__additional_answers"
    )
    assert rows(warehouse, f"{answers} where response_key = 'delighted:main:1' order by position_in_response") == [
        ("What did you enjoy?", None, None, ["Convenience", "Friendly staff"]),
        ("Again?", "Yes", 4, None),
    ]
    properties = rows(warehouse, "select property, property_value from staging.stg_delighted__response_properties")
    assert sorted(properties) == [*[("purchase_experience", "Retail Store")] * 2, *[("visits", "3")] * 2]
