"""Typed values: every value of a type can be written and read back, and what is none is said with column and value."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from drop_files import stream
from hypothesis import assume, given
from hypothesis import strategies as st

from cx_etl.contract import shape_of
from cx_etl.rows import compiled
from cx_etl.sources.file_drop.contracts import contract_of
from cx_etl.sources.file_drop.values import value_of


def typed(value: object, kind: str, **options: object) -> object:
    """What a column of that type makes of a cell."""
    columns = {"id": "text", "c": {"type": kind, **options}}
    column = stream(["id"], columns=columns).columns[1]
    return value_of(column, msgspec.Raw(msgspec.json.encode(value)))


def problem(value: object, kind: str, **options: object) -> str:
    with pytest.raises(ValueError, match="column c") as caught:
        typed(value, kind, **options)
    return str(caught.value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_integer_comes_back(number: int) -> None:
    assert typed(str(number), "integer") == typed(f" {number} ", "integer") == number
    assert typed(number, "integer") == number


@given(st.decimals(allow_nan=False, allow_infinity=False), st.booleans())
def test_every_decimal_comes_back_with_its_digits(number: Decimal, has_comma: bool) -> None:
    assume(abs(number.adjusted()) < 900 and "E" not in str(number))
    text = str(number).replace(".", ",") if has_comma else str(number)
    found = typed(text, "decimal", decimal_comma=has_comma)
    assert isinstance(found, Decimal)
    assert found.as_tuple() == number.as_tuple()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back(number: float) -> None:
    assert typed(repr(number), "number") == number


@given(st.dates(), st.sampled_from(["", "%d/%m/%Y", "%Y.%m.%d"]))
def test_every_date_comes_back(day: date, written: str) -> None:
    # Years before 1000 are written with fewer digits.
    assume(not written or day.year >= 1000)
    assert typed(day.strftime(written) if written else day.isoformat(), "date", format=written) == day


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)), st.integers(-720, 720))  # noqa: DTZ001
def test_every_instant_comes_back_whatever_its_offset(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert typed(aware.isoformat(), "timestamp") == aware
    assert typed(aware.isoformat(), "timestamp", time_zone="Asia/Kolkata") == aware


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2040, 1, 1)))  # noqa: DTZ001
def test_every_instant_that_a_clock_shows_once_comes_back_from_local_time(moment: datetime) -> None:
    zone = ZoneInfo("Europe/Lisbon")
    instant = moment.replace(tzinfo=UTC)
    local = instant.astimezone(zone)
    assume(not local.fold)
    assert typed(local.replace(tzinfo=None).isoformat(), "timestamp", time_zone="Europe/Lisbon") == instant


@given(st.text().filter(bool))
def test_every_text_comes_back(text: str) -> None:
    assert typed(text, "text") == text.replace("\x00", "\ufffd")


@pytest.mark.parametrize(
    ("value", "kind", "options", "expected"),
    [
        ("5.0", "integer", {}, 5),
        (5.0, "integer", {}, 5),
        (12345678901234567890, "text", {}, "12345678901234567890"),
        ("007", "text", {}, "007"),
        (True, "boolean", {}, True),
        ("Yes", "boolean", {}, True),
        ("0", "boolean", {}, False),
        ("12,5", "decimal", {"decimal_comma": True}, Decimal("12.5")),
        ("12,5", "number", {"decimal_comma": True}, 12.5),
        ("1e3", "decimal", {}, Decimal("1E+3")),
        ("46000", "date", {"format": "excel"}, date(2025, 12, 9)),
        ("46000.75", "timestamp", {"format": "excel", "time_zone": "UTC"}, datetime(2025, 12, 9, 18, tzinfo=UTC)),
        (1713418460, "timestamp", {"format": "unix"}, datetime(2024, 4, 18, 5, 34, 20, tzinfo=UTC)),
        ("1713418460123", "timestamp", {"format": "unix_ms"}, datetime(2024, 4, 18, 5, 34, 20, 123000, tzinfo=UTC)),
        ("2026-11-20T00:00:00", "date", {}, date(2026, 11, 20)),
        ("20/11/2026 10:00", "timestamp", {"format": "%d/%m/%Y %H:%M", "time_zone": "Asia/Kolkata"},
         datetime(2026, 11, 20, 4, 30, tzinfo=UTC)),
        # The hour that the clocks showed twice: the first one.
        ("2026-10-25 01:30", "timestamp", {"time_zone": "Europe/Lisbon"}, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("", "text", {}, None),
        ("  ", "integer", {}, None),
        (None, "timestamp", {}, None),
    ],
)  # fmt: skip
def test_values(value: object, kind: str, options: dict[str, object], expected: object) -> None:
    found = typed(value, kind, **options)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind", "options", "reason"),
    [
        ("five", "integer", {}, "column c: 'five' is no integer"),
        ("5.5", "integer", {}, "column c: '5.5' is no integer"),
        ("\u0665", "integer", {}, "is no integer"),
        ("1_000", "integer", {}, "is no integer"),
        (True, "integer", {}, "'true' is no integer"),
        ("9223372036854775808", "integer", {}, "64 bits cannot hold it"),
        ("9" * 5000, "integer", {}, "is no integer"),
        ("12,5", "decimal", {}, "column c: '12,5' is no decimal (it has a comma; decimal_comma = true"),
        ("1.234,5", "decimal", {"decimal_comma": True}, "it has a point"),
        ("NaN", "decimal", {}, "is no decimal"),
        ("1e9999", "decimal", {}, "more than 1000 digits"),
        ("inf", "number", {}, "is no number"),
        ("1e999", "number", {}, "it is too large"),
        ("maybe", "boolean", {}, "column c: 'maybe' is no boolean"),
        ("2026-02-30", "date", {}, "column c: '2026-02-30' is no date"),
        ("20/11/2026", "date", {}, "is no date"),
        ("2026-11-20 10:00", "date", {}, "it has a time of day"),
        ("2026-11-20 10:00", "timestamp", {}, "it has no offset, and no time_zone is declared"),
        ("2026-03-29 01:30", "timestamp", {"time_zone": "Europe/Lisbon"}, "the clocks of Europe/Lisbon skipped it"),
        ("0001-01-01 00:00+14:00", "timestamp", {}, "is no timestamp"),
        ("45", "date", {"format": "excel"}, "Excel has no such day"),
        ("2026-11-20", "date", {"format": "excel"}, "its format is excel"),
        ("1" * 30, "timestamp", {"format": "unix"}, "is no timestamp"),
        ({"a": 1}, "text", {}, "is no text"),
        (["a"], "integer", {}, "is no integer"),
        ("", "text", {"required": True}, "column c is empty"),
        (None, "integer", {"required": True}, "column c is empty"),
    ],
)
def test_what_is_no_value_is_said_with_its_column(
    value: object, kind: str, options: dict[str, object], reason: str
) -> None:
    assert reason in problem(value, kind, **options)


def test_a_key_that_no_index_could_hold_is_told() -> None:
    column = stream(["id"]).columns[0]
    with pytest.raises(ValueError, match="a key has at most 512 bytes"):
        value_of(column, msgspec.Raw(msgspec.json.encode("x" * 513)))


def test_a_contract_makes_the_columns_that_were_declared() -> None:
    columns = {
        "id": "text",
        "from": "date",
        "required": "integer",
        "broken": "boolean",
        "paid": "decimal",
        "n": "number",
    }
    contract = contract_of(stream(["id"], columns={**columns, "at": "timestamp"}))
    shape = shape_of(contract)
    assert [(column.name, column.sql_type) for column in shape.columns] == [
        ("id", "text"),
        ("from", "date"),
        ("required", "bigint"),
        ("broken", "boolean"),
        ("paid", "numeric"),
        ("n", "double precision"),
        ("at", "timestamptz"),
    ]
    record = msgspec.json.decode(b'{"id": "1", "from": "2026-11-20", "paid": 12.50, "new": 1}', type=contract)
    assert compiled(contract)(record) == ("1", date(2026, 11, 20), None, None, Decimal("12.50"), None, None)


def test_a_required_column_that_is_missing_is_named() -> None:
    contract = contract_of(stream(["id"], columns={"id": "text", "c": {"type": "text", "required": True}}))
    for body, name in ((b'{"c": "x"}', "id"), (b'{"id": "1"}', "c")):
        with pytest.raises(msgspec.ValidationError, match=f"column {name} is missing"):
            msgspec.json.decode(body, type=contract)
