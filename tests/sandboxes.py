"""The vendor sandbox in this process, on real HTTP, and the slow way to say what it should serve."""

import gzip
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

from cx_etl.night import window_end
from sandbox.connections import EXTRAS, connection
from sandbox.server import make_server, make_world

PASSWORD = "secret-of-the-sandbox"
# One for all: a client of its own for each request would read all trusted certificates each time.
CONTROL = httpx.Client(trust_env=False)


@dataclass(frozen=True)
class Sandbox:
    """A vendor sandbox on a loopback port, with its dataset's folder."""

    url: str
    dataset: Path

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Connections to all systems of this sandbox, in the environment."""
        for system in EXTRAS:
            patch.setenv(f"AIRFLOW_CONN_{system.upper()}", json.dumps(connection(system, self.url, PASSWORD)))

    def set_clock(self, now: datetime) -> None:
        CONTROL.put(f"{self.url}/_control/clock", json={"now": now.isoformat()}).raise_for_status()

    def at_end_of(self, night: date, time_zone: str = "UTC") -> None:
        """Two hours after the night ended in its zone: when the scheduler would extract it."""
        self.set_clock(window_end(night, time_zone) + timedelta(hours=2))

    def spoil(self, *rules: dict[str, Any]) -> None:
        CONTROL.post(f"{self.url}/_control/faults", json=list(rules)).raise_for_status()

    def struck(self) -> int:
        """How many of the faults have struck."""
        return sum(rule["struck"] for rule in CONTROL.get(f"{self.url}/_control/faults").json()["faults"])

    def heal(self) -> None:
        CONTROL.delete(f"{self.url}/_control/faults").raise_for_status()

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


@contextmanager
def serving(dataset: Path, limited: bool = False) -> Iterator[Sandbox]:
    """The sandbox over a dataset, on a free port of this process; with the vendors' limits if ``limited``."""
    server = make_server(make_world(dataset, limited), 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Sandbox(f"http://127.0.0.1:{port}", dataset)
    server.should_exit = True
    thread.join(timeout=10)
