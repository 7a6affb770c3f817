"""Heyday's report exports, as the generated world drops them each morning: every conversation and team arrives."""

import csv
import json
import os
import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import psycopg
import pytest
from drops import NIGHT, nights
from python_calamine import CalamineWorkbook

from cx_etl import warehouse as cx_warehouse
from cx_etl.night import window_end
from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import ROOT
from cx_etl.sources.file_drop.declaration import ColumnEntry, Entry
from cx_etl.sources.file_drop.limits import Limits
from sandbox.files import deliver

SOURCES = ("heyday",)


@pytest.fixture
def drops(small_dataset: Path, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of drops; the dataset declares what comes into them."""
    monkeypatch.setenv("CX_DATASET", str(small_dataset))
    monkeypatch.setenv("AIRFLOW_CONN_HEYDAY", json.dumps({"host": str(tmp_path / "drop" / "heyday")}))
    (tmp_path / "drop" / "heyday").mkdir(parents=True)
    cx_warehouse.migrate()
    return tmp_path / "drop"


def run_night(dataset: Path, drops: Path, night: date) -> None:
    deliver(dataset, window_end(night, "UTC") + timedelta(hours=2), drops)
    list(extract_all(night, SOURCES))
    list(load_all(night, SOURCES))


def reports(dataset: Path, pattern: str, until: datetime) -> list[Path]:
    """The exported files of a name that have come by then, oldest first."""
    found = (dataset / "files" / "heyday").glob(f"*/{pattern}")
    return sorted(path for path in found if path.parent.name <= f"{until:%Y-%m-%dT%H%M%SZ}")


def last_words(dataset: Path, until: datetime) -> dict[str, dict[str, str]]:
    """What the last report that has a conversation says of it, read the plain way."""
    found: dict[str, dict[str, str]] = {}
    for path in reports(dataset, "conversations_*.csv", until):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            found |= {row["Conversation ID"]: row for row in csv.DictReader(lines, delimiter=";")}
    return found


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def test_every_conversation_arrives_as_its_last_report_has_it(small_dataset: Path, drops: Path, warehouse: str) -> None:
    for night in nights(3):
        run_night(small_dataset, drops, night)
    expected = last_words(small_dataset, datetime(2026, 11, 21, 2, tzinfo=UTC))
    columns = (
        "conversation_id, started_at, closed_at, customer_name, customer_email, messages, is_handed_over, score, rating"
    )
    found = {row[0]: row[1:] for row in rows(warehouse, f"select {columns} from raw.heyday__conversations")}
    assert len(expected) > 40
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        started, closed = (
            datetime.strptime(row[name], "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC) if row[name] else None
            for name in ("Started At", "Closed At")
        )
        assert found[key] == (
            started,
            closed,
            row["Customer Name"],
            row["Customer Email"] or None,
            int(row["Messages"]),
            row["Handed Over"] == "yes",
            Decimal(row["Conversation Score"].replace(",", ".")),
            int(row["Rating"]) if row["Rating"] else None,
        )
    assert rows(warehouse, "select count(*) from raw.quarantine") == [(0,)]


def test_conversations_that_close_later_change(small_dataset: Path, drops: Path, warehouse: str) -> None:
    for night in nights(8):
        run_night(small_dataset, drops, night)
    changed = rows(warehouse, "select sum(rows_changed) from ops.loads where stream = 'conversations'")[0][0]
    assert changed > 0
    assert rows(warehouse, "select count(*) from raw.heyday__conversations where closed_at is null")[0][0] <= 2


def test_teams_that_left_the_list_are_deleted(small_dataset: Path, drops: Path, warehouse: str) -> None:
    for night in nights(9):
        run_night(small_dataset, drops, night)
    lists = [
        {row[0]: row for row in CalamineWorkbook.from_path(path).get_sheet_by_name("Teams").to_python()[3:]}
        for path in reports(small_dataset, "teams.xlsx", datetime(2026, 11, 21, 2, tzinfo=UTC))
    ]
    found = rows(warehouse, "select team_id, name, created_on, seats, _deleted_at is null from raw.heyday__teams")
    last = {team: tuple(row) for team, row in lists[-1].items()}
    assert {row[0]: row[:4] for row in found if row[4]} == last
    assert {row[0] for row in found} == {team for each in lists[-2:] for team in each}
    assert {row[0] for row in found if not row[4]} == {"T2"} - last.keys()


def test_every_report_is_set_aside_once(small_dataset: Path, drops: Path, warehouse: str) -> None:
    for night in nights(2):
        run_night(small_dataset, drops, night)
    drop = drops / "heyday"
    assert [path.name for path in drop.iterdir() if path.is_file()] == [".delivered"]
    kept = {path.name: path.read_bytes() for path in (drop / "processed").glob("*/conversations_*.csv")}
    came = reports(small_dataset, "conversations_*.csv", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert kept == {path.name: path.read_bytes() for path in came}
    assert rows(warehouse, "select count(*) from ops.files where moved_to is null") == [(0,)]
    # Nothing comes twice.
    assert deliver(small_dataset, window_end(NIGHT, "UTC") + timedelta(hours=2), drops) == []


def blocks(language: str) -> list[str]:
    """The fenced blocks of the file drop's page that are written in the language."""
    page = (ROOT / "docs" / "sources" / "file-drop.md").read_text(encoding="utf-8")
    return [dedent(found) for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)]


def test_the_worked_example_works_as_it_is_written(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = (block for block in blocks("toml") if "[[files]]" in block)
    (report,) = blocks("")[:1]
    settings = tmp_path / "cx.toml"
    settings.write_text((ROOT / "cx.toml").read_text(encoding="utf-8") + example, encoding="utf-8")
    monkeypatch.setenv("CX_CONFIG", str(settings))
    monkeypatch.setenv("AIRFLOW_CONN_HEYDAY", json.dumps({"conn_type": "fs", "host": str(tmp_path)}))
    cx_warehouse.migrate()
    path = tmp_path / "conversations_2026-11-20.csv"
    path.write_text(report, encoding="utf-8")
    os.utime(path, (1e9, 1e9))
    list(extract_all(NIGHT, SOURCES))
    list(load_all(NIGHT, SOURCES))
    columns = "conversation_id, started_at, customer_email, score, rating"
    assert rows(warehouse, f"select {columns} from raw.heyday__conversations") == [
        ("hey-000123", datetime(2026, 11, 20, 10, 15, tzinfo=UTC), "zoe@example.com", Decimal("7.5"), 5)
    ]


def test_the_example_in_the_settings_is_the_page_s() -> None:
    commented = "\n".join(
        line.removeprefix("# ")
        for line in (ROOT / "cx.toml").read_text(encoding="utf-8").splitlines()
        if line[:2] == "# "
    )
    (example,) = (block for block in blocks("toml") if "[[files]]" in block)
    assert example in commented


def test_the_limits_on_the_page_are_those_in_force() -> None:
    (written,) = (tomllib.loads(block) for block in blocks("toml") if "[options.file_drop]" in block)
    assert msgspec.convert(written["options"]["file_drop"], Limits) == Limits()


def test_every_key_of_an_entry_is_on_the_page() -> None:
    page = (ROOT / "docs" / "sources" / "file-drop.md").read_text(encoding="utf-8")
    keys = {field.name for kind in (Entry, ColumnEntry) for field in msgspec.structs.fields(kind)}
    assert not {key for key in keys if f"`{key}`" not in page}
