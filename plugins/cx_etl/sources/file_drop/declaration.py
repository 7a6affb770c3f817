"""What a [[files]] entry declares: which files of a drop are a stream, and the contract of their columns."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from cx_etl.errors import ConfigError

SQL_TYPES = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "decimal": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
DELIMITERS = {",": ",", ";": ";", "|": "|", "\t": "\t", "tab": "\t"}
# Beside those of strptime.
SPECIAL_FORMATS = ("excel", "unix", "unix_ms")
NAME = re.compile(r"[a-z](_?[a-z0-9])*")
LONGEST_NAME = 28


@dataclass(frozen=True)
class Column:
    """A declared column: its name in the raw table, what it may be called in files, and how its text is typed."""

    name: str
    type: str
    headers: tuple[str, ...]
    is_key: bool
    required: bool
    optional: bool
    format: str
    time_zone: str
    decimal_comma: bool


@dataclass(frozen=True)
class FileStream:
    """One stream of a drop. ``whole``: each file is the whole list, so that rows which it lacks are deleted."""

    source: str
    stream: str
    pattern: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    version: str
    whole: bool
    may_be_empty: bool
    expected: str
    order: str
    wait_for: str
    format: str
    encoding: str
    delimiter: str
    skip_rows: int
    sheet: str

    @property
    def label(self) -> str:
        return f"{self.source}/{self.stream}"

    @property
    def table(self) -> str:
        return f"{self.source}__{self.stream}"

    @cached_property
    def names_by_header(self) -> dict[str, str]:
        """What a column of a file is called in the raw table."""
        return {header: column.name for column in self.columns for header in column.headers}

    def matches(self, name: str) -> bool:
        """Whether the file is one of the stream; a ``*`` does not reach over folders."""
        parts, patterns = name.split("/"), self.pattern.split("/")
        return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


class ColumnEntry(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["text", "integer", "number", "decimal", "boolean", "date", "timestamp"]
    header: str | list[str] = ""
    required: bool = False
    optional: bool = False
    format: str = ""
    time_zone: str | None = None
    decimal_comma: bool | None = None


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A [[files]] entry as it is written."""

    source: str
    stream: str
    pattern: str
    key: str | list[str]
    columns: dict[str, str | dict[str, Any]]
    version: str = ""
    whole: bool = False
    may_be_empty: bool = False
    expected: Literal["", "daily"] = ""
    order: Literal["name", "modified"] = "name"
    wait_for: Literal["", ".done", ".sha256", ".md5"] = ""
    format: Literal["", "csv", "jsonl", "json", "xlsx", "parquet"] = ""
    encoding: str = ""
    delimiter: str = ""
    skip_rows: int = 0
    sheet: str = ""
    time_zone: str = ""
    decimal_comma: bool = False


def declared(entries: Iterable[Mapping[str, Any]]) -> tuple[FileStream, ...]:
    """The streams that the entries declare. Raises ConfigError naming the entry and the key that is wrong."""
    found = tuple(_stream(number, entry) for number, entry in enumerate(entries, start=1))
    twice = [label for label, count in Counter(each.label for each in found).items() if count > 1]
    if twice:
        raise ConfigError(f"[[files]] declares {twice[0]} twice", "remove one, or give it another stream name")
    return found


def _stream(number: int, written: Mapping[str, Any]) -> FileStream:
    name = f"[[files]] entry {number} ({written.get('source', '?')}/{written.get('stream', '?')})"
    try:
        entry = msgspec.convert(written, Entry)
        columns = tuple(_column(entry, *item) for item in entry.columns.items())
        _require_sense(entry, columns)
    except ValueError as error:
        raise ConfigError(
            f"{name}: {error}", "correct it in the settings; docs/sources/file-drop.md has them all"
        ) from None
    return FileStream(
        source=entry.source,
        stream=entry.stream,
        pattern=entry.pattern,
        key=_keys(entry),
        columns=columns,
        version=entry.version,
        whole=entry.whole,
        may_be_empty=entry.may_be_empty,
        expected=entry.expected,
        order=entry.order,
        wait_for=entry.wait_for,
        format=entry.format,
        encoding=entry.encoding,
        delimiter=DELIMITERS.get(entry.delimiter, ""),
        skip_rows=entry.skip_rows,
        sheet=entry.sheet,
    )


def _column(entry: Entry, name: str, text_or_table: str | dict[str, Any]) -> Column:
    table = {"type": text_or_table} if isinstance(text_or_table, str) else text_or_table
    try:
        written = msgspec.convert(table, ColumnEntry)
    except msgspec.ValidationError as error:
        raise ValueError(f"column {name}: {error}") from None
    headers = [written.header] if isinstance(written.header, str) else written.header
    is_key = name in _keys(entry)
    return Column(
        name=name,
        type=written.type,
        headers=tuple(header for header in headers if header) or (name,),
        is_key=is_key,
        required=written.required or is_key,
        optional=written.optional,
        format=written.format,
        time_zone=entry.time_zone if written.time_zone is None else written.time_zone,
        decimal_comma=entry.decimal_comma if written.decimal_comma is None else written.decimal_comma,
    )


def _keys(entry: Entry) -> tuple[str, ...]:
    return (entry.key,) if isinstance(entry.key, str) else tuple(entry.key)


def _require_sense(entry: Entry, columns: tuple[Column, ...]) -> None:
    """Raise ValueError naming the first key of the entry that cannot work."""
    _require_names(entry, columns)
    types = {column.name: column.type for column in columns}
    for key in _keys(entry):
        if types.get(key) != "text":
            raise ValueError(f"key names {key!r}, which columns must declare as text")
    if not _keys(entry):
        raise ValueError("key names no column")
    if entry.version and types.get(entry.version) not in ("date", "timestamp"):
        raise ValueError(f"version names {entry.version!r}, which columns must declare as a date or timestamp")
    parts = entry.pattern.split("/")
    if not entry.pattern or "" in parts or ".." in parts or "**" in parts or parts[0] == "processed":
        raise ValueError(f"pattern {entry.pattern!r} is no glob below the drop folder, such as 'report_*.csv'")
    if entry.delimiter and entry.delimiter not in DELIMITERS:
        raise ValueError(f"delimiter is {entry.delimiter!r}; write one of , ; | tab")
    if entry.encoding:
        _require_encoding(entry.encoding)
    if entry.skip_rows < 0:
        raise ValueError("skip_rows is negative")
    for column in columns:
        _require_readable(column)


def _require_names(entry: Entry, columns: tuple[Column, ...]) -> None:
    for what, name in (
        ("source", entry.source),
        ("stream", entry.stream),
        *(("columns", each.name) for each in columns),
    ):
        if not NAME.fullmatch(name) or len(name) > (LONGEST_NAME if what != "columns" else 63):
            raise ValueError(f"{what} {name!r} is no name: small letters, digits and single underscores")
    if not columns:
        raise ValueError("columns declares none")
    headers = Counter(header for column in columns for header in column.headers)
    for header, count in headers.items():
        if count > 1:
            raise ValueError(f"columns: two are called {header!r} in the file")


def _require_encoding(name: str) -> None:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"encoding {name!r} is not known; write one such as utf-8, utf-16, cp1252, cp1256") from None


def _require_readable(column: Column) -> None:
    try:
        ZoneInfo(column.time_zone or "UTC")
    except (ValueError, LookupError):
        raise ValueError(f"column {column.name}: time_zone {column.time_zone!r} is no IANA name") from None
    if not column.format:
        return
    if column.type not in ("date", "timestamp"):
        raise ValueError(f"column {column.name}: a {column.type} has no format")
    if column.format not in SPECIAL_FORMATS:
        try:
            datetime.strptime(datetime(2026, 11, 20).strftime(column.format), column.format)  # noqa: DTZ001, DTZ007
        except ValueError as error:
            raise ValueError(f"column {column.name}: format {column.format!r}: {error}") from None
