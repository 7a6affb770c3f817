"""Which night should be published by now, on any clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_etl.status import due_night, overdue

HALF_PAST_SIX = time(6, 30)
ZONES = st.sampled_from(["UTC", "Europe/Lisbon", "Asia/Karachi", "America/New_York", "Australia/Lord_Howe"])
MOMENTS = st.integers(1_577_836_800, 1_830_297_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-26T06:29:59+00:00", date(2026, 11, 24)),
        ("2026-11-26T06:30:00+00:00", date(2026, 11, 25)),
        ("2026-11-26T23:59:59+00:00", date(2026, 11, 25)),
        # In Karachi it is 06:30 five hours earlier.
        ("2026-11-26T01:30:00+00:00", date(2026, 11, 24)),
    ],
)
def test_a_night_is_due_by_the_deadline_of_the_day_after(now: str, due: date) -> None:
    assert due_night(HALF_PAST_SIX, "UTC", datetime.fromisoformat(now)) == due


def test_the_deadline_is_local() -> None:
    now = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
    assert due_night(HALF_PAST_SIX, "Asia/Karachi", now) == date(2026, 11, 25)
    assert due_night(HALF_PAST_SIX, "Asia/Karachi", now - timedelta(seconds=1)) == date(2026, 11, 24)


@given(now=MOMENTS, zone=ZONES, deadline=CLOCKS)
def test_the_due_night_is_the_newest_whose_deadline_has_passed(now: datetime, zone: str, deadline: time) -> None:
    due = due_night(deadline, zone, now)

    def deadline_of(night: date) -> datetime:
        return datetime.combine(night + timedelta(days=1), deadline, ZoneInfo(zone)).astimezone(UTC)

    assert deadline_of(due) <= now < deadline_of(due + timedelta(days=1))


def test_a_published_night_is_no_problem() -> None:
    now = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
    assert overdue({"as_of_date": date(2026, 11, 25)}, HALF_PAST_SIX, "UTC", now) == []
    [behind] = overdue({"as_of_date": date(2026, 11, 24)}, HALF_PAST_SIX, "UTC", now)
    assert "2026-11-25 should have been published by 2026-11-26 06:30 UTC, and readers see 2026-11-24" in behind
    [never] = overdue(None, HALF_PAST_SIX, "UTC", now)
    assert "readers see nothing" in never
