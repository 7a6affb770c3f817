"""A workbook as spreadsheet programs save it, reduced to what a report export holds: sheets of typed cells."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet has no time zone
# Styles by number: general, date, date with time.
_DATE, _TIME = 1, 2
# The same bytes for the same content.
_WRITTEN = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Formula:
    """A cell that computes: ``saved`` is what it had computed when the workbook was saved."""

    text: str
    saved: Any


@dataclass(frozen=True)
class CellError:
    """A cell whose formula failed."""

    text: str = "#N/A"


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """The bytes of a workbook with these sheets; a cell of None is left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _parts(sheets).items():
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN), _HEAD + text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _parts(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, str]:
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in numbered)
    targets = "".join(_relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n, _ in numbered)
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">{_relation(1, "officeDocument", "xl/workbook.xml")}'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{targets}'
        f"{_relation(0, 'styles', 'styles.xml')}</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts><font/></fonts><fills><fill/></fills>'
        '<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    return parts | {f"xl/worksheets/sheet{n}.xml": _sheet(sheets[name]) for n, name in numbered}


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = {"/xl/workbook.xml": f"{kind}.sheet.main+xml", "/xl/styles.xml": f"{kind}.styles+xml"}
    overrides |= {f"/xl/worksheets/sheet{n}.xml": f"{kind}.worksheet+xml" for n in range(1, sheets + 1)}
    listed = "".join(f'<Override PartName="{part}" ContentType="{name}"/>' for part, name in overrides.items())
    return (
        f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{listed}</Types>"
    )


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _sheet(rows: Sequence[Sequence[Any]]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{_letters(at)}{number}", cell) for at, cell in enumerate(row) if cell is not None)
        lines.append(f'<row r="{number}">{cells}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _letters(column: int) -> str:
    return chr(65 + column) if column < 26 else _letters(column // 26 - 1) + _letters(column % 26)


def _cell(place: str, cell: Any) -> str:
    if isinstance(cell, Formula):
        kind = ' t="str"' if isinstance(cell.saved, str) else ""
        return f'<c r="{place}"{kind}><f>{escape(cell.text)}</f><v>{escape(str(cell.saved))}</v></c>'
    if isinstance(cell, CellError):
        return f'<c r="{place}" t="e"><v>{cell.text}</v></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" s="{_TIME if isinstance(cell, datetime) else _DATE}"><v>{_serial(cell)!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def _serial(day: date) -> float:
    """Days since Excel's start; a time of day is a fraction."""
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001
    return (moment - _EXCEL_START) / timedelta(days=1)
