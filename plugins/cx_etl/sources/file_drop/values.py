"""From the text of a cell to the value of its column, or to the reason why it has none."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from cx_etl.sources.file_drop.declaration import SPECIAL_FORMATS, Column

_INTEGER = re.compile(r"[+-]?[0-9]+(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUE, _FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}
_BIGINT = range(-(2**63), 2**63)
# An index entry of PostgreSQL holds about 2,700 bytes.
LONGEST_KEY_BYTES = 512
# Wider numbers do not occur, and PostgreSQL would refuse the widest only in the middle of a load.
MOST_DIGITS = 1000
# Excel counts days from here; before March 1900 it counts a day that never was.
_EXCEL_START, _EXCEL_DAYS = datetime(1899, 12, 30), (61, 2958465)  # noqa: DTZ001 - a sheet has no time zone


def value_of(column: Column, raw: msgspec.Raw) -> object:
    """The typed value of a cell; None for an empty one. Raises ValueError naming the column and what stands there."""
    text = _plain(column, raw)
    if text is None or not (text if column.type == "text" else text.strip()):
        if column.required:
            raise ValueError(f"column {column.name} is empty")
        return None
    try:
        return _READERS[column.type](column, text if column.type == "text" else text.strip())
    except (ValueError, ArithmeticError, OSError) as error:
        told = f" ({error})" if isinstance(error, _Told) else ""
        raise ValueError(f"column {column.name}: {_short(text)} is no {column.type}{told}") from None


class _Told(ValueError):
    """A reason in words that a person can use."""


def _plain(column: Column, raw: msgspec.Raw) -> str | None:
    """The cell as text; a number keeps the digits that were written."""
    token = bytes(raw)
    if token[:1] == b'"':
        return msgspec.json.decode(token, type=str)
    if token[:1] in (b"{", b"["):
        raise ValueError(f"column {column.name}: {_short(token.decode())} is no {column.type}")
    return None if token == b"null" else token.decode()


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")


def _text(column: Column, text: str) -> str:
    if column.is_key and len(text.encode()) > LONGEST_KEY_BYTES:
        raise _Told(f"a key has at most {LONGEST_KEY_BYTES} bytes")
    # PostgreSQL text cannot hold NUL; the landing keeps it.
    return text.replace("\x00", "\ufffd")


def _integer(column: Column, text: str) -> int:
    if not _INTEGER.fullmatch(text) or len(text) > 40:
        raise ValueError
    number = int(text.partition(".")[0])
    if number not in _BIGINT:
        raise _Told("64 bits cannot hold it")
    return number


def _written_number(column: Column, text: str) -> str:
    """The number with a point, if it is one by the column's rule."""
    if column.decimal_comma:
        if "." in text:
            raise _Told("decimal_comma is set, and it has a point")
        text = text.replace(",", ".")
    elif "," in text:
        raise _Told("it has a comma; decimal_comma = true if that is its point")
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return text


def _number(column: Column, text: str) -> float:
    number = float(_written_number(column, text))
    if number in (float("inf"), float("-inf")):
        raise _Told("it is too large")
    return number


def _decimal(column: Column, text: str) -> Decimal:
    number = Decimal(_written_number(column, text))
    if abs(number.adjusted()) > MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS:
        raise _Told(f"it has more than {MOST_DIGITS} digits")
    return number


def _boolean(column: Column, text: str) -> bool:
    word = text.casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _date(column: Column, text: str) -> date:
    moment = _moment(column, text)
    if moment.time() != time():
        raise _Told("it has a time of day")
    return moment.date()


def _timestamp(column: Column, text: str) -> datetime:
    """The instant in UTC. A local time that the clocks skipped is none; of one that they showed twice, the first."""
    moment = _moment(column, text)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if not column.time_zone:
        raise _Told("it has no offset, and no time_zone is declared")
    zone = ZoneInfo(column.time_zone)
    instant = moment.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != moment:
        raise _Told(f"the clocks of {column.time_zone} skipped it")
    return instant


def _moment(column: Column, text: str) -> datetime:
    if column.format in SPECIAL_FORMATS and not _NUMBER.fullmatch(text):
        raise _Told(f"its format is {column.format}")
    if column.format == "excel":
        return _excel_day(float(text))
    if column.format in ("unix", "unix_ms"):
        unit = 1000 if column.format == "unix_ms" else 1_000_000
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(Decimal(text) * unit))
    if column.format:
        return datetime.strptime(text, column.format)  # noqa: DTZ007 - the caller asks for the zone
    if not _ISO.match(text):
        raise ValueError
    return datetime.fromisoformat(text)


def _excel_day(days: float) -> datetime:
    first, last = _EXCEL_DAYS
    if not first <= days < last + 1:
        raise _Told("Excel has no such day")
    return _EXCEL_START + timedelta(milliseconds=round(days * 86_400_000))


_READERS: dict[str, Callable[[Column, str], object]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
