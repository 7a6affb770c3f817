"""Small worlds for the helpdesk connectors: lines that are written out, served, connected, and brought in by night."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from sandboxes import Sandbox, serving

NIGHT = date(2026, 11, 20)
SETTINGS = 'name = "small"\ntime_zone = "UTC"\nfirst_night = 2026-11-01\nlast_night = 2026-11-20\n'
Lines = Mapping[str, Sequence[dict[str, Any]]]


def night(day: int) -> date:
    return NIGHT.replace(day=day)


def text(moment: datetime) -> str:
    """A time to the second, as Freshdesk writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def dated(key: int, created: str, updated: str | None = None, **more: Any) -> dict[str, Any]:
    """A version of a record that says when it was made and when it changed, and is there from then on."""
    record = {"id": key, "created_at": created, "updated_at": updated or created, **more}
    return {"at": record["updated_at"], "record": record}


def gone(at: str, key: int) -> dict[str, Any]:
    """The line of a record that ceases to exist."""
    return {"at": at, "deleted": True, "id": key}


@contextmanager
def served(folder: Path, patch: pytest.MonkeyPatch, lines: Lines, limited: bool = False) -> Iterator[Sandbox]:
    """The sandbox over these lines, connected as all systems; its clock stands after the last night."""
    for stream, rows in lines.items():
        path = folder / f"{stream}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "dataset.toml").write_text(SETTINGS, encoding="utf-8")
    patch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    patch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    with serving(folder, limited) as sandbox:
        sandbox.connect(patch)
        sandbox.at_end_of(NIGHT)
        yield sandbox


def run(source: str, stream: str, of: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    """Extract and load one night, at the sandbox's clock as it stands."""
    return extract(source, stream, of), load(source, stream, of)


def run_at_end(sandbox: Sandbox, source: str, stream: str, of: date) -> LoadReport:
    """Extract and load one night when it has just ended."""
    sandbox.at_end_of(of)
    return run(source, stream, of)[1]


def fetch(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def keys(dsn: str, table: str, where: str = "true") -> list[int]:
    """The ids in a raw table, in order."""
    return [row[0] for row in fetch(dsn, f"select id from raw.{table} where {where} order by id")]


def nothing_written(dsn: str, *tables: str) -> bool:
    """No row, no rejected record, no watermark."""
    counted = [fetch(dsn, f"select count(*) from {table}") for table in (*tables, "raw.quarantine", "ops.watermarks")]
    return all(rows == [(0,)] for rows in counted)
