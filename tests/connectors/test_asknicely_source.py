"""AskNicely over the sandbox: answers that move, edits without a clock, removals without a trace, files elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from staged import select, stage

from cx_etl import doctor, landing, status
from cx_etl.errors import RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.reconcile import reconcile
from raw_state import answer
from sandbox import asknicely as emulator
from sandbox.records.surveys import nicely_response
from sandboxes import PASSWORD, Sandbox, serving
from worlds import Line, deletion, moment, version, write_world

NIGHT = date(2026, 11, 20)
BEFORE = date(2026, 11, 19)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")


def bring_in(night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("asknicely", "responses", night), load("asknicely", "responses", night)


@contextmanager
def world(folder: Path, lines: Sequence[Line], patch: pytest.MonkeyPatch, limited: bool = False) -> Iterator[Sandbox]:
    with serving(write_world(folder / "world", {"asknicely/responses": lines}), limited) as sandbox:
        sandbox.connect(patch)
        sandbox.at_end_of(NIGHT)
        yield sandbox


def response(number: int, sent: datetime, at: datetime | None = None, **given: Any) -> Line:
    more = {name: given.pop(name) for name in list(given) if name.endswith("_c") or name == "opened"}
    record = nicely_response(
        response_id=str(number),
        question_type="nps",
        contact_id="c",
        sent=sent,
        segment="",
        **({"responded": at} if "answer" in given else {}),
        **given,
    )
    return version(at or sent, {**record, **more})


def stored(dsn: str, column: str) -> dict[int, Any]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(f"select response_id::int, {column} from raw.asknicely__responses").fetchall()
        return dict(rows)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pages_of_any_size_and_crowded_seconds(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("cx_etl.sources.asknicely.PAGE_SIZE", size)
    lines = [response(n, moment(3, second=n // 5)) for n in range(1, 21)]
    lines += [response(n, moment(3, second=n // 5), moment(4, second=n // 9), answer=9) for n in range(1, 21, 2)]
    with world(tmp_path, lines, monkeypatch):
        bring_in()
    assert stored(warehouse, "answer") == {n: 9 if n % 2 else None for n in range(1, 21)}


def test_a_removal_between_two_pages_hides_no_other_response(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third takes a place on the first page, and a new one makes up the vendor's total."""
    monkeypatch.setattr("cx_etl.sources.asknicely.PAGE_SIZE", 2)
    lines = [response(n, moment(3 + n)) for n in range(1, 7)]
    lines += [deletion(moment(21, 2, 30), "1"), response(7, moment(21, 2, 31))]
    with world(tmp_path, lines, monkeypatch) as sandbox:
        sandbox.spoil({"system": "asknicely", "path": "/sent", "kind": "advance_clock", "seconds": 3600, "after": 1})
        bring_in()
    assert set(stored(warehouse, "sent")) == {1, 2, 3, 4, 5, 6, 7}


def test_a_survey_that_is_answered_is_one_row_that_moved(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent long before the look-back begins, it is found by when it was answered."""
    lines = [response(1, moment(2)), response(1, moment(2), moment(20), answer=3, comment="late")]
    with world(tmp_path, lines, monkeypatch) as sandbox:
        sandbox.at_end_of(BEFORE)
        bring_in(BEFORE)
        never = "select opened is null and responded is null and answer is null from raw.asknicely__responses"
        assert answer(warehouse, never)
        sandbox.at_end_of(NIGHT)
        _, loaded = bring_in()
    assert (loaded.new, loaded.changed) == (0, 1)
    assert stored(warehouse, "answer || comment") == {1: "3late"}


def test_a_survey_answered_while_it_is_walked_comes_in_both_lists_and_the_answer_stands(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [response(1, moment(20)), response(1, moment(20), moment(21, 2, 30), answer=9)]
    with world(tmp_path, lines, monkeypatch) as sandbox:
        sandbox.spoil({"system": "asknicely", "path": "/sent", "kind": "advance_clock", "seconds": 3600})
        bring_in()
    assert stored(warehouse, "answer") == {1: 9}


def test_an_edited_comment_is_found_within_the_look_back_and_by_the_weekly_walk_beyond_it(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = []
    for number, day in ((1, 15), (2, 3)):
        lines.append(response(number, moment(day), moment(day, 13), answer=8, comment="as given"))
        lines.append({**lines[-1], "at": moment(20).isoformat()})
        lines[-1]["record"] = {**lines[-1]["record"], "comment": "as edited"}
    with world(tmp_path, lines, monkeypatch) as sandbox:
        sandbox.at_end_of(BEFORE)
        bring_in(BEFORE)
        sandbox.at_end_of(NIGHT)
        bring_in()
        assert stored(warehouse, "comment") == {1: "as edited", 2: "as given"}
        assert reconcile("asknicely", "responses", days=30).missed_changes == 1
    assert stored(warehouse, "comment") == {1: "as edited", 2: "as edited"}


def test_a_removal_leaves_no_trace_and_the_weekly_walk_marks_it(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a survey moves no clock that the vendor looks for: such a response is not taken for a removed one."""
    lines = [
        response(1, moment(10), moment(11), answer=7),
        response(2, moment(10), moment(11), answer=7),
        response(3, moment(2), moment(12), opened=str(int(moment(12).timestamp()))),
        deletion(moment(20), "1"),
    ]
    with world(tmp_path, lines, monkeypatch) as sandbox:
        sandbox.at_end_of(BEFORE)
        bring_in(BEFORE)
        sandbox.at_end_of(NIGHT)
        bring_in()
        assert set(stored(warehouse, "_deleted_at").values()) == {None}
        assert reconcile("asknicely", "responses", days=12).missed_deletes == 1
    gone = {number for number, at in stored(warehouse, "_deleted_at").items() if at}
    assert gone == {1}
    assert stored(warehouse, "answer")[1] == 7


def test_custom_fields_that_appear_one_night_are_told(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [response(1, moment(10)), response(2, moment(20), loyalty_tier_c="gold")]
    with world(tmp_path, lines, monkeypatch) as sandbox:
        sandbox.at_end_of(BEFORE)
        bring_in(BEFORE)
        sandbox.at_end_of(NIGHT)
        _, loaded = bring_in()
    assert (loaded.new, loaded.rejected) == (1, 0)
    told = "new fields: asknicely/responses sends loyalty_tier_c (since 2026-11-20)"
    assert told in status.as_text(status.read())


def test_scores_out_of_range_are_kept_as_they_are(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [response(n, moment(10), moment(11), answer=score) for n, score in ((1, 11), (2, -1), (3, 0))]
    with world(tmp_path, lines, monkeypatch):
        _, loaded = bring_in()
    assert loaded.rejected == 0
    stage("asknicely")
    staged = select(warehouse, "select response_key, answer from staging.stg_asknicely__responses order by 1")
    assert [row["answer"] for row in staged] == [11, -1, 0]


def test_a_large_page_comes_from_another_host_that_never_sees_the_key(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    real = emulator.serve_file

    async def watched(request: Any, world: Any) -> Any:
        seen.append((request.url.hostname, PASSWORD in str(request.headers) + str(request.url)))
        return await real(request, world)

    monkeypatch.setattr("sandbox.asknicely.serve_file", watched)
    monkeypatch.setattr("sandbox.asknicely.REDIRECT_ABOVE", 10)
    with serving(sandbox.dataset) as other:
        other.connect(monkeypatch)
        other.at_end_of(NIGHT)
        bring_in()
    assert seen == [("localhost", False)] * 2


def test_files_that_are_always_expired_are_named_and_nothing_is_written(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.asknicely.REDIRECT_ABOVE", 10)
    monkeypatch.setattr("sandbox.asknicely.FILE_SECONDS", -1)
    with pytest.raises(RetriableError, match=r"asknicely GET .*: 403 where it redirects to: expired"):
        extract("asknicely", "responses", NIGHT)
    assert not any(run.is_finished for run in landing.runs("asknicely", "responses", NIGHT))
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
    monkeypatch.setattr("sandbox.asknicely.FILE_SECONDS", 900)
    assert bring_in()[1].new > 0


def test_the_headers_say_when_to_wait_before_a_call_is_refused(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.asknicely.PAGE_SIZE", 1)
    monkeypatch.setattr("cx_etl.sources.asknicely.WINDOWS", {"req60s": (1000, 60), "req10s": (3, 1)})
    windows = (("req-10s", "Req10s", 3, 1), ("req-60s", "Req60s", 1000, 60))
    monkeypatch.setattr("sandbox.asknicely.WINDOWS", windows)
    with world(tmp_path, [response(n, moment(n)) for n in range(1, 6)], monkeypatch, limited=True):
        extracted, _ = bring_in()
    assert len(stored(warehouse, "sent")) == 5
    assert extracted.calls == extracted.pages
    assert extracted.seconds >= 1


def test_doctor_proves_the_key(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> doctor.Finding:
        return next(finding for finding in doctor.examine(("asknicely",)) if finding.subject == "asknicely")

    assert (asked().is_good, asked().answer) == (True, "155 surveys sent so far")
    sandbox.spoil({"system": "asknicely", "kind": "status", "status": 401, "body": {"success": False, "msg": "no key"}})
    assert not asked().is_good
