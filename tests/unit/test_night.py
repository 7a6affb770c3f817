"""Nights are business dates; their windows are UTC instants, DST included."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_etl.errors import ConfigError
from cx_etl.night import parse_night, parse_range, window_end, window_start

ZONES = st.sampled_from(
    ["UTC", "Asia/Riyadh", "Europe/London", "America/New_York", "Asia/Karachi", "Australia/Lord_Howe"]
)
DATES = st.dates(date(1990, 1, 1), date(2037, 12, 30))


def test_a_spring_night_in_london_has_23_hours() -> None:
    night = date(2026, 3, 29)
    assert window_end(night, "Europe/London") - window_start(night, "Europe/London") == timedelta(hours=23)


def test_an_autumn_night_in_new_york_has_25_hours() -> None:
    night = date(2026, 11, 1)
    assert window_start(night, "America/New_York") == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert window_end(night, "America/New_York") == datetime(2026, 11, 2, 5, tzinfo=UTC)


@given(night=DATES, zone=ZONES)
def test_windows_of_neighbouring_nights_meet_without_gap_or_overlap(night: date, zone: str) -> None:
    assert window_end(night, zone) == window_start(night + timedelta(days=1), zone)


MOMENTS = st.integers(631_200_000, 2_145_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(moment=MOMENTS, zone=ZONES)
def test_every_moment_lies_in_the_window_of_its_local_date(moment: datetime, zone: str) -> None:
    night = moment.astimezone(ZoneInfo(zone)).date()
    assert window_start(night, zone) <= moment < window_end(night, zone)


def test_a_range_holds_both_ends() -> None:
    assert parse_range("2018-10-16..2018-10-18") == [date(2018, 10, 16), date(2018, 10, 17), date(2018, 10, 18)]
    assert parse_range("2018-10-16") == [date(2018, 10, 16)]


@pytest.mark.parametrize("text", ["2018-13-01", "yesterday", "", "2018-10-18..2018-10-16"])
def test_a_bad_night_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"night|range"):
        parse_range(text)
    if ".." not in text:
        with pytest.raises(ConfigError):
            parse_night(text)
