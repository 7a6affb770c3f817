"""How fast and flat an extraction is: ``python -m tests.benchmarks.extract [--rows N]``.

Tickets from the sandbox, limits off, by HTTP into the landing: the sandbox and the extractor pinned to one core.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import msgspec

from cx_etl.local.postgres import _free_port
from sandbox.connections import connection
from sandbox.records.writer import DatasetWriter, Manifest
from tests.benchmarks.measuring import ROOT, Bench, Figures, bench, show
from tests.benchmarks.tickets import tickets

CORE = 0
NIGHT = date(2026, 11, 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds: list[Figures] = []
    notes: dict[str, str] = {}
    with bench() as found:
        for rows in (options.rows // 100, options.rows):
            dataset = _dataset(found.folder / f"tickets-{rows}", rows)
            started = time.perf_counter()
            with _sandbox(dataset) as url:
                notes[f"sandbox ready with {rows:,} tickets"] = f"{time.perf_counter() - started:.1f} s"
                taken = [_extract(found, url, rows, number) for number in range(options.rounds)]
            notes[f"memory of the extractor at {rows:,}"] = f"{max(each.memory_mb for each in taken):.0f} MB"
            rounds = taken
    show("extract", options.rows, {"sandbox to landing, one core for both": rounds}, notes)


def _dataset(folder: Path, rows: int) -> Path:
    """The tickets as what the sandbox serves, each visible from its generated_timestamp on."""
    with DatasetWriter(folder) as out:
        for text in tickets(rows):
            at = datetime.fromtimestamp(_generated(text), UTC)
            stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
            out.line("zendesk/tickets", at, b'{"at":"%b","record":%b}\n' % (stamp, text))
        manifest = Manifest("tickets", "generated", "UTC", ())
        out.describe(manifest, NIGHT - timedelta(days=2), NIGHT)
    return folder


class _Generated(msgspec.Struct):
    generated_timestamp: int


_decode = msgspec.json.Decoder(_Generated).decode


def _generated(text: bytes) -> int:
    return _decode(text).generated_timestamp


@contextmanager
def _sandbox(dataset: Path) -> Iterator[str]:
    """The sandbox in a process of its own on the core."""
    port = _free_port()
    module = [sys.executable, "-m", "sandbox.server", "--dataset", str(dataset), "--port", str(port)]
    server = subprocess.Popen(["taskset", "-c", str(CORE), *module], cwd=ROOT, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_up(url):
            if server.poll() is not None:
                raise SystemExit("the sandbox did not start")
            time.sleep(0.1)
        # One question before the clock starts: the sandbox sorts its rows at the first.
        params = {"start_time": "1", "per_page": "1"}
        address = f"{url}/zendesk/api/v2/incremental/tickets/cursor.json"
        httpx.get(address, params=params, auth=("a", "b"), timeout=600).raise_for_status()
        yield url
    finally:
        server.terminate()
        server.wait()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_control/health").status_code == 200
    except httpx.TransportError:
        return False


def _extract(found: Bench, url: str, rows: int, number: int) -> Figures:
    """One extraction of all tickets, each into the landing of a state folder of its own."""
    os.environ["AIRFLOW_CONN_ZENDESK"] = json.dumps(connection("zendesk", url, "secret"))
    os.environ["CX_STATE_DIR"] = str(found.folder / f"state-{rows}-{number}")
    figures, told = found.apart("tests.benchmarks.extract_once", NIGHT.isoformat(), core=CORE)
    assert told["records"] == rows
    return figures


if __name__ == "__main__":
    main()
