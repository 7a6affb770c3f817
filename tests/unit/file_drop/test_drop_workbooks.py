"""Workbooks: what stands in a cell becomes the text that a declared type can read; what cannot be read is told."""

import zipfile
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from drop_files import landed, problem_of, rows_of

from sandbox.records.workbook import CellError, Formula, workbook

HEADER = ["id", "at", "rating", "cost", "note"]
ROWS = [["id", "rating"], ["1", 5], ["2", 3]]


def _with_part(content: bytes, name: str, old: str, new: str) -> bytes:
    """The workbook with some text of one of its parts replaced."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            text = source.read(part).decode()
            assert part != name or old in text
            target.writestr(part, text.replace(old, new) if part == name else text)
    return out.getvalue()


def test_cells_become_text_that_types_can_read(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["007", datetime.fromisoformat("2026-11-20T10:30"), 5, 12.1, "naïve\nline"],
        [8, date(2026, 11, 20), Formula("1+2", 3), Formula("A2", "text"), True],
        ["9", "2026-11-20", "4", None, 46000.25],
    ]
    assert rows_of(tmp_path, "a.xlsx", workbook({"Data": rows}), HEADER) == [
        {"id": "007", "at": "2026-11-20T10:30:00", "rating": "5", "cost": "12.1", "note": "naïve\nline"},
        {"id": "8", "at": "2026-11-20", "rating": "3", "cost": "text", "note": "true"},
        {"id": "9", "at": "2026-11-20", "rating": "4", "cost": "", "note": "46000.25"},
    ]


def test_a_workbook_that_counts_days_from_1904_gives_the_same_dates(tmp_path: Path) -> None:
    content = workbook({"Data": [["id", "at"], ["1", date(2026, 11, 20)]]})
    content = _with_part(content, "xl/workbook.xml", "<sheets>", '<workbookPr date1904="1"/><sheets>')
    # The same number of days is four years and a day later.
    assert rows_of(tmp_path, "a.xlsx", content, ["id", "at"]) == [{"id": "1", "at": "2030-11-21"}]


def test_a_failed_formula_is_not_an_empty_cell(tmp_path: Path) -> None:
    rows = [[None, None], [None, "id", "rating"], [None, "1", CellError("#DIV/0!")], [None, "2", 4]]
    assert rows_of(tmp_path, "a.xlsx", workbook({"Data": rows}), ["id"]) == [
        {"id": "1", "rating": "#DIV/0!"},
        {"id": "2", "rating": "4"},
    ]


def test_titles_and_blank_rows_around_the_table_are_no_rows(tmp_path: Path) -> None:
    rows = [["Monthly report"], ["for November"], [], ["id", "rating"], [], ["1", 5], [None, None], ["2", 3]]
    found = rows_of(tmp_path, "a.xlsx", workbook({"Data": rows}), ["id", "rating"], skip_rows=2)
    assert found == [{"id": "1", "rating": "5"}, {"id": "2", "rating": "3"}]


def test_the_declared_sheet_is_read_else_the_first_visible_one(tmp_path: Path) -> None:
    content = workbook({"Cover": [["about"]], "Data": ROWS, "Old": [["id", "rating"], ["9", 1]]})
    expected = [{"id": "1", "rating": "5"}, {"id": "2", "rating": "3"}]
    assert rows_of(tmp_path, "a.xlsx", content, ["id"], sheet="Data") == expected
    hidden = _with_part(content, "xl/workbook.xml", 'name="Cover"', 'state="hidden" name="Cover"')
    survey, _ = landed(tmp_path, "a.xlsx", hidden, ["id"])
    assert (survey.rows, survey.detected["sheet"]) == (2, "Data")


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    message = problem_of(tmp_path, "a.xlsx", workbook({"Data": ROWS}), ["id"], sheet="Datos")
    assert "has no visible sheet 'Datos'; it has 'Data'" in message


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    message = problem_of(tmp_path, "a.xlsx", workbook({"Data": ROWS}), ["id", "comment"])
    assert "has no column 'comment'; it has 'id', 'rating'" in message


def test_a_workbook_lands_as_it_came(tmp_path: Path) -> None:
    content = workbook({"Data": ROWS})
    _, bodies = landed(tmp_path, "a.xlsx", content, ["id"])
    assert [body.partition(b"\n")[2] for body in bodies] == [content]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95, 0.999])
def test_a_cut_workbook_is_named(tmp_path: Path, share: float) -> None:
    content = workbook({"Data": ROWS})
    assert "is no whole workbook" in problem_of(tmp_path, "a.xlsx", content[: int(len(content) * share)], ["id"])


def test_a_workbook_with_a_damaged_part_is_named(tmp_path: Path) -> None:
    content = bytearray(workbook({"Data": [["id"], *([f"{n}"] for n in range(500))]}))
    content[len(content) // 2] ^= 0xFF
    assert "workbook" in problem_of(tmp_path, "a.xlsx", bytes(content), ["id"])


def test_a_zip_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "id\n1\n")
    assert "is no workbook that can be read" in problem_of(tmp_path, "a.xlsx", out.getvalue(), ["id"])


def test_one_cell_far_out_is_refused_before_it_takes_all_memory(tmp_path: Path) -> None:
    content = workbook({"Data": ROWS})
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    content = _with_part(content, "xl/worksheets/sheet1.xml", "</sheetData>", far)
    message = problem_of(tmp_path, "a.xlsx", content, ["id"])
    assert "has the sheet 'Data' of 1,048,576 rows and 16,384 columns" in message


def test_a_workbook_that_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    content = _with_part(workbook({"Data": ROWS}), "xl/styles.xml", "<fonts>", " " * 3_000_000 + "<fonts>")
    assert len(content) < 20_000
    message = problem_of(tmp_path, "a.xlsx", content, ["id"], limits={"largest_file_mb": 2})
    assert "unpacks to more than 2 MB" in message


def test_a_workbook_larger_than_memory_allows_is_refused(tmp_path: Path) -> None:
    message = problem_of(tmp_path, "a.xlsx", workbook({"Data": ROWS}), ["id"], limits={"largest_whole_file_mb": 0.001})
    assert "can only be read whole" in message
