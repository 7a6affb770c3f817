"""One step of a night in a process of its own that may be killed at any moment, and what may go wrong around it."""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import psycopg

# Forked from a process that has imported everything: a kill costs the time until it, and no start of Python.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["chaos", "dbt.cli.main", "great_expectations", "cx_etl.gate", "cx_etl.snapshot"])
AGAIN = 75


def _extract(night: date) -> None:
    from cx_etl.nightly import extract_all

    list(extract_all(night))


def _load(night: date) -> None:
    from cx_etl.nightly import load_all

    list(load_all(night))


def _build(night: date) -> None:
    from cx_etl import transform

    transform.build(night)


def _gate(night: date) -> None:
    from cx_etl import gate
    from cx_etl.nightly import newest_build

    gate.check(newest_build(night))


def _publish(night: date) -> None:
    from cx_etl import publish
    from cx_etl.nightly import newest_build

    publish.publish(newest_build(night))


def _snapshot(night: date) -> None:
    from cx_etl import snapshot
    from cx_etl.nightly import newest_publication

    snapshot.render(newest_publication(night))


# In the order of a night.
STEPS: dict[str, Callable[[date], None]] = {
    "extract": _extract,
    "load": _load,
    "build": _build,
    "gate": _gate,
    "publish": _publish,
    "snapshot": _snapshot,
}


def _run(step: str, night: date, environment: Mapping[str, str], log: Path) -> None:
    """The step, in a child: 0 if it ended, AGAIN if it asks to be tried again, 1 with its error in the log."""
    from cx_etl.errors import RetriableError

    os.environ.update(environment)
    with log.open("a", encoding="utf-8", buffering=1) as lines:
        # dbt and others write to the terminal, and a test's own output is captured.
        os.dup2(lines.fileno(), 1)
        os.dup2(lines.fileno(), 2)
        try:
            STEPS[step](night)
        except (RetriableError, psycopg.OperationalError) as error:
            print(f"{step}: {error}", file=lines)
            os._exit(AGAIN)
        except BaseException:
            traceback.print_exc(file=lines)
            os._exit(1)
    os._exit(0)


@dataclass
class Chaos:
    """Runs steps of nights in this environment, and disturbs them; ``done`` counts how, and how often."""

    dsn: str
    log: Path
    chance: Random
    seconds: dict[str, float] = field(default_factory=dict)
    done: Counter[tuple[str, str]] = field(default_factory=Counter)

    def start(self, step: str, night: date) -> BaseProcess:
        environment = {name: value for name, value in os.environ.items() if name.startswith(("CX_", "AIRFLOW_"))}
        process = FORKS.Process(target=_run, args=(step, night, environment, self.log))
        process.start()
        return process

    def complete(self, step: str, night: date, patience_seconds: float = 300) -> None:
        """Run the step, again as often as it asks for, until it ends well."""
        deadline = time.monotonic() + patience_seconds
        while True:
            started = time.monotonic()
            process = self.start(step, night)
            process.join(patience_seconds)
            if process.exitcode == 0:
                self.seconds.setdefault(step, time.monotonic() - started)
                return
            self._require(process, (AGAIN,))
            assert time.monotonic() < deadline, f"{step} of {night} cannot go on:\n{self._told()}"
            time.sleep(0.1)

    def disturb(self, step: str, night: date) -> str:
        """Start the step, and do one of what may be done at a moment between its beginning and its usual end."""
        how = self.chance.choices(list(DISTURBANCES), weights=[weight for weight, _ in DISTURBANCES.values()])[0]
        process = self.start(step, night)
        process.join(self.chance.uniform(0, self.seconds[step]))
        if process.is_alive():
            DISTURBANCES[how][1](self, process, step, night)
            self.done[step, how] += 1
        process.join()
        self._require(process, (0, AGAIN, -signal.SIGKILL))
        return how

    def _require(self, process: BaseProcess, codes: tuple[int, ...]) -> None:
        assert process.exitcode in codes, f"a step ended with {process.exitcode}:\n{self._told()}"

    def _told(self) -> str:
        return self.log.read_text(encoding="utf-8")[-3000:] if self.log.exists() else ""


def _kill(chaos: Chaos, process: BaseProcess, step: str, night: date) -> None:
    process.kill()


def _rival(chaos: Chaos, process: BaseProcess, step: str, night: date) -> None:
    """A second worker does the same."""
    rival = chaos.start(step, night)
    rival.join()
    chaos._require(rival, (0, AGAIN))


def _crash_server(chaos: Chaos, process: BaseProcess, step: str, night: date) -> None:
    """Kill a server process, as the kernel does when memory is short: the server ends all others and recovers."""
    with suppress(psycopg.OperationalError), psycopg.connect(chaos.dsn, autocommit=True) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        connection.execute("select 1")
    _until_it_answers(chaos.dsn)


def _cut_connections(chaos: Chaos, process: BaseProcess, step: str, night: date) -> None:
    with psycopg.connect(chaos.dsn, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


# How often each is done for ten disturbances, and what it does.
DISTURBANCES: dict[str, tuple[int, Callable[[Chaos, BaseProcess, str, date], None]]] = {
    "kill": (7, _kill),
    "rival": (1, _rival),
    "crash of the server": (1, _crash_server),
    "cut connections": (1, _cut_connections),
}


def _until_it_answers(dsn: str, patience_seconds: float = 60) -> None:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            psycopg.connect(dsn).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def say(words: str) -> None:
    """To the terminal, past the tests' capture: a suite of half an hour shows that it goes on."""
    print(words, file=sys.__stderr__, flush=True)
