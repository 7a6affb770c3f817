"""What a contract makes of a record's fields."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest

from cx_etl.contract import NULL, AnyText, JsonText, NumberText, shape_of
from cx_etl.rows import compiled

DayText = Annotated[str, msgspec.Meta(extra={"column": "date", "convert": lambda text: date.fromisoformat(text)})]


class Amount(msgspec.Struct):
    value: NumberText | None = None


class Parcel(msgspec.Struct):
    reference: AnyText


class Custom(msgspec.Struct):
    value: JsonText = NULL


class Line(msgspec.Struct):
    amount: Amount
    due: DayText | None = None


def _line(amount: str, due: str = "null") -> tuple[Any, ...]:
    text = f'{{"amount": {{"value": {amount}}}, "due": {due}}}'
    return compiled(Line)(msgspec.json.decode(text, type=Line))


def test_a_contract_brings_its_own_types_of_text() -> None:
    assert [column.sql_type for column in shape_of(Line).columns] == ["numeric", "date"]
    assert _line('"12.50"', '"2026-11-20"') == (Decimal("12.50"), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("written", "stored"), [('""', None), ("null", None), ("0.1", Decimal("0.1")), ("7", 7), ('"-3"', -3)]
)
def test_a_number_may_be_text_and_empty_text_is_none(written: str, stored: Decimal | None) -> None:
    assert _line(written)[0] == stored


@pytest.mark.parametrize("row", [('"twelve"', "null"), ('"1"', '"soon"')])
def test_text_that_is_not_what_its_column_holds_is_named(row: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"at `\$\.(amount\.value|due)`"):
        _line(*row)


@pytest.mark.parametrize(("written", "stored"), [("12", "12"), ('"012"', "012")])
def test_a_reference_is_text_even_when_it_is_sent_as_a_number(written: str, stored: str) -> None:
    record = msgspec.json.decode(f'{{"reference": {written}}}', type=Parcel)
    assert compiled(Parcel)(record) == (stored,)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ('"text"', '"text"'),
        ("true", "true"),
        ("12.50", "12.50"),
        ("12345678901234567890123", "12345678901234567890123"),
        ('[ "a", null ]', '["a",null]'),
        ('{"rel" : "merge"}', '{"rel":"merge"}'),
        ('"nul \\u0000 here"', '"nul \\u0000 here"'),
        ("null", None),
    ],
)
def test_a_value_of_any_type_is_stored_as_its_json(sent: str, stored: str | None) -> None:
    assert compiled(Custom)(msgspec.json.decode(f'{{"value": {sent}}}', type=Custom)) == (stored,)
    assert compiled(Custom)(msgspec.json.decode("{}", type=Custom)) == (None,)
