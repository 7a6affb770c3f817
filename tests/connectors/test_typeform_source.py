"""Typeform over the sandbox: unfinished responses, edges of windows, the half hour, forms that change or go away."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from staged import select, stage

from cx_etl import doctor, landing
from cx_etl.errors import ConfigError, DataError, RestartError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.reconcile import reconcile
from cx_etl.settings import ROOT
from raw_state import answer
from sandbox.records.writer import stamp
from sandboxes import Sandbox, serving
from worlds import Line, deletion, moment, version, write_world

NIGHT = date(2026, 11, 20)
BEFORE = date(2026, 11, 19)
NEVER = "0001-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")


def bring_in(stream: str = "responses", night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("typeform", stream, night), load("typeform", stream, night)


@contextmanager
def world(
    folder: Path, streams: Mapping[str, Sequence[Line]], patch: pytest.MonkeyPatch, limited: bool = False
) -> Iterator[Sandbox]:
    with serving(write_world(folder / "world", streams), limited) as sandbox:
        sandbox.connect(patch)
        sandbox.at_end_of(NIGHT)
        yield sandbox


def form(number: str, at: datetime | None = None) -> Line:
    at = at or moment(1)
    return version(at, {"id": number, "title": number, "created_at": stamp(at), "last_updated_at": stamp(at)})


def response(name: str, at: datetime, form: str = "F1", kind: str = "completed", **more: Any) -> Line:
    clocks = {
        "completed": {"submitted_at": stamp(at)},
        "partial": {"staged_at": stamp(at), "submitted_at": NEVER},
        "started": {"submitted_at": NEVER},
    }
    landed = more.pop("landed_at", at)
    known = {"response_id": name, "token": name, "landed_at": stamp(landed), "response_type": kind}
    return version(at, {**known, **clocks[kind], "hidden": {}, **more}, form_id=form)


def forms_and(*responses: Line) -> dict[str, list[Line]]:
    return {"typeform/forms": [form("F1"), form("F2")], "typeform/responses": list(responses)}


def read_types(patch: pytest.MonkeyPatch, folder: Path, types: Sequence[str]) -> None:
    text = (ROOT / "cx.toml").read_text() + f"\n[options.typeform]\nresponse_types = {json.dumps(list(types))}\n"
    (folder / "cx.toml").write_text(text)
    patch.setenv("CX_CONFIG", str(folder / "cx.toml"))


def stored(dsn: str, column: str = "response_type") -> dict[str, Any]:
    with psycopg.connect(dsn) as connection:
        return dict(connection.execute(f"select response_id, {column} from raw.typeform__responses").fetchall())


UNFINISHED = forms_and(
    response("done", moment(18), landed_at=moment(2)),
    response("half", moment(18), kind="partial", landed_at=moment(2)),
    response("begun", moment(18), kind="started"),
    # Half filled in since the first of the month, finished on the last day.
    response("late", moment(18), kind="partial", landed_at=moment(2)),
    response("late", moment(20), landed_at=moment(2)),
    response("far", moment(18), "F2", kind="partial"),
)


def test_without_a_word_only_completed_responses_are_read(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, UNFINISHED, monkeypatch):
        bring_in()
    assert stored(warehouse) == {"done": "completed", "late": "completed"}


def test_unfinished_responses_are_read_by_their_own_clocks_and_become_completed(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_types(monkeypatch, tmp_path, ("completed", "partial", "started"))
    monkeypatch.setattr("cx_etl.sources.typeform.PAGE_SIZE", 1)
    with world(tmp_path, UNFINISHED, monkeypatch) as sandbox:
        sandbox.at_end_of(date(2026, 11, 17))
        extracted, _ = bring_in(night=date(2026, 11, 17))
        assert stored(warehouse) == {}
        assert extracted.calls == 1 + 2 * 3, "the list, and each type of each form by itself"
        sandbox.at_end_of(BEFORE)
        bring_in(night=BEFORE)
        kinds = {"done": "completed", "half": "partial", "begun": "started", "late": "partial", "far": "partial"}
        assert stored(warehouse) == kinds
        assert set(stored(warehouse, "_version_at").values()) == {moment(18)}
        sandbox.at_end_of(NIGHT)
        _, loaded = bring_in()
        assert (loaded.new, loaded.changed) == (0, 1)
        assert reconcile("typeform", "responses", days=10).missed_deletes == 0
    assert stored(warehouse) == {**kinds, "late": "completed"}
    stage("typeform")
    staged = select(warehouse, "select submitted_at from staging.stg_typeform__responses order by 1")
    assert [row["submitted_at"] for row in staged] == [moment(18), moment(20)]


@pytest.mark.parametrize("types", [[], ["completed", "abandoned"]])
def test_a_type_that_there_is_not_is_named(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, types: list[str]
) -> None:
    read_types(monkeypatch, tmp_path, types)
    with pytest.raises(
        ConfigError, match=r"\[options.typeform\] response_types is .*\n  next: write some of completed"
    ):
        extract("typeform", "responses", NIGHT)


def test_both_edges_of_a_window_are_in_it_and_the_same_response_is_one_row(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = moment(20, 0)
    edges = [response(f"{n}", midnight + timedelta(seconds=n)) for n in (-1, 0, 1)]
    with world(tmp_path, forms_and(*edges), monkeypatch) as sandbox:
        sandbox.at_end_of(BEFORE)
        assert bring_in(night=BEFORE)[1].new == 3
        sandbox.at_end_of(NIGHT)
        _, loaded = bring_in()
    assert (loaded.read, loaded.new, loaded.same) == (3, 0, 3)
    assert set(stored(warehouse)) == {"-1", "0", "1"}


def test_the_last_half_hour_of_a_night_is_waited_for(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, forms_and(response("last", moment(20, 23, 59, 59))), monkeypatch) as sandbox:
        sandbox.set_clock(moment(21, 0, 20))
        with pytest.raises(DataError, match=r"typeform responses: the window ends 2026-11-21 00:00 UTC .* 00:20"):
            extract("typeform", "responses", NIGHT)
        assert not any(run.is_finished for run in landing.runs("typeform", "responses", NIGHT))
        assert answer(warehouse, "select count(*) from ops.watermarks") == 0
        sandbox.set_clock(moment(21, 0, 30))
        bring_in()
    assert set(stored(warehouse)) == {"last"}


def _given(ref: str, number: int) -> dict[str, Any]:
    return {"field": {"id": ref, "type": "nps", "ref": ref}, "type": "number", "number": number}


def test_what_the_vendor_leaves_out_is_null_and_what_the_form_lost_is_kept(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form's question "old" was deleted on the tenth; who had answered it, had."""
    streams = forms_and(
        response("no answers", moment(18)),
        response("null answers", moment(18), answers=None, hidden=None),
        response("old question", moment(5), answers=[_given("old", 3), _given("new", 9)]),
        response("no email", moment(18), hidden={"order_id": "7"}),
        response("null email", moment(18), hidden={"customer_email": None, "order_id": "8"}),
    )
    streams["typeform/forms"].append(form("F1", moment(10)))
    with world(tmp_path, streams, monkeypatch):
        bring_in("forms")
        _, loaded = bring_in()
    assert (loaded.new, loaded.rejected) == (5, 0)
    stage("typeform")
    people = select(warehouse, "select email, order_reference from staging.stg_typeform__responses where email is null")
    assert sorted(row["order_reference"] or "" for row in people) == ["", "", "", "7", "8"]
    given = select(warehouse, "select question, answer_number from staging.stg_typeform__answers order by 1")
    assert [(row["question"], int(row["answer_number"])) for row in given] == [("new", 9), ("old", 3)]


def test_every_kind_of_answer_has_a_column(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    field = {"id": "q", "type": "any"}
    answers = [
        {"field": field, "type": "choices", "choices": {"ids": ["1", "2"], "labels": ["a", "b"], "other": "c"}},
        {"field": field, "type": "choice", "choice": {"id": "1", "label": "a", "other": "b"}},
        {"field": field, "type": "date", "date": "2026-11-18"},
        {"field": field, "type": "email", "email": "A@b.example"},
        {"field": field, "type": "phone_number", "phone_number": "+351"},
        {"field": field, "type": "url", "url": "https://a.example"},
        {"field": field, "type": "file_url", "file_url": "https://b.example"},
    ]
    with world(tmp_path, forms_and(response("all", moment(18), answers=answers)), monkeypatch):
        bring_in()
    with psycopg.connect(warehouse) as connection:
        found = connection.execute(
            "select coalesce(choices__labels::text || choices__other, choice__label || choice__other, date, email,"
            " phone_number, url, file_url) from raw.typeform__responses__answers order by _position"
        ).fetchall()
    assert [value for (value,) in found] == [
        *("{a,b}c", "ab", "2026-11-18", "A@b.example", "+351", "https://a.example", "https://b.example")
    ]


def test_a_completed_response_without_its_time_is_held_back(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = forms_and(response("whole", moment(18)), response("timeless", moment(18)))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        fault = {"kind": "malform", "field": "submitted_at", "value": None}
        sandbox.spoil({"system": "typeform", "path": "F1/responses", **fault})
        _, loaded = bring_in()
    assert loaded.rejected == 1
    assert "without submitted_at" in answer(warehouse, "select reason from raw.quarantine")


def test_two_calls_a_second_are_enough_for_many_forms(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor refuses the third one of a second and does not say when to go on."""
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "6")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "1")
    streams = {
        "typeform/forms": [form(f"F{n}") for n in range(6)],
        "typeform/responses": [response(f"R{n}", moment(18), f"F{n}") for n in range(6)],
    }
    with world(tmp_path, streams, monkeypatch, limited=True):
        extracted, _ = bring_in()
    assert len(stored(warehouse)) == 6
    assert extracted.calls > 7, "the list and six forms, and what was refused"


def test_a_form_that_is_deleted_while_the_night_walks_is_noted_and_the_others_arrive(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = forms_and(response("one", moment(18)), response("two", moment(18), "F2"))
    streams["typeform/forms"].append(deletion(moment(21, 2, 30), "F2"))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        sandbox.spoil({"system": "typeform", "path": "F1/responses", "kind": "advance_clock", "seconds": 3600})
        extracted, _ = bring_in()
    assert set(stored(warehouse)) == {"one"}
    assert extracted.notes == ("form F2 no longer exists: nothing of it was read",)


def test_a_404_of_responses_does_not_pass_for_a_deleted_form(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, forms_and(response("one", moment(18))), monkeypatch) as sandbox:
        fault = {"kind": "status", "status": 404, "body": {"code": "FORM_NOT_FOUND"}, "times": 99}
        sandbox.spoil({"system": "typeform", "path": "F1/responses", **fault})
        with pytest.raises(RestartError, match="does not find the responses of form F1, but the form"):
            extract("typeform", "responses", NIGHT)
    assert stored(warehouse) == {}
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_deleted_forms_and_responses_are_marked_in_the_end(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = forms_and(response("kept", moment(12)), response("gone", moment(12)), deletion(moment(20), "gone"))
    streams["typeform/forms"].append(deletion(moment(20), "F2"))
    with world(tmp_path, streams, monkeypatch) as sandbox:
        for night in (BEFORE, NIGHT):
            sandbox.at_end_of(night)
            bring_in("forms", night)
            bring_in("responses", night)
        assert (
            answer(warehouse, "select string_agg(id, ',') from raw.typeform__forms where _deleted_at is not null")
            == "F2"
        )
        assert set(stored(warehouse, "_deleted_at").values()) == {None}
        assert reconcile("typeform", "responses", days=15).missed_deletes == 1
    assert {name for name, at in stored(warehouse, "_deleted_at").items() if at} == {"gone"}


def test_doctor_names_the_user_and_what_is_read(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_types(monkeypatch, tmp_path, ("completed", "partial"))
    findings = [finding for finding in doctor.examine(("typeform",)) if finding.subject == "typeform"]
    assert {finding.question: finding.answer for finding in findings if finding.question in ("user", "forms")} == {
        "user": "robot@sandbox",
        "forms": "2 forms, of which completed and partial responses are read",
    }
