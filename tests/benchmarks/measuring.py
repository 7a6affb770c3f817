"""What the benchmarks share: a server of their own, wall and CPU seconds beside each other, and a table at the end."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from cx_etl import warehouse
from cx_etl.local.postgres import EmbeddedServer, embedded_server

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "var" / "bench"


@dataclass(frozen=True)
class Figures:
    """One run of one thing: seconds by the clock, CPU seconds of the client and of the server, peak memory in MB."""

    seconds: float
    cpu: float
    server_cpu: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Bench:
    """A server with one database, and a folder, both gone at the end."""

    server: EmbeddedServer
    folder: Path
    dsn: str

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn)

    def server_cpu(self) -> float:
        """CPU seconds of the server since it started, those of ended sessions included."""
        # A session that has just been closed is counted once the server has seen it end.
        time.sleep(0.3)
        postmaster = psutil.Process(self.server.pid())
        times = postmaster.cpu_times()
        alive = [process.cpu_times() for process in postmaster.children()]
        ended = times.user + times.system + times.children_user + times.children_system
        return ended + sum(each.user + each.system for each in alive)

    def here(self, action: Callable[[], Any]) -> Figures:
        """The figures of an action of this process."""
        server, cpu, started = self.server_cpu(), time.process_time(), time.perf_counter()
        action()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        return Figures(seconds, cpu, self.server_cpu() - server)

    def apart(self, module: str, *arguments: str, core: int | None = None) -> tuple[Figures, dict[str, Any]]:
        """The figures of a module run in a process of its own, and what it reported (see ``report``)."""
        server = self.server_cpu()
        command = [sys.executable, "-m", module, *arguments]
        pin = [] if core is None else ["taskset", "-c", str(core)]
        done = subprocess.run([*pin, *command], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        told = json.loads(done.stdout.splitlines()[-1])
        figures = Figures(told["seconds"], told["cpu"], self.server_cpu() - server, told["memory_mb"])
        return figures, told["result"]


@contextmanager
def bench() -> Iterator[Bench]:
    """A migrated warehouse of its own; CX_WAREHOUSE_DSN and CX_STATE_DIR point at it while the block runs."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as name, embedded_server(Path(name) / "postgres") as server:
        server.create_database("bench")
        os.environ |= {
            "CX_WAREHOUSE_DSN": server.dsn("bench"),
            "CX_STATE_DIR": str(Path(name) / "state"),
            "CX_STACK_FILE": os.devnull + ".none",
            "CX_TIME_ZONE": "UTC",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT)]),
        }
        warehouse.migrate()
        yield Bench(server, Path(name), server.dsn("bench"))


def report(action: Callable[[], dict[str, Any]]) -> None:
    """Run the action in this process and print its figures and result as the last line, for ``Bench.apart``."""
    cpu, started = time.process_time(), time.perf_counter()
    result = action()
    figures = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps({**figures, "result": result}, default=str))


def median(rounds: list[Figures]) -> Figures:
    """The median of each figure."""
    every = [asdict(each) for each in rounds]
    return Figures(**{name: statistics.median(each[name] for each in every) for name in every[0]})


def show(title: str, rows: int, rounds: Mapping[str, list[Figures]], notes: Mapping[str, Any]) -> None:
    """Print the medians as a table and write all rounds to var/bench."""
    print(f"\n{title}: {rows:,} rows, medians of {max(map(len, rounds.values()))} rounds")
    print(f"{'':44} {'rows/s':>9} {'seconds':>8} {'client CPU':>10} {'server CPU':>10} {'MB':>5}")
    for name, each in rounds.items():
        one = median(each)
        memory = f"{one.memory_mb:5.0f}" if one.memory_mb else "     "
        speed = f"{rows / one.seconds:9,.0f}"
        print(f"{name:44} {speed} {one.seconds:8.2f} {one.cpu:10.2f} {one.server_cpu:10.2f} {memory}")
    for name, value in notes.items():
        print(f"  {name}: {value}")
    content = {
        "rows": rows,
        "rounds": {name: [asdict(each) for each in found] for name, found in rounds.items()},
        "notes": dict(notes),
    }
    (RESULTS / f"{title}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
