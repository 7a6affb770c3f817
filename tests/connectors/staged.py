"""The staging models of one source, built by dbt over what has been loaded."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from cx_etl.settings import load_settings
from cx_etl.transform import dbt_arguments, dbt_environment, variables_set


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
