"""Files from a folder to the raw tables: every row once, wrong ones held back, wrong files refused."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from drops import COLUMNS, NIGHT, Drop, entry, nights

from cx_etl import landing
from cx_etl.errors import ConfigError, DataError
from cx_etl.load import load_run
from cx_etl.replay import replay
from cx_etl.sources import source
from cx_etl.sources.file_drop.formats import csv_rows
from sandbox.records.workbook import workbook

HEADER = "id,started_at,rating,cost,comment\n"


def test_a_file_becomes_typed_rows(drop: Drop) -> None:
    drop.put("talks_1.csv", HEADER + '007,2026-11-20 10:00:00,5,12.50,"olá, ""mundo""\nמה"\n008,2026-07-01T09:00,,,\n')
    report = drop.run()
    assert (report.read, report.new, report.rejected) == (2, 2, 0)
    assert drop.rows("id, started_at, rating, cost, comment") == [
        ("007", datetime(2026, 11, 20, 10, tzinfo=UTC), 5, Decimal("12.50"), 'olá, "mundo"\nמה'),
        ("008", datetime(2026, 7, 1, 8, tzinfo=UTC), None, None, None),
    ]
    assert drop.waiting() == []
    assert drop.processed() == ["processed/2026-11-20/talks_1.csv"]


def test_a_wrong_value_holds_back_its_record_alone(drop: Drop) -> None:
    rows = [
        "1,2026-11-20 10:00,five,1.0,a",
        "2,2026-11-20 10:00,5,1.0,b",
        ",2026-11-20 10:00,5,1,c",
        "4,,5,2,d,e",
        "5,,4,,",
    ]
    drop.put("talks_1.csv", HEADER + "\n".join(rows) + "\n")
    report = drop.run()
    assert (report.read, report.new, report.rejected) == (5, 2, 3)
    assert drop.rows("id") == [("2",), ("5",)]
    assert drop.rows("natural_key, reason", "raw.quarantine", "quarantine_id") == [
        ("1", "column rating: 'five' is no integer - at `$.rating`"),
        (None, "column id is empty - at `$.id`"),
        (None, "line 5 has 6 fields, the header has 5"),
    ]
    payload = json.loads(drop.rows("payload", "raw.quarantine", "quarantine_id")[2][0])
    assert payload["text"] == "4,,5,2,d,e\n"


def test_a_held_record_comes_in_when_its_declaration_is_corrected(drop: Drop) -> None:
    drop.put(
        "talks_1.csv", 'id;started_at;rating;cost;comment\n1;2026-11-20 10:00;5;"12,5";a\n2;2026-11-20 10:00;5;1;b\n'
    )
    assert drop.run().rejected == 1
    assert "it has a comma; decimal_comma = true" in drop.rows("reason", "raw.quarantine")[0][0]
    drop.declare(entry(decimal_comma=True))
    assert replay().as_dict() == {"replayed": 1, "still_rejected": 0}
    assert drop.rows("id, cost") == [("1", Decimal("12.5")), ("2", Decimal("1"))]


def test_a_file_whose_rows_are_mostly_wrong_is_not_loaded(drop: Drop) -> None:
    drop.put("talks_1.csv", HEADER + "".join(f"{number},,x,,\n" for number in range(20)))
    with pytest.raises(DataError, match=r"20 of 20 records break the contract .* column rating: 'x' is no integer"):
        drop.run()
    assert drop.has_loaded_nothing()
    assert drop.waiting() == ["talks_1.csv"]


def test_a_column_that_nobody_declared_is_reported(drop: Drop) -> None:
    drop.put("talks_1.csv", HEADER.replace("\n", ",mood\n") + "1,,5,,a,good\n2,,4,,b,bad\n")
    drop.run()
    assert drop.rows("unknown_fields", "ops.loads") == [({"mood": 2},)]
    assert drop.rows("field", "ops.undeclared_fields") == [("mood",)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("talks.csv", "id,started_at,cost,comment\n1,,,\n", "talks.csv has no column 'rating'"),
        ("talks.csv", HEADER + '1,,5,,"never closed\n', "talks.csv ends inside quotes"),
        ("talks.csv.gz", gzip.compress(HEADER.encode() + b"1,,5,,a\n")[:-6], "talks.csv.gz cannot be unpacked"),
        ("talks.xlsx", workbook({"Data": [["id"], ["1"]]})[:-30], "talks.xlsx is no whole workbook"),
        ("talks.parquet", b"PAR1 and no more", "talks.parquet is no whole Parquet file"),
        ("talks.jsonl", '{"id": "1", "started_at": null, "rating": 5, "cost": 1, "comm', "talks.jsonl looks cut"),
        ("talks.csv", HEADER.encode() + b"1,,5,,\xff\xfe\x81\x8d\n", "talks.csv"),
    ],
)
def test_a_refused_file_leaves_no_trace_in_the_warehouse(
    drop: Drop, name: str, content: str | bytes, reason: str
) -> None:
    drop.declare(entry(encoding="utf-8"))
    drop.put("talks_0.csv", HEADER + "0,,5,,a\n")
    drop.put(name, content)
    with pytest.raises(DataError, match=rf"chat/talks: {reason}"):
        drop.run()
    assert drop.has_loaded_nothing()
    assert drop.rows("status, error is not null", "ops.loads") == [("failed", True)]
    assert drop.waiting() == sorted([name, "talks_0.csv"])
    assert not any(run.is_finished for run in landing.runs("chat", "talks", NIGHT))


def test_every_format_brings_the_same_rows(drop: Drop) -> None:
    record = {"id": "1", "started_at": "2026-11-20T10:00:00Z", "rating": 5, "cost": 12.5, "comment": "sehr gut 👍"}
    contents = {
        "talks.csv": HEADER + "1,2026-11-20T10:00:00Z,5,12.5,sehr gut 👍\n",
        "talks.jsonl": json.dumps(record) + "\n",
        "talks.json": json.dumps([record]),
        "talks.xlsx": workbook({"Data": [list(record), list(record.values())]}),
    }
    for night, (name, content) in zip(nights(len(contents)), contents.items(), strict=True):
        drop.put(name, content)
        assert drop.run(night=night).read == 1
        assert drop.rows("id, started_at, rating, cost, comment") == [
            ("1", datetime(2026, 11, 20, 10, tzinfo=UTC), 5, Decimal("12.5"), "sehr gut 👍")
        ]
    assert len(drop.rows("name", "ops.files")) == len(contents)


def test_the_landing_alone_is_enough_to_load_again(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "PART_BYTES", 64)
    text = "id;started_at;rating;cost;comment\n" + "".join(f"{n};2026-11-20 10:00;5;1.5;größer\n" for n in range(30))
    content = gzip.compress(text.encode("cp1252"))
    drop.put("talks_1.csv.gz", content)
    report = drop.run()
    before = drop.rows("id, started_at, rating, cost, comment, _version_at, _row_hash")
    assert len(before) == 30
    (run,) = landing.runs("chat", "talks", NIGHT)
    bodies = [body for _, _, body in run.pages()]
    assert len(bodies) > 5
    assert b"".join(body.partition(b"\n")[2] for body in bodies) == text.encode("cp1252")
    (drop.folder / "processed/2026-11-20/talks_1.csv.gz").unlink()
    with pytest.MonkeyPatch.context() as patch:
        # Where the files came from is not asked.
        patch.delenv("AIRFLOW_CONN_CHAT")
        assert load_run(source("chat").stream("talks"), run).same == 30
    assert drop.rows("id, started_at, rating, cost, comment, _version_at, _row_hash") == before
    assert report.new == 30


def test_rows_are_found_again_by_a_key_of_several_columns(drop: Drop) -> None:
    columns = {"day": "text", "team": "text", "n": "integer"}
    drop.declare(entry(stream="shifts", columns=columns, key=["day", "team"]))
    drop.put("talks_1.csv", "day,team,n\n2026-11-20,a,1\n2026-11-20,b,2\n2026-11-21,a,3\n")
    drop.run("shifts")
    drop.put("talks_2.csv", "day,team,n\n2026-11-20,a,9\n")
    assert drop.run("shifts").changed == 1
    found = drop.rows("day, team, n", "raw.chat__shifts", "1, 2")
    assert found == [("2026-11-20", "a", 9), ("2026-11-20", "b", 2), ("2026-11-21", "a", 3)]


def test_the_version_column_beats_the_order_of_files(drop: Drop) -> None:
    drop.declare(entry(version="started_at"))
    drop.put("talks_1.csv", HEADER + "1,2026-11-20 10:00,5,,newer\n2,2026-11-01 10:00,5,,first\n")
    drop.put("talks_2.csv", HEADER + "1,2026-11-19 10:00,1,,older\n2,2026-11-02 10:00,4,,second\n")
    drop.run()
    assert drop.rows("id, comment") == [("1", "newer"), ("2", "second")]


def test_a_second_account_has_its_own_drop(drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("AIRFLOW_CONN_CHAT_EMEA", json.dumps({"host": f"file://{other}"}))
    drop.put("talks_1.csv", HEADER + "1,,5,,main\n")
    drop.run()
    (other / "talks_1.csv").write_text(HEADER + "1,,5,,emea\n")
    drop.source = "chat:emea"
    drop.run()
    assert drop.rows("_account, comment") == [("emea", "emea"), ("main", "main")]
    assert drop.rows("account, moved_to", "ops.files") == [
        ("emea", "processed/2026-11-20/talks_1.csv"),
        ("main", "processed/2026-11-20/talks_1.csv"),
    ]


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("/does/not/exist", "/does/not/exist is no folder"),
        ("drops/chat", "https://drops/chat is neither a folder nor an object store"),
        ("", "the connection chat has no host"),
    ],
)
def test_a_connection_that_names_no_place_is_told(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, host: str, reason: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps({"host": host}))
    with pytest.raises(ConfigError, match=reason):
        drop.extract()


def test_a_file_of_two_streams_is_told(drop: Drop) -> None:
    drop.declare(entry(), entry(stream="talk_notes", pattern="talks_notes*", columns=COLUMNS))
    drop.put("talks_notes.csv", HEADER + "1,,5,,a\n")
    with pytest.raises(DataError, match=r"talks_notes.csv is a file of the streams talks and talk_notes"):
        drop.run()
    assert drop.has_loaded_nothing()
