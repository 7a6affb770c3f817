"""PDF and workbook say what the page and the marts say, and nothing in them is carried out."""

import io
import shutil
import subprocess
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from cx_etl import snapshot
from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings
from cx_etl.snapshot.printed import pdf_of
from tests.expectations.handmade import NIGHT, connection, put_rows


@pytest.fixture
def page(two_publications: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CX_SNAPSHOT_FORMATS", "pdf,xlsx")
    put_rows(
        two_publications[1],
        "nps_daily",
        [
            {
                "business_date": NIGHT,
                "source": "=1+1",
                "channel": "@cmd",
                "n": 7,
                "score": 12.5,
            },
            {"business_date": NIGHT - timedelta(days=1), "source": "+x", "channel": "-y", "n": 3, "score": -100},
        ],
    )
    return Path(snapshot.render(two_publications[1]).path)


def test_numbers_of_the_workbook_are_those_of_the_marts(page: Path, two_publications: tuple[int, int]) -> None:
    book = openpyxl.load_workbook(page.with_suffix(".xlsx"))
    headline = next(row for row in book["Snapshot"].iter_rows(values_only=True) if row[0] == "Net promoter score")
    assert [*headline[1:6]] == [-31.26, "points", -33.76, -28.76, 12345]
    with connection() as warehouse:
        cursor = warehouse.execute(
            "select * from marts_versions.metric_values where _valid_from <= %s and _valid_to > %s"
            " and segment_name = 'all' and grain in ('month', 'week', 'all_time')",
            (two_publications[1], two_publications[1]),
        )
        places = {column.name: place for place, column in enumerate(cursor.description or ())}
        expected = {
            (row[places["metric_variant"]], row[places["n"]], row[places["value"]]) for row in cursor.fetchall()
        }
    sheet = book["metric_values"]
    names = [cell.value for cell in sheet[1]]
    found = {
        (row[names.index("metric_variant")], row[names.index("n")], Decimal(str(row[names.index("value")])))
        for row in sheet.iter_rows(min_row=2, values_only=True)
    }
    assert {(variant, n, round(value, 6)) for variant, n, value in found} == expected
    assert not {name for name in names if name.startswith("_")}


def test_cells_are_typed_and_no_text_is_a_formula(page: Path) -> None:
    book = openpyxl.load_workbook(page.with_suffix(".xlsx"))
    first = book["nps_daily"][2]
    assert [cell.value for cell in first[:5]] == [datetime.combine(NIGHT, time()), "=1+1", "@cmd", 7, 12.5]
    assert [cell.data_type for cell in first[:5]] == ["d", "s", "s", "n", "n"]
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert book["nps_daily"].freeze_panes == "A2"


def test_a_mart_without_rows_has_no_sheet(page: Path) -> None:
    names = openpyxl.load_workbook(page.with_suffix(".xlsx")).sheetnames
    assert {"Snapshot", "metric_values", "nps_daily", "quarantine_effects"} <= set(names)
    assert "delivery_daily" not in names


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not on this machine")
def test_the_paper_says_what_the_page_says(page: Path) -> None:
    told = subprocess.run(
        ["pdftotext", "-layout", page.with_suffix(".pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("Net promoter score", "-31.3", "12,345 answers", "12 late answers", "1 record from shopify", "2/2"):
        assert words in told.replace("\N{MINUS SIGN}", "-")
    assert "<script>alert('x')" in told, "as text"


def test_paper_fetches_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"secret")
    with_picture = pdf_of(f"<html><body><p>words</p><img src='{outside.as_uri()}'></body></html>")
    without = pdf_of("<html><body><p>words</p></body></html>")
    assert abs(len(with_picture) - len(without)) < 200


def test_what_was_written_stays_and_the_archive_links_it(page: Path, two_publications: tuple[int, int]) -> None:
    before = {each: page.with_suffix(each).read_bytes() for each in (".pdf", ".xlsx")}
    snapshot.render(two_publications[1])
    assert {each: page.with_suffix(each).read_bytes() for each in before} == before
    archive = (load_settings().snapshots_dir / "index.html").read_text(encoding="utf-8")
    assert f'href="2018-10-18/{page.stem}.pdf"' in archive
    assert openpyxl.load_workbook(io.BytesIO(before[".xlsx"])).sheetnames[0] == "Snapshot"


def test_an_unknown_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_SNAPSHOT_FORMATS", "pdf,docx")
    with pytest.raises(ConfigError, match=r"\[snapshot\] formats: 'docx' is none of pdf, xlsx"):
        load_settings()
