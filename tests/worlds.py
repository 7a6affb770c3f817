"""Small worlds for one test: a dataset directory from lines, and what happens in it when."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SETTINGS = 'name = "small"\ntime_zone = "UTC"\nfirst_night = 2026-11-01\nlast_night = 2026-11-20\n'
Line = dict[str, Any]


def moment(day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A time in November 2026, in UTC."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def version(at: datetime, record: Mapping[str, Any], **beside: Any) -> Line:
    return {"at": at.isoformat(), "record": record, **beside}


def deletion(at: datetime, record_id: str | int) -> Line:
    return {"at": at.isoformat(), "deleted": True, "id": record_id}


def write_world(folder: Path, streams: Mapping[str, Sequence[Line]]) -> Path:
    """A dataset directory with these lines, ``system/stream`` by ``system/stream``."""
    for name, lines in streams.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (folder / "dataset.toml").write_text(SETTINGS, encoding="utf-8")
    return folder
