"""What walks over raw rows share."""

from datetime import UTC, datetime

from cx_etl.sources.base import moments


def test_times_are_read_in_utc_and_what_is_no_time_is_left_to_the_load() -> None:
    rows = [
        {"at": "2026-11-20T08:00:00"},
        {"at": "2026-11-20T08:00:00.5+05:30"},
        {"at": "yesterday"},
        {"at": {"an": "object"}},
        {"at": None},
        {},
    ]
    first, second = moments(rows, "at")
    assert first == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert second == datetime(2026, 11, 20, 2, 30, 0, 500_000, tzinfo=UTC)
