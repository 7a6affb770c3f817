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
import yaml

from cx_etl.dbt_runner import dbt_environment
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.nightly import run_night
from cx_etl.settings import ROOT, load_settings
from pipelines import pipeline

NIGHT = date(2026, 11, 20)
PROJECT = ROOT / "dbt_project"
# What the marts have and what does not add up over segments: more than one theme may be in a comment, the backlog is
# what is there at the end, and a quantile is of all it is taken of.
WITHOUT_SUMS = {
    "comment_theme_share",
    "first_resolution_minutes_mean",
    "backlog_unsolved",
}
LAYER = yaml.safe_load((PROJECT / "models" / "semantic" / "_semantic__models.yml").read_text(encoding="utf-8"))
# The world has no web analytics.
NOT_IN_THIS_WORLD = {"bounce_rate", "session_conversion_rate"}
SEGMENTS = {"sales_daily": "currency"}


def _declared() -> dict[str, dict[str, str]]:
    with (PROJECT / "seeds" / "metric_definitions.csv").open(encoding="utf-8") as file:
        return {row["metric_variant"]: row for row in csv.DictReader(file)}


def _by_mart() -> dict[str, list[str]]:
    """The layer's metrics that are declared variants, by the mart their rows are in."""
    declared, found = _declared(), {}
    for metric in LAYER["metrics"]:
        found.setdefault(declared[metric["name"]]["mart"], []).append(metric["name"])
    return found


def test_the_layer_has_every_variant_that_adds_up_in_a_mart() -> None:
    models = {model["name"] for model in LAYER["semantic_models"]}
    expected = {
        variant
        for variant, row in _declared().items()
        if row["mart"] in models and row["kind"] != "quantile" and variant not in WITHOUT_SUMS
    }
    assert {metric["name"] for metric in LAYER["metrics"]} == expected


def test_the_layer_calls_each_metric_what_its_declaration_does() -> None:
    declared = _declared()
    for metric in LAYER["metrics"]:
        row = declared[metric["name"]]
        assert metric["label"] == row["label"]
        assert metric["description"] == f"{row['definition']}, by the {row['attributed_to']}."


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


@pytest.mark.parametrize("mart", sorted(_by_mart()))
def test_metricflow_answers_what_metric_values_says(
    published: tuple[str, dict[str, str]], tmp_path: Path, mart: str
) -> None:
    dsn, environment = published
    metrics, segment = _by_mart()[mart], SEGMENTS.get(mart, "source")
    said = _answer(environment, tmp_path / "answer.csv", metrics, f"{mart}_row__{segment}")
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select metric_variant, period_start, segment_value, value from marts.metric_values"
            " where metric_variant = any(%s) and grain = 'month' and segment_name = %s",
            (metrics, segment),
        ).fetchall()
    expected = {(metric, start.isoformat(), value): figure for metric, start, value, figure in rows}
    assert {metric for metric, _, _ in expected} == set(metrics) - NOT_IN_THIS_WORLD
    # A total of nothing is 0 in the layer, and no row in metric_values.
    assert {key for key, value in said.items() if value != 0 or key in expected} == {
        key for key, value in expected.items() if value != 0 or key in said
    }
    for key, value in expected.items():
        assert abs(said[key] - value) < Decimal("0.0001"), key


def _answer(
    environment: dict[str, str], path: Path, metrics: list[str], segment: str
) -> dict[tuple[str, str, str], Decimal]:
    """What MetricFlow says of each metric, month and segment."""
    command = ["-m", "dbt_metricflow.cli.main", "query", "--metrics", ",".join(metrics), "--csv", str(path)]
    _run([*command, "--group-by", f"metric_time__month,{segment}"], environment)
    if not path.exists():  # nothing to say
        return {}
    with path.open() as file:
        return {
            (metric, row["metric_time__month"][:10], row[segment]): Decimal(row[metric])
            for row in csv.DictReader(file)
            for metric in metrics
            if row[metric] not in ("", "None", "nan")
        }


def test_the_reader_of_the_semantic_layer_sees_nothing_unpublished(published: tuple[str, dict[str, str]]) -> None:
    _, environment = published
    compiled = _run(
        ["-m", "dbt_metricflow.cli.main", "query", "--metrics", "nps", "--group-by", "metric_time", "--explain"],
        environment,
    )
    assert "marts.nps_daily" in compiled.replace('"', "")
    assert "audit" not in compiled
