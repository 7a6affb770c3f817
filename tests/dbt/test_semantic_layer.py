"""The semantic layer answers what the marts say: MetricFlow, as cx_bi, over the published views."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from cx_etl.dbt_runner import dbt_environment
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.nightly import run_night
from cx_etl.settings import ROOT, load_settings
from pipelines import pipeline

NIGHT = date(2026, 11, 20)
METRICS = ("nps", "csat_top2", "ces_agree", "first_reply_minutes_mean", "late_delivery_rate")
MARTS = {
    "nps": "nps_daily",
    "csat_top2": "csat_daily",
    "ces_agree": "ces_daily",
    "first_reply_minutes_mean": "response_time_daily",
    "late_delivery_rate": "delivery_daily",
}


@pytest.fixture(scope="module")
def published(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str]]]:
    """A published night, and the environment of somebody who may read what is published."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("semantic"), "UTC", postgres, patch, "semantic") as (box, dsn),
    ):
        box.at_end_of(NIGHT)
        list(run_night(NIGHT))
        reader = dbt_environment(load_settings()) | {"CX_DBT_USER": "cx_bi", "CX_DBT_PASSWORD": "reader"}
        with psycopg.connect(postgres.dsn("semantic")) as connection:
            connection.execute("alter role cx_bi password 'reader'")
        # MetricFlow finds its manifest in the project's own folder only.
        project = tmp_path_factory.mktemp("semantic_project") / "dbt_project"
        shutil.copytree(ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
        environment = os.environ | reader | {"DBT_PROJECT_DIR": str(project), "DBT_PROFILES_DIR": str(project)}
        _run(["-m", "dbt.cli.main", "parse", "--target", "published"], environment)
        yield dsn, environment


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=environment["DBT_PROJECT_DIR"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("metric", METRICS)
def test_metricflow_answers_what_metric_values_says(
    published: tuple[str, dict[str, str]], tmp_path: Path, metric: str
) -> None:
    dsn, environment = published
    answer = tmp_path / "answer.csv"
    command = ["-m", "dbt_metricflow.cli.main", "query", "--metrics", metric, "--csv", str(answer)]
    _run([*command, "--group-by", f"metric_time__month,{MARTS[metric]}_row__source"], environment)
    with answer.open() as file:
        said = {
            (row["metric_time__month"][:10], row[f"{MARTS[metric]}_row__source"]): row[metric]
            for row in csv.DictReader(file)
            if row[metric] not in ("", "None", "nan")
        }
    with psycopg.connect(dsn) as connection:
        published_values = connection.execute(
            "select period_start, segment_value, value from marts.metric_values"
            " where metric_variant = %s and grain = 'month' and segment_name = 'source'",
            (metric,),
        ).fetchall()
    expected = {(start.isoformat(), source): value for start, source, value in published_values}
    assert said.keys() == expected.keys()
    assert len(expected) > 2
    for key, value in expected.items():
        assert abs(Decimal(said[key]) - value) < Decimal("0.0001"), key


def test_the_reader_of_the_semantic_layer_sees_nothing_unpublished(published: tuple[str, dict[str, str]]) -> None:
    _, environment = published
    compiled = _run(
        ["-m", "dbt_metricflow.cli.main", "query", "--metrics", "nps", "--group-by", "metric_time", "--explain"],
        environment,
    )
    assert "marts.nps_daily" in compiled.replace('"', "")
    assert "audit" not in compiled
