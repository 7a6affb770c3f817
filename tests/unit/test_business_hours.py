"""The hours of support as settings write them."""

from datetime import date

import pytest

from cx_etl.business_hours import read
from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings

DAY = 1440


def test_each_day_of_a_span_is_its_own() -> None:
    found = read({"hours": ["mon-wed 09:00-18:00", "sat 10:30-24:00"]}, "UTC")
    assert found.spans == (
        (DAY + 540, DAY + 1080),
        (2 * DAY + 540, 2 * DAY + 1080),
        (3 * DAY + 540, 3 * DAY + 1080),
        (6 * DAY + 630, 7 * DAY),
    )


def test_a_night_ends_on_the_day_after_and_a_week_may_begin_anywhere() -> None:
    assert read({"hours": ["fri-sun 22:00-06:00"]}, "UTC").spans == (
        (1320, DAY + 360),
        (5 * DAY + 1320, 6 * DAY + 360),
        (6 * DAY + 1320, 7 * DAY + 360),
    )


def test_holidays_are_dates_however_they_are_written() -> None:
    found = read({"hours": ["mon 09:00-18:00"], "holidays": ["2026-12-25", date(2026, 1, 1)]}, "Europe/Lisbon")
    assert (found.time_zone, found.holidays) == ("Europe/Lisbon", (date(2026, 12, 25), date(2026, 1, 1)))


@pytest.mark.parametrize(
    "section",
    [
        {"hours": []},
        {"hours": ["monday 09:00-18:00"]},
        {"hours": ["mon 9-18"]},
        {"hours": ["mon 09:00-25:00"]},
        {"hours": ["mon 09:00-09:00"]},
        {"hours": ["mon 09:00-18:00"], "holidays": ["25/12/2026"]},
        {"hours": ["mon 09:00-18:00"], "holidays": [25]},
    ],
)
def test_what_is_wrong_is_named(section: dict) -> None:
    with pytest.raises(ConfigError, match=r"\[business_hours\]"):
        read(section, "UTC")


def test_without_a_zone_it_is_the_business_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_TIME_ZONE", "Asia/Kolkata")
    assert load_settings().business_hours.time_zone == "Asia/Kolkata"
    monkeypatch.setenv("CX_BUSINESS_HOURS_ZONE", "America/New_York")
    assert load_settings().business_hours.time_zone == "America/New_York"
