"""A world made of a few lines, for what the generated one does not hold."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.connections import connection
from sandboxes import PASSWORD, Sandbox, serving

TOML = 'name = "own"\ntime_zone = "UTC"\nfirst_night = 2026-01-01\nlast_night = 2026-11-20\n'
Lines = list[dict[str, Any]]


def at(text: str) -> datetime:
    """A moment in UTC, written as people do."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def line(moment: datetime, record: Mapping[str, Any], **beside: Any) -> dict[str, Any]:
    """One version of a record."""
    return {"at": moment.isoformat(), "record": record, **beside}


def gone(moment: datetime, key: int | str) -> dict[str, Any]:
    """The end of a record."""
    return {"at": moment.isoformat(), "deleted": True, "id": key}


@contextmanager
def own_world(
    folder: Path, streams: Mapping[str, Lines], patch: pytest.MonkeyPatch, settings: str = ""
) -> Iterator[Sandbox]:
    """A sandbox over these lines by ``system/stream``, connected; ``settings`` is added to its dataset.toml."""
    for name, lines in streams.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(map(json.dumps, lines)))
    (folder / "dataset.toml").write_text(TOML + settings)
    with serving(folder) as server:
        for system in {name.partition("/")[0] for name in streams}:
            patch.setenv(f"AIRFLOW_CONN_{system.upper()}", json.dumps(connection(system, server.url, PASSWORD)))
        patch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
        patch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
        yield server
