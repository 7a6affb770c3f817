"""The declarations behind the restatement ledger agree with the models and with each other."""

import csv
from collections import defaultdict

import pytest
import yaml

from cx_etl.inference.restated_facts import FACTS
from cx_etl.settings import ROOT
from cx_etl.snapshot.reasons import OF_FACTS, WITHOUT_FACTS, because

SEEDS = ROOT / "dbt_project" / "seeds"


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def columns() -> dict[str, set[str]]:
    """The columns of each mart, by its contract."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "dbt_project" / "models" / "marts").glob("*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = {column["name"] for column in model["columns"]}
    return found


def test_every_metric_says_which_facts_it_counts() -> None:
    counting = {row["metric_variant"] for row in _seed("metric_facts")}
    assert counting == {row["metric_variant"] for row in _seed("metric_definitions")}


def test_facts_are_read_by_dates_and_columns_that_they_have(columns: dict[str, set[str]]) -> None:
    dates = {fact.mart: set(fact.dates) for fact in FACTS}
    for row in _seed("metric_facts"):
        assert row["dated_by"] in dates[row["fact"]], row
        assert set(row["reads"].split()) <= columns[row["fact"]], row


def test_facts_name_columns_that_their_marts_have(columns: dict[str, set[str]]) -> None:
    for fact in FACTS:
        assert {*fact.key, *fact.segments} <= columns[fact.mart], fact.mart
        assert fact.causes[-1][1] == "true", f"{fact.mart}: a change may have no reason"


def test_every_reason_has_its_words() -> None:
    assert {reason for fact in FACTS for reason, _ in fact.causes} == set(OF_FACTS)
    assert not set(OF_FACTS) & set(WITHOUT_FACTS)


def test_reasons_in_words() -> None:
    assert because({"refund": 1, "late_response": 1200}) == "1,200 late answers, 1 order returned or refunded"
    assert because({"time_passed": 0}) == "a window ended that was open"
    assert because({}) == "no reason on record"
