"""The generated dataset's planted truths come out exactly, in every grain, as of each of its last three nights."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from pipelines import Built, bring_in, pipeline

ZONE = "Europe/Lisbon"
Key = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def planted(
    postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], dict[str, dict[Key, tuple[float, int]]], Built]]:
    """The truths, and what the marts say as of each night: components by metric, source, grain, period."""
    from sandbox.generate import generate

    dataset = tmp_path_factory.mktemp("generated") / "generated"
    generate(dataset, seed=5, customers=400, nights=250, time_zone=ZONE)
    truths = json.loads((dataset / "truths.json").read_text(encoding="utf-8"))
    said = {}
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", ZONE, postgres, patch, "planted") as (sandbox, dsn),
    ):
        for night in sorted(truths["as_of"]):
            bring_in(sandbox, date.fromisoformat(night), ZONE)
            transform.build(date.fromisoformat(night))
            said[night] = _components(Built(dsn))
        yield truths, said, Built(dsn)


def _components(built: Built) -> dict[Key, tuple[float, int]]:
    rows = built.rows(
        "select * from audit.metric_values where segment_name in ('all', 'source') and denominator is not null"
    )
    return {
        (row["metric_variant"], row["segment_value"], row["grain"], _period(row)): (
            round(float(row["numerator"]), 2),
            row["n"],
        )
        for row in rows
    }


def _period(row: dict[str, Any]) -> str:
    if row["grain"] == "all_time":
        return "all"
    if row["grain"] == "rolling_30d":
        return str(row["period_end"] - timedelta(days=1))
    return str(row["period_start"]) if row["grain"] == "day" else f"{row['period_start']:%Y-%m}"


def _cells(truths: dict[str, Any]) -> Iterator[tuple[Key, tuple[float, int]]]:
    """Every planted cell; "csat_top2:zendesk" is the segment of that source."""
    for name, grains in truths.items():
        variant, _, source = name.partition(":")
        for grain, periods in grains.items():
            for period, cell in periods.items():
                yield (variant, source or "all", grain, period), (round(cell["numerator"], 2), cell["denominator"])


@pytest.mark.parametrize("night", ["2026-11-18", "2026-11-19", "2026-11-20"])
def test_every_planted_truth_comes_out_exactly(planted: Any, night: str) -> None:
    truths, said, _ = planted
    wrong, checked = {}, 0
    for key, truth in _cells(truths["as_of"][night]):
        found = said[night].get(key, (0, 0))
        checked += truth[1] > 0
        if found != truth:
            wrong[key] = f"marts {found}, truth {truth}"
    assert not wrong, f"{len(wrong)} of {checked}: {dict(list(wrong.items())[:12])}"
    assert checked > 500


def test_churn_at_each_month(planted: Any) -> None:
    truths, _, built = planted
    rows = built.rows("select * from audit.churn_monthly where segment_name = 'all' and churn_rule = 'inactive_90d'")
    found = {str(row["month"]): (row["customers_at_start"], row["customers_lost"]) for row in rows}
    planted_months = truths["churn"]["inactive_90d"]
    assert planted_months
    for month, cell in planted_months.items():
        if cell["customers_at_start"]:
            assert found[month] == (cell["customers_at_start"], cell["customers_lost"]), month


def test_undeclared_questions_are_not_scored(planted: Any) -> None:
    _, _, built = planted
    row = built.row("select count(*) as n, count(score) as scored from audit.fct_survey_responses where metric is null")
    assert row["scored"] == 0


def test_the_truths_file_is_not_read_by_the_pipeline(planted: Any) -> None:
    root = Path(__file__).parents[2]
    sources = [
        *(root / "plugins").rglob("*.py"),
        *(root / "dbt_project").rglob("*.sql"),
        *(root / "dags").rglob("*.py"),
    ]
    assert sources
    assert not [path for path in sources if "truths.json" in path.read_text(encoding="utf-8")]
