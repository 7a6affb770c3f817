"""`cx up`, `cx down` and `cx demo`: the embedded stack as commands."""

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import httpx
from rich.console import Console

from cx_etl.errors import ConfigError, CxError
from cx_etl.local import dataset as datasets
from cx_etl.local import stack as stacks
from cx_etl.local.airflow_api import AirflowApi
from cx_etl.local.dataset import Dataset
from cx_etl.local.environment import cx_environment
from cx_etl.local.layout import Layout
from cx_etl.local.processes import wait_until
from cx_etl.local.stack import Stack
from cx_etl.settings import ROOT
from cx_etl.sources import enabled_accounts

_START_LIMIT = 180.0
_WIDTH_OF_A_FILE = 110


def up(dataset: Path | None = None) -> None:
    """After this the stack serves the dataset, and Airflow takes triggers. It stays up until `down`."""
    console = _console()
    stack = start(Layout(ROOT), dataset, console)
    console.print(f"Airflow    {stack.airflow_url}  (admin / {stack.admin_password})", highlight=False)
    console.print(f"sandbox    {stack.sandbox_url}", highlight=False)


def down() -> None:
    """After this nothing of the stack runs. Data, logs and ports are kept for the next start."""
    stacks.stop(Layout(ROOT))
    _console().print("stopped; everything it made is kept under var/", highlight=False)


def demo(dataset: Path | None = None, nights: str | None = None) -> None:
    """After this the nights are published by Airflow, and what there is to see has been printed."""
    from cx_etl.local.headline import print_summary
    from cx_etl.local.nights import run_nights

    console = _console()
    stack = start(Layout(ROOT), dataset, console)
    chosen = _nights(stack.dataset, nights)
    reports = run_nights(stack, [account.id for account in enabled_accounts()], chosen, console)
    print_summary(stack, reports, console)


def _console() -> Console:
    """As wide as the terminal; wide enough for every table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def start(layout: Layout, given: Path | None, console: Console) -> Stack:
    """After this the stack is up, its warehouse has all tables, and this process is set to use it."""
    started = time.monotonic()
    console.print("preparing the dataset and the stack …", highlight=False)
    dataset = datasets.resolve(layout, given)
    stack = stacks.start(layout, dataset)
    os.environ.update(cx_environment(layout, dataset, stack.ports))
    from cx_etl.warehouse import migrate

    migrate()
    _wait_for_services(stack)
    console.print(f"the stack is up after {time.monotonic() - started:.0f} s", highlight=False)
    return stack


def _wait_for_services(stack: Stack) -> None:
    """Returns when the sandbox answers and Airflow's scheduler knows all DAGs."""
    expected = {f"extract_{account.id}" for account in enabled_accounts()} | {"publish_marts", "daily_snapshot"}
    with AirflowApi(stack.airflow_url, stack.admin_password) as api:
        _wait_for("sandbox", lambda: _answers(f"{stack.sandbox_url}/_control/health"))
        _wait_for("airflow-api-server", lambda: bool(api.health()))
        # The name stands in airflow_io too, which this module must not import: it would take Airflow with it.
        api.ensure_pool("cx_landing", 1, "sources land one by one, see cx_etl.airflow_io")
        _wait_for("airflow-scheduler", lambda: api.health().get("scheduler") == "healthy")
        _wait_for("airflow-dag-processor", lambda: bool(api.import_errors()) or expected <= api.dag_ids())
        errors = api.import_errors()
    if errors:
        raise CxError("a DAG file cannot be read: " + "\n".join(errors), next_step="correct it and run again")


def _wait_for(service: str, holds: Callable[[], bool]) -> None:
    if not wait_until(holds, _START_LIMIT):
        raise CxError(f"{service} is not ready after {_START_LIMIT:.0f} s", next_step=f"read var/log/{service}.log")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _nights(dataset: Dataset, given: str | None) -> list[date]:
    """The nights asked for, all inside the dataset; its last three when nobody asked."""
    from cx_etl.night import parse_range

    if given is None:
        first = max(dataset.first_night, dataset.last_night - timedelta(days=2))
        return parse_range(f"{first}..{dataset.last_night}")
    nights = parse_range(given)
    if nights[0] < dataset.first_night or nights[-1] > dataset.last_night:
        raise ConfigError(
            f"the dataset {dataset.name} has the nights {dataset.first_night}..{dataset.last_night}, not {given}",
            next_step="choose NIGHTS inside that range",
        )
    return nights
