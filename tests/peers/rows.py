"""Rows of ours beside records of theirs: the same fields, compared as what they mean."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

Record = dict[str, Any]


def assert_same_rows(ours: list[Record], theirs: list[Record]) -> None:
    """Each row once on both sides, with the same values.

    A column's name is the path of their field: ``via__channel`` is ``channel`` inside ``via``.
    """
    assert len(ours) == len(theirs) > 0
    paths = list(ours[0])
    read = {path: READ.get(_kind(ours, path), _as_it_is) for path in paths}
    found = {tuple(row.values()) for row in ours}
    assert len(found) == len(ours)
    assert found == {tuple(_read(read[path], _at(record, path)) for path in paths) for record in theirs}


def _kind(rows: list[Record], path: str) -> type | None:
    """The type of a column, by the first value in it."""
    return next((type(row[path]) for row in rows if row[path] is not None), None)


def _at(record: Record, path: str) -> Any:
    return reduce(lambda found, name: (found or {}).get(name), path.split("__"), record)


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


def _instant(text: str) -> datetime:
    """A time without an offset is UTC: the fields that are compared say so."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _storable(value: Any) -> Any:
    """PostgreSQL's text has no NUL; a visible character stands for it."""
    return str(value).replace("\x00", "\ufffd")


def _as_it_is(value: Any) -> Any:
    return value


READ: dict[type | None, Callable[[Any], Any]] = {
    datetime: _instant,
    date: date.fromisoformat,
    Decimal: lambda value: Decimal(str(value)),
    int: int,
    float: float,
    str: _storable,
}
