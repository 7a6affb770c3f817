"""CSV: which delimiter it has, where its parts end, and its rows as records of text."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from cx_etl.sources.file_drop.formats.encodings import encoding_of
from cx_etl.sources.file_drop.formats.layout import PART_BYTES, File, How, Part, Survey, broken, record_keys
from cx_etl.sources.file_drop.formats.lines import FileLines, Lines

_DELIMITERS = (",", ";", "\t", "|")
_OTHER_FORMATS = {b"PK\x03\x04": "a zip archive or workbook", b"\x1f\x8b": "gzip", b"PAR1": "Parquet"}
_HEAD_CHARACTERS = 64 * 1024
_ANY_SIZE = 2**31 - 1


def survey(file: File) -> Survey:
    """Read the file from end to end. Raises DataError for one that is cut, undecodable or not what was declared."""
    _require_text(file)
    encoding, mark = encoding_of(file)
    try:
        delimiter = file.stream.delimiter or _delimiter(file, encoding, mark)
        with file.path.open("rb") as content:
            content.seek(len(mark))
            text = io.TextIOWrapper(content, encoding, newline="")
            return _survey(file, How("csv", encoding, delimiter), FileLines(text, encoding, len(mark), file))
    except UnicodeDecodeError as error:
        wrong = error.object[error.start : error.start + 4]
        raise file.wrong(f"is no {encoding}: {wrong!r}", "write its encoding in the [[files]] entry") from None


def records(how: How, content: bytes) -> Iterator[msgspec.Raw]:
    """The records of a landed part."""
    lines = Lines(io.StringIO(content.decode(how.encoding), newline=""), how.line - 1)
    for _ in range(how.skip):
        next(lines)
    return (row.record for row in _rows(lines, how, _ANY_SIZE))


@dataclass(frozen=True)
class _Row:
    """A row as a record, or what stands for one that is none, with the reason and whether it lacks fields."""

    record: msgspec.Raw
    fault: str = ""
    is_short: bool = False


def _require_text(file: File) -> None:
    with file.path.open("rb") as content:
        head = content.read(4)
    if not head:
        raise file.wrong("is empty: it has no header")
    for mark, name in _OTHER_FORMATS.items():
        if head.startswith(mark):
            raise file.wrong(f"is {name}, not CSV")


def _delimiter(file: File, encoding: str, mark: bytes) -> str:
    """The delimiter under which the header has most of the declared columns."""
    with file.path.open("rb") as content:
        content.seek(len(mark))
        head = io.TextIOWrapper(content, encoding, newline="").read(_HEAD_CHARACTERS)
    titles = {delimiter: _titles(head, file.stream.skip_rows, delimiter) for delimiter in _DELIMITERS}
    known = file.stream.names_by_header
    return max(_DELIMITERS, key=lambda delimiter: sum(title.strip() in known for title in titles[delimiter]))


def _titles(head: str, skip_rows: int, delimiter: str) -> list[str]:
    lines = Lines(io.StringIO(head, newline=""))
    for _ in range(skip_rows):
        next(lines, "")
    try:
        return _header(lines, delimiter)
    except csv.Error:
        return []


def _header(lines: Lines, delimiter: str) -> list[str]:
    """The first row that is not blank; the lines go on behind it."""
    return next((row for row in csv.reader(lines, delimiter=delimiter, strict=True) if any(row)), [])


def _survey(file: File, how: How, lines: FileLines) -> Survey:
    for _ in range(file.stream.skip_rows):
        next(lines, "")
    try:
        columns = record_keys(file, _header(lines, how.delimiter))
    except csv.Error as error:
        raise file.wrong(f"has a header that is none: {error}") from None
    how = msgspec.structs.replace(how, columns=columns, skip=lines.number)
    parts, rows, start, last = [], 0, 0, None
    for last in _rows(lines, how, file.limits.field_characters):
        _require_closed(file, last, lines)
        rows += 1
        if lines.offset - start >= PART_BYTES:
            parts.append(Part(start, lines.offset, how))
            start, how = lines.offset, msgspec.structs.replace(how, skip=0, line=lines.number + 1)
    if last and last.is_short and not lines.is_whole:
        raise file.wrong("looks cut: its last line has no end, and fewer fields than the header")
    if lines.offset != file.size:
        raise file.wrong(f"is not the same again when it is written as {how.encoding}", "write its true encoding")
    parts.append(Part(start, file.size, how))
    return Survey(rows, tuple(parts), {"format": "csv", "encoding": how.encoding, "delimiter": how.delimiter})


def _require_closed(file: File, row: _Row, lines: Lines) -> None:
    if row.fault and lines.ended:
        raise file.wrong(f"ends inside quotes ({row.fault}): it is cut, or a quote is not closed")
    if "larger than field limit" in row.fault:
        limit = f"{file.limits.largest_field_kb:,.0f} KB"
        raise file.wrong(f"has a field of more than {limit} ({row.fault}): a quote may not be closed")


def _rows(lines: Lines, how: How, longest_field: int) -> Iterator[_Row]:
    """Rows from where the lines are; blank ones are none. A row that is wrong takes no other with it."""
    # The limit is the process's; every reader of a file sets its own.
    csv.field_size_limit(longest_field)
    reader = csv.reader(lines, delimiter=how.delimiter, strict=True)
    while not lines.ended:
        lines.taken.clear()
        first = lines.number + 1
        try:
            fields = next(reader, [])
        except csv.Error as error:
            yield _broken(lines, f"line {first}: {error}")
            continue
        if len(fields) == len(how.columns) and any(fields):
            record = dict(zip(how.columns, fields, strict=True))
            yield _Row(msgspec.Raw(msgspec.json.encode(record)))
        elif any(fields):
            reason = f"line {first} has {len(fields)} fields, the header has {len(how.columns)}"
            yield _broken(lines, reason, len(fields) < len(how.columns))


def _broken(lines: Lines, fault: str, is_short: bool = False) -> _Row:
    return _Row(broken(fault, "".join(lines.taken)), fault, is_short)
