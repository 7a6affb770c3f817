"""The sandbox for peers, and what this project's own connectors make of it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

import peers
from cx_etl.extract import extract
from cx_etl.load import load
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
Ours = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _peer(request: pytest.FixtureRequest) -> None:
    """The environment that the test asks for by its marker, made before it runs; or a skip with the reason."""
    for marker in request.node.iter_markers("peer"):
        try:
            peers.environment(marker.args[0])
        except peers.CannotInstall as error:
            pytest.skip(f"{marker.args[0]} does not install here: {error}")


@pytest.fixture
def ours(sandbox: Sandbox, warehouse: str) -> Ours:
    """Rows as our own connector brings them in: of a source's stream, what the query finds."""
    brought_in = set()

    def rows(source: str, stream: str, sql: str) -> list[dict[str, Any]]:
        if (source, stream) not in brought_in:
            extract(source, stream, NIGHT)
            load(source, stream, NIGHT)
            brought_in.add((source, stream))
        with psycopg.connect(warehouse, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(sql).fetchall()

    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "peer").mkdir()
    return tmp_path / "peer"
