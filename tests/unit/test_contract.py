"""What a contract makes of a record's fields."""

from datetime import UTC, datetime

import msgspec

from cx_etl.contract import row_of, shape_of


class Survey(msgspec.Struct):
    modified: datetime


def _stored(text: str) -> datetime:
    record = msgspec.json.decode(f'{{"modified": "{text}"}}', type=Survey)
    (moment,) = row_of(shape_of(Survey), record)
    return moment


def test_a_time_without_offset_is_utc() -> None:
    assert _stored("2026-11-20T08:00:00") == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert _stored("2026-11-20T08:00:00+05:30") == datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
