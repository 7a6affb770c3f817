"""Fixtures for all tests: a real PostgreSQL, a fresh migrated database per test, and the sandbox on real HTTP."""

import itertools
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from cx_etl import warehouse as cx_warehouse
from cx_etl.local.postgres import EmbeddedServer, embedded_server
from sandboxes import Sandbox, serving

# A stack that happens to run, or ran, in this checkout must not lend the tests its settings; nor to their subprocesses.
os.environ["CX_STACK_FILE"] = os.devnull + ".none"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded server for the whole session."""
    with embedded_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer) -> str:
    """A migrated database to copy: a copy takes a fraction of a migration."""
    postgres.create_database("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", postgres.dsn("migrated"))
        cx_warehouse.migrate()
    return "migrated"


@pytest.fixture
def warehouse(postgres: EmbeddedServer, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The DSN of a fresh, migrated database; CX_WAREHOUSE_DSN and CX_STATE_DIR point at it and at an empty folder."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    dsn = postgres.dsn(name)
    monkeypatch.setenv("CX_WAREHOUSE_DSN", dsn)
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CX_TIME_ZONE", "UTC")
    monkeypatch.delenv("CX_DATASET", raising=False)
    return dsn


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated dataset of 60 customers over 120 nights that end on 2026-11-20."""
    from sandbox.generate import generate

    folder = tmp_path_factory.mktemp("datasets") / "small"
    generate(folder, seed=11, customers=60, nights=120, time_zone="UTC")
    return folder


@pytest.fixture
def sandbox(small_dataset: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox over the small dataset, connected as all systems; its clock stands after 2026-11-20."""
    monkeypatch.setenv("CX_DATASET", str(small_dataset))
    with serving(small_dataset) as server:
        server.connect(monkeypatch)
        server.at_end_of(date(2026, 11, 20))
        yield server
