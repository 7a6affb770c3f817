"""What counts as proof that all of a list has arrived, on pages landed by hand."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cx_etl import landing
from cx_etl.completeness import require_all, require_night_over
from cx_etl.errors import DataError, RestartError
from cx_etl.landing import Run, Step
from cx_etl.sources.base import Page, Stream, Table, Window, records_under

NIGHT = date(2026, 11, 20)
END = datetime(2026, 11, 21, tzinfo=UTC)


class Thing(msgspec.Struct):
    id: int
    part: str = ""


THINGS = Stream(
    name="things",
    tables=(Table("toy__things", Thing, "id"),),
    start=lambda window: (),
    read=lambda answer: Page(0),
    split=records_under("things"),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path))
    return landing.new_run("toy", "things", NIGHT)


def _land(run: Run, number: int, ids: list[object], total: int | None = None, chain: str = "") -> Step:
    body = json.dumps({"things": [each if isinstance(each, dict) else {"id": each} for each in ids]}).encode()
    step = Step(next=(), files=(run.land(number, body),), records=len(ids), vendor_total=total, chain=chain)
    run.record(step)
    return step


def test_the_vendors_total_is_met_by_distinct_records(run: Run) -> None:
    steps = [_land(run, 1, [1, 2, 3], total=5), _land(run, 2, [4, 5])]
    assert require_all("toy things", THINGS, run, steps) == 5


def test_a_page_that_came_twice_does_not_make_up_for_the_one_it_hides(run: Run) -> None:
    steps = [_land(run, 1, [1, 2, 3], total=6), _land(run, 2, [1, 2, 3])]
    with pytest.raises(RestartError, match="toy things: the source reports 6 records, 3 distinct ones arrived"):
        require_all("toy things", THINGS, run, steps)


def test_more_than_the_total_is_no_loss(run: Run) -> None:
    steps = [_land(run, 1, [1, 2], total=3), _land(run, 2, [3, 4])]
    assert require_all("toy things", THINGS, run, steps) == 3


def test_each_chain_has_its_own_total(run: Run) -> None:
    steps = [_land(run, 1, [1, 2], total=2, chain="a"), _land(run, 2, [1], total=2, chain="b")]
    with pytest.raises(RestartError, match=r"toy things \(b\): the source reports 2 records, 1 distinct"):
        require_all("toy things", THINGS, run, steps)


def test_a_record_without_a_readable_key_counts_as_what_it_is(run: Run) -> None:
    steps = [_land(run, 1, [1, {"no": "key"}, {"no": "other key"}], total=3)]
    assert require_all("toy things", THINGS, run, steps) == 3


def test_where_the_vendor_counts_nothing_there_is_no_total(run: Run) -> None:
    assert require_all("toy things", THINGS, run, [_land(run, 1, [1])]) is None


def test_a_key_of_several_fields_is_one_key(run: Run) -> None:
    pair = replace(THINGS, tables=(Table("toy__pairs", Thing, ("id", "part")),))
    steps = [_land(run, 1, [{"id": 1, "part": "a"}, {"id": 1, "part": "b"}], total=2)]
    assert require_all("toy pairs", pair, run, steps) == 2
    again = [_land(run, 2, [{"id": 1, "part": "a", "flag": 1}, {"id": 1, "part": "a", "flag": 2}], total=4)]
    with pytest.raises(RestartError, match="4 records, 2 distinct ones"):
        require_all("toy pairs", pair, run, again)


def test_a_chain_without_a_total_proves_nothing_and_harms_nothing(run: Run) -> None:
    steps = [_land(run, 1, [1, 2], total=2, chain="counted"), _land(run, 2, [3], chain="not counted")]
    assert require_all("toy things", THINGS, run, steps) == 2


def test_the_first_answer_counts_for_when_the_night_was_over() -> None:
    """What appeared between the first page and the last may stand on a page that was read before."""
    steps = [Step(next=(), observed_at=END + timedelta(seconds=seconds)) for seconds in (-1, 90)]
    with pytest.raises(DataError, match="records may still appear"):
        require_night_over("toy things", Window(END - timedelta(days=1), END), timedelta(minutes=1), steps)


@pytest.mark.parametrize(("seconds", "is_over"), [(59, False), (60, True)])
def test_the_sources_clock_and_lag_say_when_the_night_is_over(seconds: int, is_over: bool) -> None:
    seen = Step(next=(), observed_at=END + timedelta(seconds=seconds))
    window = Window(END - timedelta(days=1), END)
    if is_over:
        require_night_over("toy things", window, timedelta(minutes=1), [seen])
        return
    with pytest.raises(DataError, match="records may still appear"):
        require_night_over("toy things", window, timedelta(minutes=1), [seen])
