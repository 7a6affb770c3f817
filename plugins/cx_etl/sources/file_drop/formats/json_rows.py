"""JSON: one record per line, or one list of records."""

from collections.abc import Iterator

import msgspec

from cx_etl.sources.file_drop.formats.layout import (
    PART_BYTES,
    File,
    How,
    Part,
    Survey,
    require_columns,
    require_small,
    whole,
)

_UTF8_MARK = b"\xef\xbb\xbf"
_Fields = dict[str, msgspec.Raw]
_fields = msgspec.json.Decoder(_Fields).decode


def survey_lines(file: File) -> Survey:
    """Read a file of JSON lines from end to end. Raises DataError for one that is cut or lacks a declared field.

    A line in the middle that is no record is counted: the load will reject it.
    """
    names = _names(file)
    parts, rows, start, offset, number = [], 0, 0, 0, 0
    found: set[str] = set()
    how, last = How("jsonl", names=names), b"{}"
    for line in _lines(file):
        number, offset = number + 1, offset + len(line)
        if line.strip():
            rows, last = rows + 1, line
            found.update(_found(line))
        if offset - start >= PART_BYTES:
            parts.append(Part(start, offset, how))
            start, how = offset, msgspec.structs.replace(how, line=number + 1)
    if not last.rstrip().endswith(b"}"):
        raise file.wrong("looks cut: its last line is no JSON object")
    if start < file.size:
        parts.append(Part(start, file.size, how))
    _require_fields(file, rows, found)
    return Survey(rows, tuple(parts), {"format": "jsonl"})


def survey_list(file: File) -> Survey:
    """Read a file that is one list of records. Raises DataError for one that is cut or lacks a declared field."""
    require_small(file)
    content = file.path.read_bytes()
    try:
        items = _items(content)
    except msgspec.DecodeError as error:
        raise file.wrong(f"is no JSON list: {error}; it may be cut") from None
    _require_fields(file, len(items), {name for item in items for name in _found(bytes(item))})
    return whole(file, len(items), How("json", names=_names(file)))


def records_of_lines(how: How, content: bytes) -> Iterator[msgspec.Raw]:
    """The records of a landed part."""
    for line in content.removeprefix(_UTF8_MARK).split(b"\n"):
        if line.strip():
            yield _renamed(line, how)


def records_of_list(how: How, content: bytes) -> Iterator[msgspec.Raw]:
    """The records of a landed list."""
    return (_renamed(bytes(item), how) for item in _items(content))


def _lines(file: File) -> Iterator[bytes]:
    longest = 16 * file.limits.field_characters
    with file.path.open("rb") as content:
        if content.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise file.wrong("is UTF-16; JSON is UTF-8")
        content.seek(0)
        while line := content.readline(longest):
            if len(line) == longest:
                raise file.wrong(f"has a line of more than {longest:,} bytes")
            yield line


def _items(content: bytes) -> list[msgspec.Raw]:
    return msgspec.json.decode(content.removeprefix(_UTF8_MARK), type=list[msgspec.Raw])


def _found(record: bytes) -> list[str]:
    try:
        return list(_fields(record.removeprefix(_UTF8_MARK)))
    except msgspec.DecodeError:
        return []


def _require_fields(file: File, rows: int, found: set[str]) -> None:
    """A field that no record has was renamed or left out; one that a record lacks is null there."""
    if rows:
        names = file.stream.names_by_header
        require_columns(file, [names.get(name, name) for name in sorted(found)])


def _names(file: File) -> dict[str, str]:
    return {header: name for header, name in file.stream.names_by_header.items() if header != name}


def _renamed(record: bytes, how: How) -> msgspec.Raw:
    """The record with its fields called as they were declared; one that cannot be read stays as it is."""
    if not how.names:
        return msgspec.Raw(record)
    try:
        fields = _fields(record)
    except msgspec.DecodeError:
        return msgspec.Raw(record)
    return msgspec.Raw(msgspec.json.encode({how.names.get(name, name): value for name, value in fields.items()}))
