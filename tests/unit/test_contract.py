"""What a contract makes of a record's fields."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest

from cx_etl.contract import AnyText, NumberText, row_of, shape_of


class Survey(msgspec.Struct):
    modified: datetime


DayText = Annotated[str, msgspec.Meta(extra={"column": "date", "convert": lambda text: date.fromisoformat(text)})]


class Amount(msgspec.Struct):
    value: NumberText | None = None


class Parcel(msgspec.Struct):
    reference: AnyText


class Line(msgspec.Struct):
    amount: Amount
    due: DayText | None = None


def _stored(text: str) -> datetime:
    record = msgspec.json.decode(f'{{"modified": "{text}"}}', type=Survey)
    (moment,) = row_of(shape_of(Survey), record)
    return moment


def test_a_time_without_offset_is_utc() -> None:
    assert _stored("2026-11-20T08:00:00") == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert _stored("2026-11-20T08:00:00+05:30") == datetime(2026, 11, 20, 2, 30, tzinfo=UTC)


def _line(amount: str, due: str = "null") -> list[Any]:
    text = f'{{"amount": {{"value": {amount}}}, "due": {due}}}'
    return row_of(shape_of(Line), msgspec.json.decode(text, type=Line))


def test_a_contract_brings_its_own_types_of_text() -> None:
    assert [column.sql_type for column in shape_of(Line).columns] == ["numeric", "date"]
    assert _line('"12.50"', '"2026-11-20"') == [Decimal("12.50"), date(2026, 11, 20)]


@pytest.mark.parametrize(
    ("written", "stored"), [('""', None), ("null", None), ("0.1", Decimal("0.1")), ("7", 7), ('"-3"', -3)]
)
def test_a_number_may_be_text_and_empty_text_is_none(written: str, stored: Decimal | None) -> None:
    assert _line(written)[0] == stored


@pytest.mark.parametrize("row", [('"twelve"', "null"), ('"1"', '"soon"')])
def test_text_that_is_not_what_its_column_holds_is_named(row: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"at `\$\.(amount\.value|due)`"):
        _line(*row)


@pytest.mark.parametrize(("written", "stored"), [("12", "12"), ('"012"', "012"), ('"a\\u0000"', "a\ufffd")])
def test_a_reference_is_text_even_when_it_is_sent_as_a_number(written: str, stored: str) -> None:
    record = msgspec.json.decode(f'{{"reference": {written}}}', type=Parcel)
    assert row_of(shape_of(Parcel), record) == [stored]
