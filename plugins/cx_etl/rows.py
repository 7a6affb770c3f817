r"""Rows: what landed pages hold, decoded against the contract, as lines that PostgreSQL's COPY reads.

msgspec writes a tuple of scalars as a JSON array many times faster than Python packs one column. Without its brackets
that array is a line of CSV for ``QUOTE '"' ESCAPE '\' NULL 'null'``, but for the few escapes that only JSON has, which
are undone for a whole page at once. PostgreSQL turns the values into its types.
"""

import hashlib
import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from cx_etl.contract import TableShape, shape_of
from cx_etl.decoding import ContractDecoder
from cx_etl.landing import Step
from cx_etl.quarantine import Reject
from cx_etl.sources.base import Stream, Table

Values = Callable[[Any], tuple[Any, ...]]
# A page may hold tens of thousands of records; decoded, they take several times its size.
MOST_AT_ONCE = 1000


def _absent(value: Any) -> None:
    """A field that is not there is null, as one that is null."""
    if value is not msgspec.UNSET:
        raise TypeError(f"no column holds {value!r}")


_encode = msgspec.json.Encoder(enc_hook=_absent).encode


@dataclass(frozen=True)
class Origin:
    """What all rows of one run share."""

    account: str
    night: date
    run_id: str
    loaded_at: datetime


@dataclass
class Rows:
    """Records of a page as CSV lines by table (child tables too), those that broke the contract, and how many."""

    lines: dict[str, bytes]
    rejects: list[Reject] = field(default_factory=list)
    read: int = 0


class PageReader:
    """Reads the pages of one stream's runs. ``undeclared`` counts, by field, the records that had it, in all pages."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._decoders = [ContractDecoder(table.contract) for table in stream.tables]

    @property
    def undeclared(self) -> Counter[str]:
        return sum((decoder.undeclared for decoder in self._decoders), Counter())

    def read(self, records: Iterable[tuple[int, msgspec.Raw]], step: Step, file: str, origin: Origin) -> Iterator[Rows]:
        """The records' rows, so many at a time. Equal records have equal row hashes, children included."""
        numbered = enumerate(records)
        while part := list(islice(numbered, MOST_AT_ONCE)):
            yield self._batch(part, step, file, origin)

    def _batch(self, records: list[tuple[int, tuple[int, msgspec.Raw]]], step: Step, file: str, origin: Origin) -> Rows:
        writers = [_RowWriter(self._stream, table, step, origin) for table in self._stream.tables]
        rejects = []
        for offset, (index, raw) in records:
            try:
                record = self._decoders[index].decode(raw)
                writers[index].add(record)
            except (msgspec.DecodeError, ValueError, OverflowError) as error:
                rejects.append(_reject(self._stream.tables[index], step, file, offset, raw, str(error)))
            else:
                self._decoders[index].note(record, raw)
        lines = {name: text for writer in writers for name, text in writer.finished().items()}
        return Rows(lines, rejects, len(records))


class _RowWriter:
    """The lines of one table and its children, from the records of one page."""

    def __init__(self, stream: Stream, table: Table, step: Step, origin: Origin) -> None:
        self._stream, self._table, self._step = stream, table, step
        self._shape = shape_of(table.contract)
        self._values = compiled(table.contract)
        self._is_main = table is stream.tables[0]
        self._shared = _line((origin.account, origin.night, origin.run_id, origin.loaded_at, step.observed_at))
        names = [column.name for column in self._shape.columns]
        self._keys = [names.index(key) for key in table.keys]
        self._lines: list[bytes] = []
        self._children: dict[str, list[bytes]] = {name: [] for name in self._shape.children}

    def add(self, record: Any) -> None:
        """Append the record's line and its children's. Raises ValueError, and appends nothing, if a value cannot be."""
        for name in self._stream.context_fields:
            setattr(record, name, self._step.context[name])
        values = self._values(record)
        line = _line(values)
        version = (self._stream.version_at(record) if self._is_main else None) or self._step.observed_at
        deleted = self._stream.deleted_at(record) if self._is_main else None
        children = child_lines(self._shape, record) if self._children else {}
        row_hash = "\\x" + _hash(line, children)
        self._lines.append(b",".join((line, _line((row_hash, version, deleted)), self._shared)))
        if children:
            parent = (*(values[key] for key in self._keys), row_hash)
            for name, items in children.items():
                kept = self._children[name]
                kept.extend(item + b"," + _line((*parent, number)) for number, item in enumerate(items))

    def finished(self) -> dict[str, bytes]:
        """The lines by table, as COPY reads them."""
        tables = {self._table.name: self._lines}
        tables |= {f"{self._table.name}__{name}": lines for name, lines in self._children.items()}
        return {name: as_csv(lines) for name, lines in tables.items()}


def child_lines(shape: TableShape, record: Any) -> dict[str, list[bytes]]:
    """For each child table, the lines of its rows in the order of the record."""
    found = {}
    for name, path in shape.child_paths.items():
        items = record
        for attribute in path:
            items = items and getattr(items, attribute)
        values = compiled(shape.children[name].contract)
        found[name] = [_line(values(item)) for item in items or ()]
    return found


def _line(values: tuple[Any, ...]) -> bytes:
    return _encode(values)[1:-1]


def _hash(line: bytes, children: dict[str, list[bytes]]) -> str:
    whole = line
    for name, items in children.items():
        whole = b"\n".join((whole, name.encode(), *items))
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


@cache
def compiled(contract: type[msgspec.Struct]) -> Values:
    """A function from a record to its values in the order of the columns; what is under a null is null.

    It is made of source text, ``return (record.id, struct1 and struct1.channel, …)``: attribute by attribute, several
    times as fast as a loop over paths.
    """
    shape = shape_of(contract)
    structs: dict[tuple[str, ...], str] = {(): "record"}
    body: list[str] = []
    names: dict[str, Any] = {"UNSET": msgspec.UNSET}
    values = []
    for number, column in enumerate(shape.columns):
        for depth in range(1, len(column.path)):
            path = column.path[:depth]
            if path not in structs:
                structs[path] = f"struct{len(structs)}"
                body.append(f"{structs[path]} = {_attribute(structs, path)}")
        value = _attribute(structs, column.path)
        if column.convert:
            names[f"convert{number}"] = column.convert
            value = f"None if (value := {value}) is None or value is UNSET else convert{number}(value)"
        values.append(f"({value})")
    source = "\n    ".join(["def values(record):", *body, f"return ({', '.join(values)},)"])
    exec(source, names)
    return names["values"]


def _attribute(structs: dict[tuple[str, ...], str], path: tuple[str, ...]) -> str:
    owner, name = structs[path[:-1]], path[-1]
    # A declared file may have a column called "from".
    value = f"getattr({owner}, {name!r})" if keyword.iskeyword(name) else f"{owner}.{name}"
    return value if owner == "record" else f"{owner} and {value}"


# An escaped quote is left alone, and an escaped backslash is consumed as a pair: both are the same in this CSV.
_ESCAPE = re.compile(rb'\\(?:u....|[^"])')
_ESCAPES = {rb"\n": b"\n", rb"\r": b"\r", rb"\t": b"\t", rb"\b": b"\b", rb"\f": b"\f", rb"\\": rb"\\"}


def as_csv(lines: list[bytes]) -> bytes:
    """The lines with JSON's escapes undone. PostgreSQL text cannot hold NUL: a visible stand-in takes its place."""
    return _ESCAPE.sub(_unescaped, b"\n".join([*lines, b""])) if lines else b""


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    return _ESCAPES.get(escape) or chr(int(escape[2:], 16) or 0xFFFD).encode()


def _reject(table: Table, step: Step, file: str, offset: int, raw: msgspec.Raw, reason: str) -> Reject:
    return Reject(
        table=table.name,
        natural_key=_readable_key(table, raw),
        reason=reason,
        payload=bytes(raw),
        context=step.context,
        landing_file=file,
        record_offset=offset,
        observed_at=step.observed_at,
    )


def _readable_key(table: Table, raw: msgspec.Raw) -> str | None:
    try:
        fields = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError):
        return None
    found = [fields.get(key) for key in table.keys]
    return None if None in found or "" in found else "|".join(map(str, found))
