"""The layer rules, read from dbt's own manifest: who may read whom, and what a mart must have."""

import json
from pathlib import Path
from typing import Any

import pytest

from cx_etl.settings import ROOT

PROJECT = ROOT / "dbt_project"
MARTS = {
    "dim_customers",
    "identity_changes",
    "fct_orders",
    "fct_shipments",
    "fct_tickets",
    "fct_survey_responses",
    "nps_daily",
    "csat_daily",
    "ces_daily",
    "response_time_daily",
    "sales_daily",
    "delivery_daily",
    "churn_monthly",
    "revenue_churn_monthly",
    "retention_cohorts",
    "web_daily",
    "social_daily",
    "customer_touchpoints",
    "churn_touchpoints",
    "experience_to_value",
    "data_as_of",
    "dim_dates",
    "customer_health",
    "survey_response_daily",
    "closed_loop",
    "survey_nonresponse",
    "nps_nonresponse",
    "metric_values",
    "restatements",
    "restated_facts",
    "quarantine_effects",
    "feedback_comments",
    "feedback_themes_daily",
    "dim_agents",
    "agent_scorecards",
    "helpdesk_twins",
    "helpdesk_twins_monthly",
}
MAY_READ = {
    "staging": {"staging"},
    "intermediate": {"staging", "intermediate"},
    "marts": {"staging", "intermediate", "marts"},
}
# The pipeline's own records and inferences are no vendor's, so there is nothing to rename in staging.
MAY_READ_SOURCES = {"staging": {"raw"}, "intermediate": {"ops", "inference"}, "marts": set()}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from dbt.cli.main import dbtRunner

    work = tmp_path_factory.mktemp("manifest")
    outcome = dbtRunner().invoke(
        [
            *("parse", "--quiet", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(work), "--log-path", str(work), "--no-partial-parse"),
        ]
    )
    assert outcome.success, outcome.exception
    return json.loads((work / "manifest.json").read_text(encoding="utf-8"))


def _models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def _layer(node: dict[str, Any]) -> str:
    return Path(node["original_file_path"]).parts[1]


def _marts(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in _models(manifest).values() if _layer(node) == "marts"]


def test_the_marts_are_those_of_the_interface(manifest: dict[str, Any]) -> None:
    assert {node["name"] for node in _marts(manifest)} == MARTS


def test_models_read_only_the_layers_below(manifest: dict[str, Any]) -> None:
    models = _models(manifest)
    wrong = [
        f"{node['name']} reads {models[parent]['name']}"
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent in models and _layer(models[parent]) not in MAY_READ[_layer(node)]
    ]
    assert len(models) > len(MARTS)
    assert not wrong


def test_only_staging_reads_raw_tables(manifest: dict[str, Any]) -> None:
    wrong = [
        f"{node['name']} reads {parent}"
        for node in _models(manifest).values()
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("source.")
        and manifest["sources"][parent]["source_name"] not in MAY_READ_SOURCES[_layer(node)]
    ]
    assert not wrong


def test_every_model_says_what_one_row_is(manifest: dict[str, Any]) -> None:
    silent = [node["name"] for node in _models(manifest).values() if not node["description"].startswith("One row per ")]
    assert not silent


def test_every_mart_is_versioned_under_an_enforced_contract(manifest: dict[str, Any]) -> None:
    for node in _marts(manifest):
        assert node["config"]["materialized"] == "versioned", node["name"]
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["config"]["unique_key"], node["name"]
        assert node["schema"] == "audit", node["name"]


def test_every_mart_column_is_typed_and_described(manifest: dict[str, Any]) -> None:
    bare = [
        f"{node['name']}.{name}"
        for node in _marts(manifest)
        for name, column in node["columns"].items()
        if not column["description"] or not column["data_type"]
    ]
    assert not bare


def test_personal_columns_are_marked(manifest: dict[str, Any]) -> None:
    marked = {
        f"{node['name']}.{name}"
        for node in _marts(manifest)
        for name, column in node["columns"].items()
        if column["config"].get("meta", {}).get("pii")
    }
    assert marked == {
        "dim_customers.name",
        "dim_customers.email",
        "dim_customers.phone",
        "fct_survey_responses.comment",
        "feedback_comments.comment",
    }


def test_every_mart_has_a_test_of_its_grain(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and (node.get("test_metadata") or {}).get("name") in ("unique", "primary_key", "rows_are_unique")
    }
    assert not {key for key, node in _models(manifest).items() if _layer(node) == "marts"} - tested
