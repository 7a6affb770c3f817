"""Contracts: a typed struct per stream is the only place a field is declared.

A contract compiles to tables. Scalars become columns under the vendor's own names, a nested struct
becomes columns joined by two underscores (``metric_set__reopens``), a list of scalars an array, and a
list of structs a child table named ``<stream>__<field>`` whose rows carry ``_parent_key`` and ``_position``.
Text that holds a number or a time is typed by its contract, so that models only rename: a field annotated with
``msgspec.Meta(extra={"column": …, "convert": …})`` becomes a column of that type, filled with what ``convert`` makes of
the value (None for a vendor's way to say "none"; ValueError for what it cannot be). With a column of None it becomes
none. ``IntText``, ``UnixText``, ``NumberText`` and ``AnyText`` are such, and ``JsonText``, for what is of another type
in every record. A time without an offset is UTC.
"""

import types
import typing
from collections.abc import Callable
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
    bytes: "bytea",
}
Convert = Callable[[Any], Any]
_encode = msgspec.json.Encoder().encode


def utc(moment: datetime) -> datetime:
    """The moment in UTC; vendors that leave the offset out mean UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _unix_time(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text), UTC) if text and int(text) else None
    except OverflowError:
        raise ValueError(f"{text} is no Unix time") from None


def _whole_number(text: str) -> int | None:
    if text and not -(2**63) <= int(text) < 2**63:
        raise ValueError(f"{text} is too large for a bigint")
    return int(text) if text else None


def _finite(value: Decimal) -> Decimal:
    """A number that a numeric column holds. JSON has no NaN, but text that becomes a number may be one."""
    if not value.is_finite() or value.adjusted() > 131_000 or int(value.as_tuple().exponent) < -16_383:
        raise ValueError(f"{value} is no number that can be stored")
    return value


def number(value: str | float) -> Decimal | None:
    """The number that text holds or that is one already; None for empty text. Raises ValueError for other text."""
    if value == "":
        return None
    try:
        return _finite(Decimal(str(value)))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error


def _json_text(value: msgspec.Raw) -> str | None:
    """The JSON as it came, without blanks between its parts, so that it can be searched; None for null."""
    text = msgspec.json.format(bytes(value), indent=-1).decode()
    return None if text == "null" else text


def _array(values: list[Any]) -> str:
    """An array as PostgreSQL writes it: JSON's way in braces, but for the escapes."""
    text = _encode(values).decode()
    if "\\" in text:
        return "{" + ",".join("null" if value is None else _quoted(value) for value in values) + "}"
    return "{" + text[1:-1] + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# AskNicely sends every number as text and "" for none; WooCommerce money is text, its prices are numbers.
IntText = Annotated[str, msgspec.Meta(pattern=r"^(-?\d+)?$", extra={"column": "bigint", "convert": _whole_number})]
UnixText = Annotated[str, msgspec.Meta(pattern=r"^\d*$", extra={"column": "timestamptz", "convert": _unix_time})]
NumberText = Annotated[str | int | float, msgspec.Meta(extra={"column": "numeric", "convert": number})]
# References that look like numbers, and are sent as numbers now and then.
AnyText = Annotated[str | int, msgspec.Meta(extra={"column": "text", "convert": str})]
# A field that may be absent has the default NULL: a raw value cannot be one of several types.
JsonText = Annotated[msgspec.Raw, msgspec.Meta(extra={"column": "text", "convert": _json_text})]
NULL = msgspec.Raw(b"null")

_CLEANERS: dict[Any, Convert] = {Decimal: _finite, bytes: lambda value: f"\\x{value.hex()}"}


@dataclass(frozen=True)
class Column:
    """One column of a raw table: where its value sits in the decoded record, and how it is typed.

    ``convert`` makes of a value that is not null what PostgreSQL reads as that type; it raises ValueError for one that
    the type cannot hold.
    """

    name: str
    sql_type: str
    path: tuple[str, ...]
    convert: Convert | None = None


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
        elif _extra(kind).get("column", name) is not None:
            columns.append(_column("__".join(name), kind, here))


def _extra(kind: Any) -> dict[str, Any]:
    metas = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((meta.extra for meta in metas if getattr(meta, "extra", None)), {})


def _column(name: str, kind: Any, path: tuple[str, ...]) -> Column:
    if extra := _extra(kind):
        return Column(name, extra["column"], path, _located(extra["convert"], path))
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is list:
        return Column(name, f"{_COLUMN_TYPES[_not_null(get_args(kind)[0])]}[]", path, _array)
    if kind not in _COLUMN_TYPES:
        raise TypeError(f"contract field {name}: no column type for {kind!r}")
    cleaner = _CLEANERS.get(kind)
    return Column(name, _COLUMN_TYPES[kind], path, cleaner and _located(cleaner, path))


def _located(convert: Convert, path: tuple[str, ...]) -> Convert:
    """The converter, whose ValueError says which field could not be what its column holds."""

    def located(value: Any) -> Any:
        try:
            return convert(value)
        except ValueError as error:
            raise ValueError(f"{error} - at `$.{'.'.join(path)}`") from error

    return located


def _not_null(kind: Any) -> Any:
    """The type without None and without the marker of an absent field."""
    if get_origin(kind) in (typing.Union, types.UnionType):
        left = [part for part in get_args(kind) if part not in (type(None), msgspec.UnsetType)]
        if len(left) == 1:
            return left[0]
    return kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
