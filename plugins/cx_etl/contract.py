"""Contracts: a typed struct per stream is the only place a field is declared.

A contract compiles to tables. Scalars become columns under the vendor's own names, a nested struct
becomes columns joined by two underscores (``metric_set__reopens``), a list of scalars an array, and a
list of structs a child table named ``<stream>__<field>`` whose rows carry ``_parent_key`` and ``_position``.
Text that holds a number or a Unix time (``IntText``, ``UnixText``) is typed here, so that models only rename.
"""

import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec

# AskNicely sends every number as text and "" for none.
IntText = Annotated[str, msgspec.Meta(pattern=r"^(-?\d+)?$", extra={"column": "bigint"})]
UnixText = Annotated[str, msgspec.Meta(pattern=r"^\d*$", extra={"column": "timestamptz"})]

_COLUMN_TYPES = {
    str: "text",
    int: "bigint",
    float: "double precision",
    Decimal: "numeric",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
    bytes: "bytea",
}
_encode = msgspec.json.Encoder().encode


def _unix_time(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text), UTC) if text and int(text) else None
    except OverflowError:
        raise ValueError(f"{text} is no Unix time") from None


def _whole_number(text: str) -> int | None:
    if text and not -(2**63) <= int(text) < 2**63:
        raise ValueError(f"{text} is too large for a bigint")
    return int(text) if text else None


def _number(value: Decimal) -> Decimal:
    """A number that a numeric column holds. JSON has no NaN, but text that becomes a number may be one."""
    if not value.is_finite() or value.adjusted() > 131_000 or int(value.as_tuple().exponent) < -16_383:
        raise ValueError(f"{value} is no number that can be stored")
    return value


def _array(values: list[Any]) -> str:
    """An array as PostgreSQL writes it: JSON's way in braces, but for the escapes."""
    text = _encode(values).decode()
    if "\\" in text:
        return "{" + ",".join("null" if value is None else _quoted(value) for value in values) + "}"
    return "{" + text[1:-1] + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_CONVERTERS: dict[str, Callable[[Any], Any]] = {"timestamptz": _unix_time, "bigint": _whole_number}
_CLEANERS: dict[Any, Callable[[Any], Any]] = {Decimal: _number, bytes: lambda value: f"\\x{value.hex()}"}


@dataclass(frozen=True)
class Column:
    """One column of a raw table: where its value sits in the decoded record, and how it is typed.

    ``convert`` makes of a value that is not null what PostgreSQL reads as that type; it raises ValueError for one that
    the type cannot hold.
    """

    name: str
    sql_type: str
    path: tuple[str, ...]
    convert: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class TableShape:
    """The columns of a contract, and the child tables that its lists of structs make."""

    contract: type[msgspec.Struct]
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
    return TableShape(contract, tuple(columns), children, child_paths)


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
        typed = next((m.extra["column"] for m in metas if getattr(m, "extra", None)), None)
        if typed:
            return Column(name, typed, path, _CONVERTERS[typed])
        kind = base
    if get_origin(kind) is list:
        return Column(name, f"{_COLUMN_TYPES[_not_null(get_args(kind)[0])]}[]", path, _array)
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
