"""A night through a real Airflow scheduler, with a task killed in mid-load: published all the same, once and whole."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
from rich.console import Console

from cx_etl.local import commands
from cx_etl.local import stack as stacks
from cx_etl.local.layout import Layout
from cx_etl.local.nights import run_nights
from cx_etl.local.processes import marked
from cx_etl.local.stack import Stack
from cx_etl.settings import ROOT
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
SOURCES = ("zendesk", "shopify", "asknicely", "typeform")


@pytest.fixture
def stack(small_dataset: Path, tmp_path: Path) -> Iterator[Stack]:
    """The whole embedded stack over the small dataset, with its state in a folder of its own."""
    for name in ("dags", "plugins", "requirements.lock"):
        (tmp_path / name).symlink_to(ROOT / name)
    layout = Layout(tmp_path)
    saved = dict(os.environ)
    try:
        yield commands.start(layout, small_dataset, Console(quiet=True))
    finally:
        stacks.stop(layout)
        os.environ.clear()
        os.environ.update(saved)
    assert marked(layout.stack_id) == []


def _kill_the_loader(dsn: str, killed: list[int]) -> None:
    """Hold the table that a load writes to, wait for the load to come to it, and kill -9 the task's process."""
    with psycopg.connect(dsn) as connection:
        connection.execute("lock table raw.shopify__line_items in access exclusive mode")
        for _ in range(600):
            waiting = connection.execute(
                "select client_port from pg_locks inner join pg_stat_activity using (pid) where not granted"
            ).fetchone()
            if waiting:
                break
            time.sleep(0.1)
        (pid,) = {
            each.pid
            for each in psutil.net_connections("tcp")
            if each.laddr and each.laddr.port == waiting[0] and each.pid
        }
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)


def test_a_night_survives_the_kill_of_a_load_task(stack: Stack, small_dataset: Path) -> None:
    dsn = os.environ["CX_WAREHOUSE_DSN"]
    killed: list[int] = []
    killer = threading.Thread(target=_kill_the_loader, args=(dsn, killed))
    killer.start()
    (report,) = run_nights(stack, SOURCES, [NIGHT], Console(quiet=True))
    killer.join(timeout=10)
    assert len(killed) == 1
    assert report.publication_id == 1
    assert {step.state for step in report.steps} == {"success"}

    orders = Sandbox(stack.sandbox_url, small_dataset).records("shopify/orders", datetime(2026, 11, 21, 2, tzinfo=UTC))
    lines = sum(len(order["lineItems"]["nodes"]) for order in orders.values())
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select (select count(*) from raw.shopify__orders), (select count(*) from raw.shopify__line_items), "
            "(select count(*) from marts.fct_orders), (select count(*) from ops.snapshots)"
        ).fetchone()
    placed = sum(not order["test"] for order in orders.values())
    assert row == (len(orders), lines, placed, 1)

    (again,) = run_nights(stack, SOURCES, [NIGHT], Console(quiet=True))
    assert again.reused
