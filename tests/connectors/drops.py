"""File drops for tests: a folder, the settings that declare what comes into it, and its nights."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import warehouse
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.settings import ROOT

NIGHT = date(2026, 11, 20)
COLUMNS = {
    "id": "text",
    "started_at": {"type": "timestamp", "time_zone": "Europe/Lisbon"},
    "rating": "integer",
    "cost": "decimal",
    "comment": "text",
}


def entry(**changes: Any) -> dict[str, Any]:
    """A [[files]] entry for conversations of a chat tool, with some keys replaced; None removes one."""
    made = {"source": "chat", "stream": "talks", "pattern": "talks*", "key": "id", "columns": COLUMNS, **changes}
    return {key: value for key, value in made.items() if value is not None}


@dataclass
class Drop:
    """A drop folder of a source, in a migrated warehouse."""

    folder: Path
    dsn: str
    patch: pytest.MonkeyPatch
    source: str = "chat"

    def declare(self, *entries: dict[str, Any], **limits: Any) -> None:
        """Make these the [[files]] of the settings, and of the warehouse; files count as settled at once."""
        settings = self.folder.with_name("cx.toml")
        text = (ROOT / "cx.toml").read_text(encoding="utf-8")
        options = {"settle_seconds": 0, **limits}
        limits_text = "\n".join(f"{key} = {toml(value)}" for key, value in options.items())
        settings.write_text(
            f"files = {toml(list(entries))}\n{text}\n[options.file_drop]\n{limits_text}\n", encoding="utf-8"
        )
        self.patch.setenv("CX_CONFIG", str(settings))
        warehouse.migrate()

    def put(self, name: str, content: bytes | str, age_seconds: float = 3600) -> Path:
        """Drop a file that was last written so long ago."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        written = path.stat().st_mtime - age_seconds
        os.utime(path, (written, written))
        return path

    def extract(self, stream: str = "talks", night: date = NIGHT) -> ExtractReport:
        return extract(self.source, stream, night)

    def run(self, stream: str = "talks", night: date = NIGHT) -> LoadReport:
        """Extract and load a night."""
        return load(self.source, stream, night, self.extract(stream, night).run_id)

    def rows(self, columns: str, table: str = "raw.chat__talks", order: str = "1") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(f"select {columns} from {table} order by {order}").fetchall()

    def waiting(self) -> list[str]:
        """The names that are still in the drop."""
        return self._names(lambda name: not name.startswith("processed/"))

    def processed(self) -> list[str]:
        return self._names(lambda name: name.startswith("processed/"))

    def _names(self, wanted: Any) -> list[str]:
        names = (str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir())
        return sorted(filter(wanted, names))

    def has_loaded_nothing(self) -> bool:
        """No row, no reject, no watermark, no file noted."""
        tables = ("raw.chat__talks", "raw.quarantine", "ops.watermarks", "ops.files")
        return all(self.rows("count(*)", table) == [(0,)] for table in tables)


def toml(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def csv_of(rows: Sequence[Sequence[Any]], delimiter: str = ",", end: str = "\n") -> str:
    """Rows of values that need no quotes."""
    return "".join(delimiter.join(map(str, row)) + end for row in rows)


def nights(count: int) -> list[date]:
    """So many nights in a row; the last is NIGHT."""
    return [NIGHT - timedelta(days=count - 1 - number) for number in range(count)]
