"""Workbooks: one sheet's rows as records of text, with the values that formulas had when the file was saved."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO
from xml.etree import ElementTree

import msgspec

from cx_etl.sources.file_drop.formats.layout import UNREADABLE, File, How, Survey, record_keys, require_small, whole

_SHEET = re.compile(r"\{.*\}sheet")
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_BLOCK_BYTES = 1024 * 1024


def survey(file: File) -> Survey:
    """Read the sheet. Raises DataError for a workbook that is cut, too large or not what was declared."""
    from python_calamine import CalamineError

    require_small(file)
    _require_sound(file)
    try:
        return _survey(file)
    except (KeyError, ElementTree.ParseError, CalamineError) as error:
        raise file.wrong(f"is no workbook that can be read: {error}") from None


def _survey(file: File) -> Survey:
    with file.path.open("rb") as content:
        sheet = _chosen(file, content)
        _require_small_sheet(file, content, sheet)
        numbered = _rows(content, sheet)
        header = next(((number, row) for number, row in numbered if number > file.stream.skip_rows and any(row)), None)
        number, titles = header or (0, [])
        how = How("xlsx", columns=record_keys(file, titles), skip=number, sheet=sheet)
        rows = sum(1 for _, row in numbered if any(row))
    return whole(file, rows, how, sheet=sheet)


def records(how: How, content: bytes) -> Iterator[msgspec.Raw]:
    """The records of a landed workbook. A row of a sheet has as many cells as the widest one."""
    for number, row in _rows(io.BytesIO(content), how.sheet):
        if number > how.skip and any(row):
            yield msgspec.Raw(msgspec.json.encode(dict(zip(how.columns, row, strict=True))))


def _require_sound(file: File) -> None:
    """Raise DataError unless all of the archive can be read, and is no larger than the limit when it is unpacked."""
    left = file.limits.file_bytes
    try:
        with zipfile.ZipFile(file.path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    while block := member.read(_BLOCK_BYTES):
                        left -= len(block)
                        if left < 0:
                            raise file.wrong(f"unpacks to more than {file.limits.largest_file_mb:,.0f} MB")
    except UNREADABLE as error:
        raise file.wrong(f"is no whole workbook: {error}; it may be cut or protected by a password") from None


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Where each visible worksheet stands in the archive, in the order of the workbook."""
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    found = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if _SHEET.fullmatch(element.tag) and element.get("state", "visible") == "visible":
            target = targets.get(element.get(_RELATION_ID), "")
            found[element.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _chosen(file: File, content: BinaryIO) -> str:
    with zipfile.ZipFile(content) as archive:
        sheets = list(_sheets(archive))
    wanted = file.stream.sheet or (sheets[0] if sheets else "")
    if wanted not in sheets:
        raise file.wrong(f"has no visible sheet {wanted!r}; it has {', '.join(map(repr, sheets))}")
    return wanted


def _require_small_sheet(file: File, content: BinaryIO, sheet: str) -> None:
    """A single cell far out makes the sheet as large as the rectangle up to it."""
    rows = columns = 0
    for row, column, _ in _cells(content, sheet):
        rows, columns = max(rows, row), max(columns, column)
    if rows * columns > file.limits.largest_sheet_cells:
        raise file.wrong(
            f"has the sheet {sheet!r} of {rows:,} rows and {columns:,} columns",
            "remove what stands far from the table, or raise [options.file_drop] largest_sheet_cells",
        )


def _rows(content: BinaryIO, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Every row of the sheet with its number, the first being 1."""
    from python_calamine import CalamineWorkbook

    errors = {(row, column): text for row, column, text in _cells(content, sheet) if text}
    content.seek(0)
    found = CalamineWorkbook.from_filelike(content).get_sheet_by_name(sheet)
    first = (found.start or (0, 0))[1] + 1
    for number, cells in enumerate(found.iter_rows(), start=1):
        yield number, [errors.get((number, column)) or _text(cell) for column, cell in enumerate(cells, start=first)]


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, datetime | date | time) else str(cell)


def _cells(content: BinaryIO, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Row and column of every cell, and the text of those that hold an error such as #N/A: the library drops it."""
    content.seek(0)
    with zipfile.ZipFile(content) as archive, archive.open(_sheets(archive)[sheet]) as member:
        left = b""
        while block := member.read(_BLOCK_BYTES):
            left += block
            end = 0
            for cell in _CELL.finditer(left):
                end = cell.end()
                if place := _PLACE.search(cell[1]):
                    error = _VALUE.search(cell[2] or b"") if b't="e"' in cell[1] else None
                    yield int(place[2]), _column_number(place[1]), error[1].decode() if error else ""
            # A cell holds 32,767 characters at most; what is longer is no cell.
            left = left[max(end, len(left) - _BLOCK_BYTES) :]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
