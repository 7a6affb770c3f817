"""Fixtures for all tests: a real PostgreSQL, a fresh migrated database per test, and the sandbox on real HTTP."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from xdist.scheduler import LoadFileScheduling

from cx_etl import warehouse as cx_warehouse
from cx_etl.local.postgres import EmbeddedServer, embedded_server
from sandboxes import Sandbox, serving
from warehouses import Warehouses

# A stack that happens to run, or ran, in this checkout must not lend the tests its settings; nor to their subprocesses.
os.environ["CX_STACK_FILE"] = os.devnull + ".none"
# Files that share a world which takes a minute or more to make: one process runs them, so it is made once.
SHARED_WORLDS = {
    "real": ("olist_orders", "olist_reviews", "real_data", "uci_incidents"),
    "journeys": ("journey", "journey_windows", "metric_passport", "unit_tests"),
}
_WORLD_OF = {f"test_{name}.py": world for world, names in SHARED_WORLDS.items() for name in names}


class ByWorld(LoadFileScheduling):
    """All tests of a file in one process, and all files of a shared world too."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return _WORLD_OF.get(file.rpartition("/")[2], file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWorld:
    return ByWorld(config, log)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded server for the whole session; what it holds need not outlive the machine."""
    with embedded_server(tmp_path_factory.mktemp("postgres")) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
        yield server


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer) -> str:
    """A migrated database to copy: a copy takes a fraction of a migration."""
    postgres.create_database("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", postgres.dsn("migrated"))
        cx_warehouse.migrate()
    return "migrated"


@pytest.fixture(scope="session")
def warehouses(postgres: EmbeddedServer, template: str) -> Warehouses:
    return Warehouses(postgres, template)


@pytest.fixture
def warehouse(warehouses: Warehouses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The DSN of an empty migrated database; CX_WAREHOUSE_DSN and CX_STATE_DIR point at it and at an empty folder."""
    name = warehouses.take()
    dsn = warehouses.postgres.dsn(name)
    monkeypatch.setenv("CX_WAREHOUSE_DSN", dsn)
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CX_TIME_ZONE", "UTC")
    monkeypatch.delenv("CX_DATASET", raising=False)
    yield dsn
    warehouses.give_back(name)


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
