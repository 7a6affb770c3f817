"""Contracts: a typed struct per stream is the only place a field is declared.

A contract compiles to tables. Scalars become columns under the vendor's own names, a nested struct
becomes columns joined by two underscores (``metric_set__reopens``), a list of scalars an array, and a
list of structs a child table named ``<stream>__<field>`` whose rows carry ``_parent_key`` and ``_position``.
Text that holds a number or a time is typed by its contract, so that models only rename: a field annotated with
``msgspec.Meta(extra={"column": …, "convert": …})`` becomes a column of that type, filled with what ``convert`` makes of
the value (None for a vendor's way to say "none"; ValueError for what it cannot be). ``IntText``, ``UnixText``,
``NumberText`` and ``AnyText`` are such. A time without an offset is UTC.
"""

import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec

_COLUMN_TYPES = {
    str: "text",
    int: "bigint",
    float: "double precision",
    Decimal: "numeric",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
}


def utc(moment: datetime) -> datetime:
    """The moment in UTC; vendors that leave the offset out mean UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _without_nul(text: str) -> str:
    """PostgreSQL text cannot hold NUL; the landing keeps the byte, the table a visible stand-in."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def _unix_time(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text and int(text) else None


def _whole_number(text: str) -> int | None:
    return int(text) if text else None


def number(value: str | float) -> Decimal | None:
    """The number that text holds or that is one already; None for empty text. Raises ValueError for other text."""
    if value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error


# AskNicely sends every number as text and "" for none; WooCommerce money is text, its prices are numbers.
IntText = Annotated[str, msgspec.Meta(pattern=r"^(-?\d+)?$", extra={"column": "bigint", "convert": _whole_number})]
UnixText = Annotated[str, msgspec.Meta(pattern=r"^\d*$", extra={"column": "timestamptz", "convert": _unix_time})]
NumberText = Annotated[str | int | float, msgspec.Meta(extra={"column": "numeric", "convert": number})]
# References that look like numbers, and are sent as numbers now and then.
AnyText = Annotated[
    str | int, msgspec.Meta(extra={"column": "text", "convert": lambda value: _without_nul(str(value))})
]

_CLEANERS: dict[Any, Callable[[Any], Any]] = {str: _without_nul, datetime: utc}


@dataclass(frozen=True)
class Column:
    """One column of a raw table: where its value sits in the decoded record, and how it is typed."""

    name: str
    sql_type: str
    path: tuple[str, ...]
    convert: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class TableShape:
    """The columns of a contract, and the child tables that its lists of structs make."""

    columns: tuple[Column, ...]
    children: dict[str, "TableShape"] = field(default_factory=dict)
    child_paths: dict[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def shape_of(contract: type[msgspec.Struct]) -> TableShape:
    """Compile a contract to its table shape. Raises TypeError for a field type no column can hold."""
    columns: list[Column] = []
    children: dict[str, TableShape] = {}
    child_paths: dict[str, tuple[str, ...]] = {}
    _walk(contract, (), (), columns, children, child_paths)
    return TableShape(tuple(columns), children, child_paths)


def _walk(
    contract: type[msgspec.Struct],
    names: tuple[str, ...],
    path: tuple[str, ...],
    columns: list[Column],
    children: dict[str, TableShape],
    child_paths: dict[str, tuple[str, ...]],
) -> None:
    hints = typing.get_type_hints(contract, include_extras=True)
    for item in msgspec.structs.fields(contract):
        kind = _not_null(hints[item.name])
        name, here = (*names, item.encode_name), (*path, item.name)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            _walk(kind, name, here, columns, children, child_paths)
        elif get_origin(kind) is list and _is_struct(get_args(kind)[0]):
            child = "__".join(name)
            children[child], child_paths[child] = shape_of(get_args(kind)[0]), here
        else:
            columns.append(_column("__".join(name), kind, here))


def _column(name: str, kind: Any, path: tuple[str, ...]) -> Column:
    if get_origin(kind) is Annotated:
        base, *metas = get_args(kind)
        typed = next((meta.extra for meta in metas if getattr(meta, "extra", None)), None)
        if typed:
            return Column(name, typed["column"], path, typed["convert"])
        kind = base
    if get_origin(kind) is list:
        return Column(name, f"{_COLUMN_TYPES[get_args(kind)[0]]}[]", path)
    if kind not in _COLUMN_TYPES:
        raise TypeError(f"contract field {name}: no column type for {kind!r}")
    return Column(name, _COLUMN_TYPES[kind], path, _CLEANERS.get(kind))


def _not_null(kind: Any) -> Any:
    """The type without None and without the marker of an absent field."""
    if get_origin(kind) in (typing.Union, types.UnionType):
        left = [part for part in get_args(kind) if part not in (type(None), msgspec.UnsetType)]
        if len(left) == 1:
            return left[0]
    return kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _value(record: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if record is None or record is msgspec.UNSET:
            return None
        record = getattr(record, name)
    return None if record is msgspec.UNSET else record


def row_of(shape: TableShape, record: msgspec.Struct) -> list[Any]:
    """The record's values in the order of ``shape.columns``; absent and null are both null.

    Raises ValueError naming the field whose value cannot be what its column holds.
    """
    return [_cell(column, _value(record, column.path)) for column in shape.columns]


def _cell(column: Column, value: Any) -> Any:
    if column.convert is None or value is None:
        return value
    try:
        return column.convert(value)
    except ValueError as error:
        raise ValueError(f"{error} - at `$.{'.'.join(column.path)}`") from error


def child_rows(shape: TableShape, record: msgspec.Struct) -> Iterator[tuple[str, list[list[Any]]]]:
    """For each child table, its name and its rows in the order of the record."""
    for name, child in shape.children.items():
        items = _value(record, shape.child_paths[name]) or []
        yield name, [row_of(child, item) for item in items]
