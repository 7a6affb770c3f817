"""JSON lines, JSON lists and Parquet: whole or refused, and each value with the digits it was written with."""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from drop_files import landed, problem_of, rows_of, stream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from cx_etl.sources.file_drop import formats
from cx_etl.sources.file_drop.formats import json_rows

RECORDS = [{"id": 1, "name": "Zoë 🎈", "n": 12.5}, {"id": 2, "name": None, "n": None}]
LINES = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS).encode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_lines_are_records(tmp_path: Path, name: str, mark: bytes) -> None:
    assert rows_of(tmp_path, name, mark + LINES, ["id", "name"]) == RECORDS
    assert rows_of(tmp_path, name, mark + LINES.replace(b"\n", b"\r\n\n")[:-1], ["id", "name"]) == RECORDS


def test_a_json_list_is_records(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.json", json.dumps(RECORDS, indent=2).encode(), ["id", "name"]) == RECORDS


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_fields_are_called_as_declared(tmp_path: Path, name: str) -> None:
    content = LINES if name == "a.jsonl" else json.dumps(RECORDS).encode()
    columns = {"key": {"type": "text", "header": "id"}, "name": "text"}
    found = rows_of(tmp_path, name, content, ["key"], columns=columns)
    assert found == [{"key": 1, "name": "Zoë 🎈", "n": 12.5}, {"key": 2, "name": None, "n": None}]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_field_that_no_record_has_is_named(tmp_path: Path, name: str) -> None:
    content = LINES if name == "a.jsonl" else json.dumps(RECORDS).encode()
    assert "has no column 'email'; it has 'id', 'n', 'name'" in problem_of(tmp_path, name, content, ["id", "email"])


def test_a_field_that_one_record_lacks_is_no_problem(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.jsonl", b'{"id": 1}\n{"id": 2, "name": "x"}\n', ["id", "name"])[0] == {"id": 1}


def test_a_line_that_is_no_record_is_left_to_the_load(tmp_path: Path) -> None:
    content = b'{"id": 1}\n[1, 2]\n{"id": \n{"id": 4}\n'
    survey, bodies = landed(tmp_path, "a.jsonl", content, ["id"])
    assert survey.rows == 4
    assert [bytes(record) for _, record in formats.split(bodies[0])] == content.splitlines()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.jsonl", LINES[:-8], "looks cut"),
        ("a.jsonl", b"", "has no rows"),
        ("a.jsonl", LINES.decode().encode("utf-16"), "is UTF-16"),
        ("a.jsonl", b'{"id": "' + b"x" * 40_000 + b'"}\n', "has a line of more than 32,000 bytes"),
        ("a.json", json.dumps(RECORDS).encode()[:-1], "is no JSON list"),
        ("a.json", b'{"id": 1}', "is no JSON list"),
        ("a.json", b"", "is no JSON list"),
    ],
)
def test_json_that_is_cut_or_no_list_is_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    assert reason in problem_of(tmp_path, name, content, ["id"], limits={"largest_field_kb": 2})


def test_an_empty_list_is_no_rows(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.json", b"[]", ["id"]) == []
    assert "has no rows" in problem_of(tmp_path, "a.json", b"[]", ["id"], whole=True)
    assert rows_of(tmp_path, "a.json", b"[]", ["id"], whole=True, may_be_empty=True) == []


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=3))


@given(
    records=st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), min_size=1, max_size=10),
    part=st.integers(1, 100),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_lines_come_back(tmp_path: Path, records: list[dict[str, object]], part: int) -> None:
    records = [{**record, "id": "1"} for record in records]
    content = "\n".join(json.dumps(record) for record in records).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_rows, "PART_BYTES", part)
        _, bodies = landed(tmp_path, "a.jsonl", content, ["id"])
        assert b"".join(body.partition(b"\n")[2] for body in bodies) == content
        assert rows_of(tmp_path, "a.jsonl", content, ["id"]) == records


TABLE = {
    "id": ["1", "2"],
    "at": pa.array([datetime(2026, 11, 20, 10, tzinfo=UTC), None], pa.timestamp("ns", "UTC")),
    "day": [date(2026, 11, 20), None],
    "cost": pa.array([Decimal("12.50"), None], pa.decimal128(10, 2)),
    "n": [7, None],
    "tags": [["a", "b"], None],
}


def _parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    parquet.write_table(pa.table(columns or TABLE), out, row_group_size=1)
    return out.getvalue()


def test_parquet_rows_are_records(tmp_path: Path) -> None:
    first, second = rows_of(tmp_path, "a.parquet", _parquet(), ["id", "day"])
    assert first == {
        "id": "1",
        "at": "2026-11-20T10:00:00Z",
        "day": "2026-11-20",
        "cost": "12.50",
        "n": 7,
        "tags": ["a", "b"],
    }
    assert second == {"id": "2", "at": None, "day": None, "cost": None, "n": None, "tags": None}


def test_parquet_columns_are_called_as_declared_and_missing_ones_named(tmp_path: Path) -> None:
    found = rows_of(
        tmp_path, "a.parquet", _parquet(ID=["1"]), ["key"], columns={"key": {"type": "text", "header": "ID"}}
    )
    assert found == [{"key": "1"}]
    assert "has no column 'key'; it has 'ID'" in problem_of(tmp_path, "a.parquet", _parquet(ID=["1"]), ["key"])


@pytest.mark.parametrize("kept", [0, 3, 100, -100, -8, -1])
def test_cut_parquet_is_named(tmp_path: Path, kept: int) -> None:
    assert "is no whole Parquet file" in problem_of(tmp_path, "a.parquet", _parquet()[:kept], ["id"])


def test_parquet_that_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"id": ["0" * 64] * 40_000}), out, use_dictionary=False, compression="zstd")
    assert len(out.getvalue()) < 100_000
    message = problem_of(tmp_path, "a.parquet", out.getvalue(), ["id"], limits={"largest_file_mb": 1})
    assert "unpacks to more than 1 MB" in message


def test_the_format_follows_the_name(tmp_path: Path) -> None:
    assert stream(["id"]).format == ""
    assert "is no whole Parquet file" in problem_of(tmp_path, "a.parquet", LINES, ["id"])
