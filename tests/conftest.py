"""Fixtures for all tests: a real PostgreSQL, a fresh migrated database per test, and the sandbox on real HTTP."""

import gzip
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cx_etl import warehouse as cx_warehouse
from cx_etl.local.postgres import EmbeddedServer, embedded_server
from cx_etl.night import window_end
from sandbox.server import make_server, make_world

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


@dataclass(frozen=True)
class Sandbox:
    """A vendor sandbox on a loopback port, with its dataset's folder."""

    url: str
    dataset: Path

    def set_clock(self, now: datetime) -> None:
        httpx.put(f"{self.url}/_control/clock", json={"now": now.isoformat()}).raise_for_status()

    def at_end_of(self, night: date) -> None:
        """Two hours after the night ended, in UTC: when the scheduler would extract it."""
        self.set_clock(window_end(night, "UTC") + timedelta(hours=2))

    def spoil(self, *rules: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/_control/faults", json=list(rules)).raise_for_status()

    def heal(self) -> None:
        httpx.delete(f"{self.url}/_control/faults").raise_for_status()

    def records(self, stream: str, now: datetime) -> dict[Any, dict[str, Any]]:
        """The newest version of each record that exists at ``now``, read from the files the slow way."""
        newest: dict[Any, tuple[str, dict[str, Any]]] = {}
        with gzip.open(self.dataset / f"{stream}.jsonl.gz", "rt") as lines:
            for line in map(json.loads, lines):
                if datetime.fromisoformat(line["at"]) > now:
                    continue
                record = line.get("record", {})
                key = line.get("id") or record.get("response_id") or record["id"]
                if key not in newest or newest[key][0] <= line["at"]:
                    newest[key] = (line["at"], {} if line.get("deleted") else record)
        return {key: record for key, (_, record) in newest.items() if record}


CREDENTIALS = {"login": "robot@example.com/token", "password": "secret-of-the-sandbox"}


@pytest.fixture(scope="session")
def small_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated dataset of 60 customers over 120 nights that end on 2026-11-20."""
    from sandbox.generate import generate

    folder = tmp_path_factory.mktemp("datasets") / "small"
    generate(folder, seed=11, customers=60, nights=120, time_zone="UTC")
    return folder


@contextmanager
def serving(dataset: Path) -> Iterator[Sandbox]:
    """The sandbox over a dataset, on a free port of this process."""
    server = make_server(make_world(dataset), 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Sandbox(f"http://127.0.0.1:{port}", dataset)
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def sandbox(small_dataset: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox over the small dataset, connected as all four sources; its clock stands after 2026-11-20."""
    monkeypatch.setenv("CX_DATASET", str(small_dataset))
    with serving(small_dataset) as server:
        for source in ("zendesk", "shopify", "asknicely", "typeform"):
            connection = {"conn_type": "http", "host": f"{server.url}/{source}", **CREDENTIALS}
            monkeypatch.setenv(f"AIRFLOW_CONN_{source.upper()}", json.dumps(connection))
        server.at_end_of(date(2026, 11, 20))
        yield server
