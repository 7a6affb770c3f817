"""The staging models of one source, built by dbt over what has been loaded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from cx_etl.dbt_runner import dbt_arguments, dbt_environment, variables_set
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.settings import load_settings
from sandboxes import Sandbox, serving


@dataclass(frozen=True)
class Staged:
    """A warehouse with staging models, and the sandbox that its records came from."""

    dsn: str
    sandbox: Sandbox

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(sql).fetchall()


@contextmanager
def staged_nights(
    source: str, nights: Mapping[str, Sequence[date]], dataset: Path, postgres: Any, template: str, work: Path
) -> Iterator[Staged]:
    """The source's staging models over these nights of each of its streams, in a warehouse of their own."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute(f"create database staged_{source} template {template}")
    dsn = postgres.dsn(f"staged_{source}")
    with pytest.MonkeyPatch.context() as patch, serving(dataset) as sandbox:
        sandbox.connect(patch)
        patch.setenv("CX_WAREHOUSE_DSN", dsn)
        patch.setenv("CX_STATE_DIR", str(work / "state"))
        patch.setenv("CX_TIME_ZONE", "UTC")
        for stream, some in nights.items():
            for night in some:
                sandbox.at_end_of(night)
                extract(source, stream, night)
                load(source, stream, night)
        stage(source)
        yield Staged(dsn, sandbox)


def stage(source: str) -> None:
    """Build the source's staging models and run their tests. Fails with what dbt says of those that do not hold."""
    from dbt.cli.main import dbtRunner

    settings = load_settings()
    (settings.state_dir / "dbt").mkdir(parents=True, exist_ok=True)
    with variables_set(dbt_environment(settings)):
        outcome = dbtRunner().invoke(
            [
                *("build", *dbt_arguments(settings), "--select", f"path:models/staging/{source}"),
                # Tests that read other models too are not asked.
                *("--indirect-selection", "cautious", "--threads", "1"),
            ]
        )
    broken = [result.message for result in outcome.result or () if result.status not in ("success", "pass")]
    assert outcome.success, outcome.exception or broken


def select(dsn: str, sql: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(sql).fetchall()
