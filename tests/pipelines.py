"""Whole pipelines over a dataset, without Airflow: the same functions that its tasks call."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from cx_etl import warehouse
from cx_etl.dbt_runner import DbtRun
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.night import window_end
from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import ROOT
from cx_etl.transform import run_inferences
from sandboxes import Sandbox, serving

# Real data with independently computed results, which a checkout need not have.
REAL_SETS = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Built:
    """A warehouse with a finished build; its questions are asked of the candidate's views."""

    dsn: str

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            return connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, *parameters: Any) -> dict[str, Any]:
        (found,) = self.rows(sql, *parameters)
        return found


@contextmanager
def pipeline(
    dataset: Path, state: Path, time_zone: str, server: EmbeddedServer, patch: pytest.MonkeyPatch, name: str
) -> Iterator[tuple[Sandbox, str]]:
    """The sandbox over the dataset and an empty migrated warehouse, both set in the environment."""
    server.create_database(name)
    with serving(dataset) as sandbox:
        patch.setenv("CX_WAREHOUSE_DSN", server.dsn(name))
        patch.setenv("CX_STATE_DIR", str(state))
        patch.setenv("CX_TIME_ZONE", time_zone)
        patch.setenv("CX_DATASET", str(dataset))
        sandbox.connect(patch)
        warehouse.migrate()
        yield sandbox, server.dsn(name)


def bring_in(sandbox: Sandbox, night: date, time_zone: str) -> None:
    """Extract and load the night, two hours after it ended in its zone."""
    sandbox.set_clock(window_end(night, time_zone) + timedelta(hours=2))
    list(extract_all(night))
    list(load_all(night))


def build_models(run: DbtRun, *chosen: str) -> None:
    """The named models, all they need, and their data tests."""
    run_inferences(run)
    models = (f"+{model}" for model in chosen)
    cautious = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
    run.invoke("build", "--select", *models, *cautious)
