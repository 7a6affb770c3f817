"""kill -9 in mid-load: what was in flight is gone as a whole, and the next run brings everything once."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime

import psycopg
import pytest

from cx_etl import landing
from cx_etl.errors import RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
EXTRACT = "from datetime import date; from cx_etl.extract import extract; " + (
    "extract('asknicely', 'responses', date(2026, 11, 20))"
)
LOAD = "from datetime import date; from cx_etl.load import load; load('shopify', 'orders', date(2026, 11, 20))"


def _totals(dsn: str) -> tuple[int, ...]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            """
            select
                (select count(*) from raw.shopify__orders),
                (select count(*) from raw.shopify__line_items),
                (select count(*) from raw.shopify__orders__transactions),
                (select count(*) from ops.loads),
                (select count(*) from ops.watermarks)
            """
        ).fetchone()


def _wait_until_blocked(connection: psycopg.Connection) -> None:
    """Until another backend waits for the lock that this connection holds."""
    for _ in range(200):
        waiting = connection.execute("select count(*) from pg_locks where not granted").fetchone()
        if waiting and waiting[0]:
            return
        time.sleep(0.05)
    raise AssertionError("the load never came to the lock")


@pytest.mark.parametrize(
    "table",
    # Where the load stands when it dies: before the first upsert, between tables, before ledger and watermark.
    ["raw.shopify__orders", "raw.shopify__line_items", "ops.loads", "ops.watermarks"],
)
def test_a_load_killed_midway_leaves_nothing_and_its_next_run_loses_and_doubles_nothing(
    sandbox: Sandbox, warehouse: str, table: str
) -> None:
    extract("shopify", "orders", NIGHT)
    with psycopg.connect(warehouse) as holder:
        holder.execute(f"lock table {table} in access exclusive mode")
        process = subprocess.Popen([sys.executable, "-c", LOAD])
        _wait_until_blocked(holder)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        holder.rollback()
    _wait_for_rollback(warehouse)
    assert _totals(warehouse) == (0, 0, 0, 0, 0)

    first = load("shopify", "orders", NIGHT)
    after_first = _totals(warehouse)
    second = load("shopify", "orders", NIGHT)
    assert first.new == after_first[0] + after_first[1] > 0
    assert (second.new, second.changed) == (0, 0)
    assert _totals(warehouse) == after_first


def _wait_for_rollback(dsn: str) -> None:
    """The server notices a dead client when it next writes to it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(200):
            active = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            ).fetchone()
            if active == (0,):
                return
            time.sleep(0.05)
    raise AssertionError("the killed load's transaction is still open")


def test_an_extraction_killed_midway_goes_on_from_its_last_page(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil({"system": "asknicely", "kind": "timeout", "seconds": 20, "after": 1})
    process = subprocess.Popen([sys.executable, "-c", EXTRACT])
    _wait_for_steps(2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    sandbox.heal()
    report = extract("asknicely", "responses", NIGHT)
    assert report.resumed
    loaded = load("asknicely", "responses", NIGHT)
    expected = sandbox.records("asknicely/responses", datetime(2026, 11, 21, 2, tzinfo=UTC))
    assert loaded.new == len(expected)
    assert loaded.read == loaded.new + loaded.same


def test_a_second_worker_does_not_write_to_the_run_of_the_first(sandbox: Sandbox, warehouse: str) -> None:
    sandbox.spoil({"system": "asknicely", "kind": "timeout", "seconds": 5, "after": 1})
    process = subprocess.Popen([sys.executable, "-c", EXTRACT])
    _wait_for_steps(2)
    with pytest.raises(RetriableError, match="asknicely responses is being extracted by somebody else"):
        extract("asknicely", "responses", NIGHT)
    assert process.wait(timeout=60) == 0
    assert [run.is_finished for run in landing.runs("asknicely", "responses", NIGHT)] == [True]
    assert load("asknicely", "responses", NIGHT).new
    assert extract("asknicely", "responses", NIGHT).records, "whoever comes later is not kept out"


def test_a_full_disk_is_said_and_the_next_run_goes_on(sandbox: Sandbox, warehouse: str) -> None:
    """No file may grow beyond a few KB, as where nothing is left: the same error comes from the same calls."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
    done = subprocess.run(
        [sys.executable, "-c", limited + EXTRACT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "RetriableError: asknicely responses: the landing cannot be written: " in done.stderr
    assert "next: make room" in done.stderr
    assert not any(run.is_finished for run in landing.runs("asknicely", "responses", NIGHT))
    extract("asknicely", "responses", NIGHT)
    loaded = load("asknicely", "responses", NIGHT)
    assert loaded.new == len(sandbox.records("asknicely/responses", datetime(2026, 11, 21, 2, tzinfo=UTC)))


def _wait_for_steps(steps: int) -> None:
    """Until the one run of the night has taken that many steps (its start is the first)."""
    for _ in range(400):
        runs = landing.runs("asknicely", "responses", NIGHT)
        if runs and len(runs[0].steps()) == steps:
            return
        time.sleep(0.05)
    raise AssertionError("the extraction never came so far")
