"""SurveyMonkey over the sandbox: quotas, surveys that go away, responses that change, words that are edited."""

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from staged import select, stage

from cx_etl import doctor, landing, status
from cx_etl.errors import ConfigError, CxError, QuotaError, RestartError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.reconcile import reconcile
from cx_etl.settings import ROOT
from raw_state import answer
from sandbox.records import surveymonkey as records
from sandboxes import Sandbox, serving
from worlds import Line, deletion, moment, version, write_world

NIGHT = date(2026, 11, 20)
SOURCE = "surveymonkey"
COLOURS = (records.choice("71", "Red", 1), records.choice("72", "Синий", 2))
RENAMED = (records.choice("71", "Crimson", 1),)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract(SOURCE, stream, night), load(SOURCE, stream, night)


@contextmanager
def world(
    folder: Path, streams: Mapping[str, Sequence[Line]], patch: pytest.MonkeyPatch, limited: bool = False
) -> Iterator[Sandbox]:
    with serving(write_world(folder / "world", streams), limited) as sandbox:
        sandbox.connect(patch)
        sandbox.at_end_of(NIGHT)
        yield sandbox


def survey(number: str, at: datetime, choices: tuple[dict[str, Any], ...] = COLOURS) -> Line:
    record = records.survey(
        id=number,
        title=f"Survey {number}",
        language="en",
        created_at=moment(1),
        modified_at=at,
        page_title="",
        questions=[records.Question("7", "single_choice", "vertical", "Which colour?", choices)],
    )
    return version(at, record)


def response(
    number: str, at: datetime, survey: str = "20", state: str = "completed", chosen: str = "71", **more: Any
) -> Line:
    record = records.response(
        id=number,
        survey_id=survey,
        status=state,
        created_at=more.pop("created_at", at),
        modified_at=at,
        answers={"7": [{"choice_id": chosen}]},
        variables={},
        email=None,
        name=None,
        recipient_id="0",
    )
    return version(at, {**record, **more})


def two_surveys(*more: Line) -> dict[str, list[Line]]:
    """Two surveys with three responses each, and one without any."""
    first = [response(f"1{n}", moment(4 + n), "20") for n in range(3)]
    second = [response(f"2{n}", moment(4 + n), "21") for n in range(3)]
    return {
        "surveymonkey/surveys": [survey("20", moment(1)), survey("21", moment(2)), survey("22", moment(3))],
        "surveymonkey/responses": [*first, *second, *more],
    }


def options(patch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    (folder / "cx.toml").write_text((ROOT / "cx.toml").read_text() + f"\n[options.surveymonkey]\n{text}\n")
    patch.setenv("CX_CONFIG", str(folder / "cx.toml"))


def stored(dsn: str, column: str = "response_status") -> dict[str, Any]:
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute(f"select id, {column} from raw.surveymonkey__responses").fetchall())


# Whether a response modified in the very second of the window's start is "after" it, the vendor does not say.
@pytest.mark.parametrize("after", [operator.gt, operator.ge])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_what_exists_arrives_with_every_answer(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, size: int, after: Any
) -> None:
    monkeypatch.setattr("sandbox.surveymonkey.is_after", after)
    monkeypatch.setattr("cx_etl.sources.surveymonkey.PAGE_SIZE", size)
    bring_in("responses")
    now = datetime(2026, 11, 21, 2, tzinfo=UTC)
    living = set(sandbox.records("surveymonkey/surveys", now))
    expected = {k: r for k, r in sandbox.records("surveymonkey/responses", now).items() if r["survey_id"] in living}
    assert stored(warehouse) == {key: row["response_status"] for key, row in expected.items()}
    given = {
        (row["id"], question["id"], each.get("choice_id"), each.get("other_id"), each.get("row_id"), each.get("text"))
        for row in expected.values()
        for page in row["pages"]
        for question in page["questions"]
        for each in question["answers"]
    }
    with psycopg.connect(warehouse) as connection:
        found = connection.execute(
            "select _parent_key, question_id, choice_id, other_id, row_id, text"
            " from raw.surveymonkey__responses__answers"
        ).fetchall()
        named = connection.execute(
            "select _parent_key, value from raw.surveymonkey__responses__custom_variables where name = 'order_id'"
        ).fetchall()
    assert len(found) == len(given)
    assert set(found) == given
    assert dict(named) == {key: row["custom_variables"]["order_id"] for key, row in expected.items()}


def test_more_responses_in_one_second_than_fit_on_a_page(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = [response(f"3{n:02d}", moment(8, second=n // 25)) for n in range(60)]
    monkeypatch.setattr("cx_etl.sources.surveymonkey.PAGE_SIZE", 10)
    with world(tmp_path, two_surveys(*crowd), monkeypatch):
        bring_in("responses")
    assert len(stored(warehouse)) == 66


def test_a_response_that_changes_between_two_pages_hides_no_other(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It moves to the end, the third takes its place on the first page, and a new one makes up the vendor's total."""
    monkeypatch.setattr("cx_etl.sources.surveymonkey.PAGE_SIZE", 2)
    streams = {
        "surveymonkey/surveys": [survey("20", moment(1))],
        "surveymonkey/responses": [
            *(response(f"{n}", moment(3 + n)) for n in range(1, 7)),
            response("1", moment(21, 2, 30), created_at=moment(4)),
            response("7", moment(21, 2, 31)),
        ],
    }
    with world(tmp_path, streams, monkeypatch) as sandbox:
        sandbox.spoil({"system": SOURCE, "path": "/bulk", "kind": "advance_clock", "seconds": 3600, "after": 1})
        bring_in("responses")
    assert set(stored(warehouse)) == set("1234567")


def test_nights_bring_completions_corrections_and_no_call_for_what_cannot_have_changed(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = two_surveys(
        response("p", moment(18), state="partial"),
        response("p", moment(20), state="completed", created_at=moment(18), chosen="72"),
        # Its survey's date does not move.
        response("10", moment(20, 13), created_at=moment(4), chosen="72"),
    )
    with world(tmp_path, streams, monkeypatch) as sandbox:
        sandbox.at_end_of(date(2026, 11, 19))
        bring_in("responses", date(2026, 11, 19))
        assert stored(warehouse)["p"] == "partial"
        bring_in("survey_details", date(2026, 11, 19))
        sandbox.at_end_of(NIGHT)
        extracted, loaded = bring_in("responses")
        assert (loaded.new, loaded.changed) == (0, 2)
        # The list and the two surveys that have responses; the third has none.
        assert extracted.calls == 3
        assert extract(SOURCE, "survey_details", NIGHT).calls == 1
    assert stored(warehouse)["p"] == "completed"
    chosen = "select string_agg(choice_id, ',') from raw.surveymonkey__responses__answers where _parent_key = '{}'"
    assert answer(warehouse, chosen.format("p")) == "72"
    assert answer(warehouse, chosen.format("10")) == "72"


def test_only_the_surveys_of_the_settings_are_asked(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options(monkeypatch, tmp_path, 'surveys = ["21", 404]')
    with world(tmp_path, two_surveys(), monkeypatch):
        extracted, _ = bring_in("responses")
        assert extract(SOURCE, "survey_details", NIGHT).records == 1
    assert set(stored(warehouse)) == {"20", "21", "22"}
    # One call each, and one that proves that there is no survey 404, which is said and not swallowed.
    assert extracted.calls == 3
    assert extracted.notes == ("survey 404 no longer exists: nothing of it was read",)


def test_a_survey_that_is_deleted_while_the_night_walks_is_noted_and_the_others_arrive(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = two_surveys()
    streams["surveymonkey/surveys"].append(deletion(moment(21, 2, 30), "21"))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        sandbox.spoil({"system": SOURCE, "path": "/20/responses/bulk", "kind": "advance_clock", "seconds": 3600})
        bring_in("responses")
        bring_in("surveys")
    assert set(stored(warehouse)) == {"10", "11", "12"}
    gone = "survey 21 no longer exists: nothing of it was read"
    assert answer(warehouse, "select notes from ops.loads where stream = 'responses'") == [gone]
    assert f"note: surveymonkey/responses, 2026-11-20: {gone}" in status.as_text(status.read())


def test_a_survey_that_is_deleted_between_its_pages_restarts_the_night(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What of it had come was counted by the vendor, so the run cannot be proven; the next one does not list it."""
    monkeypatch.setattr("cx_etl.sources.surveymonkey.PAGE_SIZE", 2)
    streams = two_surveys()
    streams["surveymonkey/surveys"].append(deletion(moment(21, 2, 30), "21"))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        sandbox.spoil(
            {"system": SOURCE, "path": "/21/responses/bulk", "kind": "advance_clock", "seconds": 3600, "after": 1}
        )
        bring_in("responses")
    assert set(stored(warehouse)) == {"10", "11", "12"}
    assert len(landing.runs(SOURCE, "responses", NIGHT)) == 2


NOT_FOUND = {"error": {"id": "1020", "name": "Resource Not Found", "message": "gone?", "http_status_code": 404}}


@pytest.mark.parametrize(
    ("body", "times", "error", "told"),
    [
        (NOT_FOUND, 9, RestartError, "does not find the responses of survey 20, but the survey"),
        ({"error": {"id": "1002", "message": "no such page"}}, 1, CxError, r"404 no such page \(error 1002\)"),
        ({"error": "nothing here"}, 1, CxError, r"404 nothing here \(error without id\)"),
    ],
)
def test_no_other_404_passes_for_a_deleted_survey(
    warehouse: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: object,
    times: int,
    error: type[CxError],
    told: str,
) -> None:
    with world(tmp_path, two_surveys(), monkeypatch) as sandbox:
        fault = {"kind": "status", "status": 404, "body": body, "times": times}
        sandbox.spoil({"system": SOURCE, "path": "/20/responses/bulk", **fault})
        with pytest.raises(error, match=told):
            extract(SOURCE, "responses", NIGHT)
    assert not any(run.is_finished for run in landing.runs(SOURCE, "responses", NIGHT))
    assert answer(warehouse, "select count(*) from raw.surveymonkey__responses") == 0
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_a_deleted_survey_and_deleted_responses_are_marked_in_the_end(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = two_surveys(deletion(moment(20), "11"))
    streams["surveymonkey/surveys"].append(deletion(moment(20), "21"))
    gone = "select string_agg(id, ',' order by id) from raw.surveymonkey__{} where _deleted_at is not null"
    with world(tmp_path, streams, monkeypatch) as sandbox:
        for night in (date(2026, 11, 19), NIGHT):
            sandbox.at_end_of(night)
            bring_in("surveys", night)
            bring_in("responses", night)
        assert answer(warehouse, gone.format("surveys")) == "21"
        assert answer(warehouse, gone.format("responses")) is None
        report = reconcile(SOURCE, "responses", days=30)
    assert report.missed_deletes == 4
    assert answer(warehouse, gone.format("responses")) == "11,20,21,22"


def test_a_day_that_is_used_up_ends_the_run_and_the_next_day_goes_on_there(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.surveymonkey.WINDOWS", (("Day", 2, 86_400), ("Minute", 120, 60)))
    with world(tmp_path, two_surveys(), monkeypatch, limited=True):
        with pytest.raises(QuotaError, match=r"all 2 calls are used up; the limit starts anew in 24.0 hours"):
            extract(SOURCE, "responses", NIGHT)
        # Refused at its first call.
        with pytest.raises(QuotaError, match=r"429 .*1040.*starts anew in 24.0 hours"):
            extract(SOURCE, "responses", NIGHT)
        assert answer(warehouse, "select count(*) from ops.watermarks") == 0
        monkeypatch.setattr("sandbox.surveymonkey.WINDOWS", (("Day", 500, 86_400), ("Minute", 120, 60)))
        extracted, _ = bring_in("responses")
    assert extracted.resumed
    # The list and one survey were read on the day before; the call that was refused does not count.
    assert extracted.calls == 3
    assert len(stored(warehouse)) == 6


def test_a_minute_that_is_used_up_is_waited_for(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.surveymonkey.WINDOWS", (("Day", 500, 86_400), ("Minute", 2, 1)))
    with world(tmp_path, two_surveys(), monkeypatch, limited=True):
        extracted, _ = bring_in("responses")
    # No call was refused: the headers said when to wait.
    assert extracted.calls == 3
    assert extracted.seconds >= 1
    assert len(stored(warehouse)) == 6


@pytest.mark.parametrize(
    ("password", "rule", "told"),
    [
        ("eu-token", None, r"1018.*another region\n  next: set the connection's host to the access_url"),
        ("t", {"id": "1014", "message": "not granted"}, r"403 not granted \(error 1014\)\n  next: grant the app"),
        ("t", {"id": "1052", "message": "user deleted"}, "the user of the token is gone"),
    ],
)
def test_refusals_say_what_to_do(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, password: str, rule: dict[str, str] | None, told: str
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SURVEYMONKEY", f'{{"host": "{sandbox.url}/surveymonkey", "password": "{password}"}}'
    )
    if rule:
        sandbox.spoil({"system": SOURCE, "kind": "status", "status": 403, "body": {"error": rule}})
    with pytest.raises(ConfigError, match=told):
        extract(SOURCE, "surveys", NIGHT)


def test_a_survey_that_is_too_large_is_named(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = two_surveys()
    large = survey("23", moment(5))
    large["record"]["question_count"] = 1001
    streams["surveymonkey/surveys"].append(large)
    with (
        world(tmp_path, streams, monkeypatch),
        pytest.raises(CxError, match=r"surveys/23/details: 413 .*\n  next: .*leave it out of \[options.surveymonkey\]"),
    ):
        extract(SOURCE, "survey_details", NIGHT)


def test_dates_without_offset_are_utc(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, two_surveys(), monkeypatch):
        bring_in("surveys")
        bring_in("survey_details")
    for table in ("surveys", "survey_details"):
        sql = f"select (date_modified, _version_at) = (%s, %s) from raw.surveymonkey__{table} where id = '21'"
        with psycopg.connect(warehouse) as connection:
            assert connection.execute(sql, (moment(2), moment(2))).fetchone() == (True,)


def test_answers_say_what_they_said_when_they_were_given(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A choice is reworded and another one removed; earlier answers keep the words that were chosen."""
    streams = two_surveys(
        response("red", moment(10), chosen="71"),
        response("blue", moment(10), chosen="72"),
        response("crimson", moment(20), chosen="71"),
    )
    streams["surveymonkey/surveys"].append(survey("20", moment(19, 20), RENAMED))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        for night in (date(2026, 11, 18), date(2026, 11, 19), NIGHT):
            sandbox.at_end_of(night)
            bring_in("surveys", night)
            bring_in("survey_details", night)
            bring_in("responses", night)
    stage(SOURCE)
    said = {
        row["response_key"].rpartition(":")[2]: row["choice_text"]
        for row in select(warehouse, "select response_key, choice_text from staging.stg_surveymonkey__answers")
    }
    assert {key: said[key] for key in ("red", "blue", "crimson")} == {
        "red": "Red",
        "blue": "Синий",
        "crimson": "Crimson",
    }
    assert len(said) == 9
    recipients = select(warehouse, "select distinct recipient_id, email, name from staging.stg_surveymonkey__responses")
    assert recipients == [{"recipient_id": None, "email": None, "name": None}]


def test_staging_holds_the_generated_world(sandbox: Sandbox, warehouse: str) -> None:
    for stream in ("surveys", "survey_details", "responses"):
        bring_in(stream)
    stage(SOURCE)
    scored = select(
        warehouse,
        "select count(*) as n, count(answer_number) as numbers, count(choice_text) as words, count(row_text) as rows"
        " from staging.stg_surveymonkey__answers where question = '5101'",
    )[0]
    assert scored["n"] > 10
    assert scored["n"] == scored["numbers"] == scored["words"] == scored["rows"]
    known = select(warehouse, "select count(email) as emails, count(*) as n from staging.stg_surveymonkey__responses")[
        0
    ]
    assert 0 < known["emails"] < known["n"]
    mixed = "select count(*) as n from staging.stg_surveymonkey__responses where email <> lower(trim(email))"
    assert select(warehouse, mixed) == [{"n": 0}]


def test_doctor_asks_for_scopes_and_counts_surveys(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> dict[str, doctor.Finding]:
        return {finding.question: finding for finding in doctor.examine((SOURCE,)) if finding.subject == SOURCE}

    good = found()
    assert (good["user and scopes"].answer, good["surveys"].answer) == (
        "sandbox, all scopes",
        "3 surveys, all of them are asked for responses",
    )
    assert all(finding.is_good for finding in good.values())
    monkeypatch.setattr("sandbox.surveymonkey.SCOPES", ["users_read", "surveys_read"])
    bad = found()
    assert "the token lacks the scopes responses_read, responses_read_detail" in bad["user and scopes"].answer


def test_too_many_surveys_for_a_day_are_said_so(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.surveymonkey.WINDOWS", (("Day", 3, 86_400), ("Minute", 120, 60)))
    answers = [finding.answer for finding in doctor.examine((SOURCE,)) if finding.question == "surveys"]
    assert "3 surveys need as many calls a night, 3 are allowed" in answers[0]
