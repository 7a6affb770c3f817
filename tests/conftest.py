"""Fixtures for all tests: a real PostgreSQL, a fresh migrated database per test, and the sandbox on real HTTP."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from cx_etl import warehouse as cx_warehouse
from cx_etl.local.postgres import EmbeddedServer, embedded_server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded server for the whole session."""
    with embedded_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def warehouse(postgres: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The DSN of a fresh, migrated database; CX_WAREHOUSE_DSN and CX_STATE_DIR point at it and at an empty folder."""
    name = f"test_{next(_numbers)}"
    postgres.create_database(name)
    dsn = postgres.dsn(name)
    monkeypatch.setenv("CX_WAREHOUSE_DSN", dsn)
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CX_TIME_ZONE", "UTC")
    monkeypatch.delenv("CX_DATASET", raising=False)
    cx_warehouse.migrate()
    return dsn
