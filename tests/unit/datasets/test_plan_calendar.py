"""The generated world's calendar on the days when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from sandbox.generator.hours import business_minutes
from sandbox.generator.plan import QUIET_MINUTES, Plan
from sandbox.records.writer import DatasetWriter

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.fixture
def plan() -> Plan:
    return Plan(seed=7, customers=10, nights=400, last_night=date(2026, 11, 20), time_zone="Europe/Lisbon")


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(plan: Plan, day: date, hours: int) -> None:
    assert plan.end_of(day) - plan.midnight(day) == timedelta(hours=hours)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, date(2026, 10, 24), date(2026, 10, 26)])
def test_moments_belong_to_their_local_day(plan: Plan, day: date) -> None:
    rng = Random(1)
    moments = [plan.moment_in(day, rng) for _ in range(3000)]
    assert {plan.local_date(moment) for moment in moments} == {day}
    assert plan.end_of(day) - max(moments) < timedelta(hours=1)


def test_summer_midnight_is_the_day_before_in_utc(plan: Plan) -> None:
    assert plan.midnight(date(2026, 7, 1)) == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert plan.local_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)


def test_quiet_hours_are_left_in_whole_minutes(plan: Plan) -> None:
    inside = plan.end_of(plan.last_night) + timedelta(minutes=3, seconds=17)
    settled = plan.settle(inside)
    assert settled >= plan.end_of(plan.last_night) + timedelta(minutes=QUIET_MINUTES)
    assert (settled - inside).total_seconds() % 60 == 0
    assert plan.settle(plan.end_of(date(2026, 11, 10))) == plan.end_of(date(2026, 11, 10))


def test_business_minutes_follow_local_hours_across_the_change() -> None:
    friday = datetime(2026, 10, 23, 16, 0, tzinfo=UTC)
    monday = datetime(2026, 10, 26, 10, 0, tzinfo=UTC)
    assert business_minutes(friday, monday) == 120 - 60 + 60


def test_business_minutes_stop_for_holidays() -> None:
    """From Wednesday the 23rd to Monday the 28th of December, with the 24th to the 26th off."""
    assert business_minutes(datetime(2026, 12, 23, 17, tzinfo=UTC), datetime(2026, 12, 28, 10, tzinfo=UTC)) == 60 + 60


def test_a_foreign_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="did not write"):
        DatasetWriter(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_failed_run_leaves_the_old_dataset(tmp_path: Path) -> None:
    def write(number: int, fails: bool) -> None:
        with DatasetWriter(tmp_path / "set") as out:
            out.version("a/b", datetime(2026, 1, 1, tzinfo=UTC), {"id": number})
            out.text("dataset.toml", "# Written by the sandbox; replaced as a whole when it is written again.\n")
            if fails:
                raise RuntimeError("disk full")

    write(1, fails=False)
    before = (tmp_path / "set/a/b.jsonl.gz").read_bytes()
    with pytest.raises(RuntimeError, match="disk full"):
        write(2, fails=True)
    assert (tmp_path / "set/a/b.jsonl.gz").read_bytes() == before
    assert not (tmp_path / "set.partial").exists()
