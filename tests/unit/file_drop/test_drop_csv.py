"""CSV in every dress that tools give it: no row lost, none doubled, none changed on the way through the landing."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import pytest
from drop_files import landed, problem_of, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_etl.sources.file_drop.contracts import BROKEN
from cx_etl.sources.file_drop.formats import csv_rows

COLUMNS = ["id", "name", "note"]
ROMANCE = "id;name;note\n1;João Conceição;não está em casa, às 5\n2;Zoë Müller;größer € “später”\n"
ARABIC = "id;name;note\n1;ليلى حسن;متى يصل طلبي؟\n2;عمر الفارسي;شكرا جزيلا على المساعدة\n"


def _plain_rows(text: str, delimiter: str = ";") -> list[dict[str, str]]:
    """The rows of text without quotes, read by splitting."""
    header, *lines = text.splitlines()
    return [dict(zip(header.split(delimiter), line.split(delimiter), strict=True)) for line in lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_western_text_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert rows_of(tmp_path, "a.csv", ROMANCE.encode(encoding), COLUMNS) == _plain_rows(ROMANCE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1256"])
def test_arabic_text_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert rows_of(tmp_path, "a.csv", ARABIC.encode(encoding), COLUMNS) == _plain_rows(ARABIC)


def test_latin_1_without_its_windows_letters_reads_the_same(tmp_path: Path) -> None:
    text = ROMANCE.replace("€", "$").replace("“", "\xab").replace("”", "\xbb")
    assert rows_of(tmp_path, "a.csv", text.encode("latin-1"), COLUMNS) == _plain_rows(text)


def test_what_was_detected_is_told(tmp_path: Path) -> None:
    survey, _ = landed(tmp_path, "a.csv", ROMANCE.encode("cp1252"), COLUMNS)
    assert survey.detected == {"format": "csv", "encoding": "cp1252", "delimiter": ";"}


def test_a_declared_encoding_is_strict(tmp_path: Path) -> None:
    message = problem_of(tmp_path, "a.csv", ROMANCE.encode("cp1252"), COLUMNS, encoding="utf-8")
    assert "is no utf-8" in message
    assert "is no cp1252" in problem_of(tmp_path, "a.csv", b"id,name,note\n1,\x81,\n", COLUMNS, encoding="cp1252")


def test_bytes_that_are_wrong_late_in_the_file_are_noticed(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfid,name,note\n" + b"1,a,b\n" * 100_000 + b"2,\xff,b\n"
    assert "is no utf-8" in problem_of(tmp_path, "a.csv", content, COLUMNS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(tmp_path: Path, delimiter: str, end: str) -> None:
    rows = [["id", "name", "note"], ["1", "a", "x"], ["2", "b", "y"]]
    text = "".join(delimiter.join(row) + end for row in rows)
    assert rows_of(tmp_path, "a.csv", text.encode(), COLUMNS) == [
        {"id": "1", "name": "a", "note": "x"},
        {"id": "2", "name": "b", "note": "y"},
    ]


def test_a_header_full_of_commas_does_not_mislead(tmp_path: Path) -> None:
    text = 'id;name;note;"a, b, c, d, e"\n1;x;y;z\n'
    assert rows_of(tmp_path, "a.csv", text.encode(), COLUMNS) == [
        {"id": "1", "name": "x", "note": "y", "a, b, c, d, e": "z"}
    ]


def test_titles_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    text = 'Report "weekly"\nof November\n\nid,name,note\n\n1,a,x\n,,\n\n2,b,y\n\n'
    found = rows_of(tmp_path, "a.csv", text.encode(), COLUMNS, skip_rows=2)
    assert [row["id"] for row in found] == ["1", "2"]


def test_a_row_with_other_fields_than_the_header_is_broken_and_keeps_its_text(tmp_path: Path) -> None:
    text = 'id,name,note\n1,a,x\n2,"b\nb"\n3,c,z,more\n4,d,w\n'
    found = rows_of(tmp_path, "a.csv", text.encode(), COLUMNS)
    assert found == [
        {"id": "1", "name": "a", "note": "x"},
        {BROKEN: "line 3 has 2 fields, the header has 3", "text": '2,"b\nb"\n'},
        {BROKEN: "line 5 has 4 fields, the header has 3", "text": "3,c,z,more\n"},
        {"id": "4", "name": "d", "note": "w"},
    ]


def test_a_row_with_a_wrong_quote_is_broken_alone(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.csv", b'id,name,note\n1,"a"b,x\n2,5" pipe,y\n', COLUMNS)
    assert found[0][BROKEN].startswith("line 2: ")
    assert found[1:] == [{"id": "2", "name": '5" pipe', "note": "y"}]


def test_line_numbers_go_on_in_later_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "PART_BYTES", 20)
    lines = [f"{n},a,x" for n in range(50)]
    lines[40] = "40,a"
    found = rows_of(tmp_path, "a.csv", ("id,name,note\n" + "\n".join(lines) + "\n").encode(), COLUMNS)
    assert len(found) == 50
    assert [row[BROKEN] for row in found if BROKEN in row] == ["line 42 has 2 fields, the header has 3"]


def test_a_missing_column_is_named_and_an_extra_one_is_kept(tmp_path: Path) -> None:
    assert "has no column 'note'; it has 'id', 'name'" in problem_of(tmp_path, "a.csv", b"id,name\n1,a\n", COLUMNS)
    assert rows_of(tmp_path, "a.csv", b"id,name,note,new\n1,a,b,c\n", COLUMNS)[0]["new"] == "c"


def test_an_optional_column_may_be_missing(tmp_path: Path) -> None:
    columns = {"id": "text", "note": {"type": "text", "optional": True}}
    assert rows_of(tmp_path, "a.csv", b"id\n1\n", ["id"], columns=columns) == [{"id": "1"}]


def test_a_declared_column_that_is_there_twice_is_named(tmp_path: Path) -> None:
    assert "has the column 'name' twice" in problem_of(tmp_path, "a.csv", b"id,name,note,name\n1,a,b,c\n", COLUMNS)


def test_other_columns_that_share_a_title_are_told_apart(tmp_path: Path) -> None:
    content = b"id,name,note,x,x,,\n1,a,b,c,d,e,f\n"
    row = rows_of(tmp_path, "a.csv", content, COLUMNS)[0]
    assert row == {"id": "1", "name": "a", "note": "b", "x": "c", "x (5)": "d", "column 6": "e", "column 7": "f"}


def test_a_title_may_differ_from_the_name_of_its_column(tmp_path: Path) -> None:
    columns = {"id": {"type": "text", "header": ["Conversation ID", "ID"]}, "name": "text"}
    for title in ("Conversation ID", "ID"):
        content = f"{title} ,name,id\n1,a,other\n".encode()
        assert rows_of(tmp_path, "a.csv", content, ["id"], columns=columns) == [
            {"id": "1", "name": "a", "id (3)": "other"}
        ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "has no column 'id', 'name', 'note'; it has none"),
        (b'id,name,note\n1,a,"b\n2,c,d\n', "ends inside quotes"),
        (b"id,name,note\n1,a,b\n2,c", "looks cut"),
        (b"PK\x03\x04....", "is a zip archive or workbook, not CSV"),
        (gzip.compress(b"id,name,note\n1,a,b\n", mtime=0), "is gzip, not CSV"),
        (b"id,name,note\n1,a," + b"x" * 3000 + b"\n", "has a field of more than 2 KB"),
        (b'id,name,note\n1,a,"' + b"x\n" * 3000 + b'"\n', "has a field of more than 2 KB"),
        (b"id,name,note\n" + b"x" * 50_000, "has more than 32,000 characters in line 2"),
        (b"<html><body>Please log in</body></html>\n", "has no column"),
    ],
)
def test_a_file_that_is_cut_or_no_csv_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in problem_of(tmp_path, "a.csv", content, COLUMNS, limits={"largest_field_kb": 2})


def test_a_last_line_without_an_end_is_a_row(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.csv", b"id,name,note\n1,a,b\n2,c,", COLUMNS)[-1] == {"id": "2", "name": "c", "note": ""}


def test_compressed_files_land_unpacked(tmp_path: Path) -> None:
    text = ROMANCE.encode()
    for name, content in (
        ("a.csv.gz", gzip.compress(text)),
        ("a.zip", _zip({"export/a.csv": text, "__MACOSX/x": b""})),
    ):
        _, bodies = landed(tmp_path, name, content, COLUMNS)
        assert b"".join(body.partition(b"\n")[2] for body in bodies) == text
        assert rows_of(tmp_path, name, content, COLUMNS) == _plain_rows(ROMANCE)


@pytest.mark.parametrize("kept", [5, 30, -9, -4, -1])
def test_a_cut_gzip_is_named(tmp_path: Path, kept: int) -> None:
    assert "cannot be unpacked" in problem_of(tmp_path, "a.csv.gz", gzip.compress(ROMANCE.encode())[:kept], COLUMNS)


@pytest.mark.parametrize("kept", [5, 60, -30, -1])
def test_a_cut_zip_is_named(tmp_path: Path, kept: int) -> None:
    assert "cannot be unpacked" in problem_of(tmp_path, "a.zip", _zip({"a.csv": ROMANCE.encode()})[:kept], COLUMNS)


def test_a_zip_holds_one_file(tmp_path: Path) -> None:
    assert "holds 2 files" in problem_of(tmp_path, "a.zip", _zip({"a.csv": b"x", "../b.csv": b"y"}), COLUMNS)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip", "a.csv"])
def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path, name: str) -> None:
    text = b"id,name,note\n" + b"1,a,b\n" * 400_000
    content = {"a.csv.gz": gzip.compress(text), "a.zip": _zip({"a.csv": text}), "a.csv": text}[name]
    message = problem_of(tmp_path, name, content, COLUMNS, limits={"largest_file_mb": 1})
    assert "holds more than 1 MB" in message
    assert not [path for path in tmp_path.iterdir() if path.name == "unpacked.part" and path.stat().st_size > 1_000_000]


def test_an_unknown_ending_is_named_unless_the_format_is_declared(tmp_path: Path) -> None:
    assert "has the ending '.dat'" in problem_of(tmp_path, "a.dat", ROMANCE.encode(), COLUMNS)
    assert rows_of(tmp_path, "a.dat", ROMANCE.encode(), COLUMNS, format="csv") == _plain_rows(ROMANCE)


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1256"]


def _texts(encoding: str) -> st.SearchStrategy[str]:
    """Any text that the encoding can hold, rich in what CSV could stumble over."""
    codec = encoding.removesuffix("-sig")
    awkward = [letter for letter in '",;|\t\n\r\x00 \x85\u2028\ufeff' if letter.encode(codec, "ignore")]
    letters = st.characters(codec=codec, exclude_categories=["Cs"])
    return st.text(st.one_of(letters, st.sampled_from(awkward)), max_size=12)


@given(data=st.data(), encoding=st.sampled_from(ENCODINGS), delimiter=st.sampled_from([",", ";", "\t", "|"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was_written(
    tmp_path: Path, data: st.DataObject, encoding: str, delimiter: str
) -> None:
    """What the standard writer wrote, part by part and through the landing; blank rows are the only ones left out."""
    rows = data.draw(st.lists(st.tuples(*[_texts(encoding)] * 3), max_size=8))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    out = io.StringIO(newline="")
    # Where lines end in LF, the writer leaves a CR unquoted, and nobody could tell it from an end.
    quoting = csv.QUOTE_ALL if end == "\n" else data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([COLUMNS, *rows])
    content = out.getvalue().encode(encoding)
    declared = "utf-8" if encoding.startswith("utf-8") else encoding
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "PART_BYTES", data.draw(st.integers(1, 60)))
        _, bodies = landed(tmp_path, "a.csv", content, COLUMNS, encoding=declared)
        found = rows_of(tmp_path, "a.csv", content, COLUMNS, encoding=declared)
    assert b"".join(body.partition(b"\n")[2] for body in bodies) == content
    assert [tuple(row.values()) for row in found] == [row for row in rows if any(row)]
