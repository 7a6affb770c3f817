"""The helpdesk's staging models over what two nights of the small account brought in."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
import small_zendesk as small
from psycopg.rows import dict_row
from small_zendesk import ago

from cx_etl import dbt_runner
from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import load_settings
from sandbox.connections import connection
from sandboxes import PASSWORD, serving

KEY = "zendesk:main:"


@pytest.fixture(scope="module")
def staged(postgres: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of a warehouse with the staging models built over the nights of 2026-11-19 and 20."""
    work = tmp_path_factory.mktemp("staging")
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute(f"create database staged_zendesk template {template}")
    dsn = postgres.dsn("staged_zendesk")
    with pytest.MonkeyPatch.context() as patch, serving(small.write(work / "small", small.make_lines())) as sandbox:
        patch.setenv("CX_WAREHOUSE_DSN", dsn)
        patch.setenv("CX_STATE_DIR", str(work / "state"))
        patch.setenv("CX_TIME_ZONE", "UTC")
        patch.setenv("AIRFLOW_CONN_ZENDESK", json.dumps(connection("zendesk", sandbox.url, PASSWORD)))
        for night in (date(2026, 11, 19), date(2026, 11, 20)):
            sandbox.at_end_of(night)
            list(extract_all(night, ("zendesk",)))
            list(load_all(night, ("zendesk",)))
        _build()
        yield dsn


def _build() -> None:
    """The helpdesk's staging models and their tests alone."""
    from dbt.cli.main import dbtRunner

    settings = load_settings()
    chosen = ("--select", "path:models/staging/zendesk", "--indirect-selection", "cautious")
    values = json.dumps({"build_id": 1, "as_of_date": "2026-11-20"})
    with dbt_runner.variables_set(dbt_runner.dbt_environment(settings)):
        outcome = dbtRunner().invoke(["build", *dbt_runner.dbt_arguments(settings), *chosen, "--vars", values])
    told = {one.node.name: one.message for one in outcome.result or []}
    assert outcome.success, told or outcome.exception


def _rows(dsn: str, model: str, columns: str, order: str = "1") -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as found:
        return found.execute(f"select {columns} from staging.stg_zendesk__{model} order by {order}").fetchall()


def test_every_raw_record_has_its_row(staged: str) -> None:
    """But comments, status changes and custom fields, which are parts of records."""
    pairs = {
        "tickets": "zendesk__tickets",
        "ticket_events": "zendesk__ticket_events",
        "ticket_metric_events": "zendesk__ticket_metric_events",
        "ticket_custom_fields": "zendesk__tickets__custom_fields",
        "users": "zendesk__users",
        "user_roles": "zendesk__user_roles",
        "organizations": "zendesk__organizations",
        "groups": "zendesk__groups",
        "group_memberships": "zendesk__group_memberships",
        "satisfaction_ratings": "zendesk__satisfaction_ratings",
        "survey_responses": "zendesk__survey_responses",
        "survey_answers": "zendesk__survey_responses__answers",
        "deleted_tickets": "zendesk__deleted_tickets",
        "sla_policies": "zendesk__sla_policies",
        "sla_policy_targets": "zendesk__sla_policies__policy_metrics",
        "schedules": "zendesk__schedules",
        "schedule_intervals": "zendesk__schedules__intervals",
        "holidays": "zendesk__holidays",
        "ticket_fields": "zendesk__ticket_fields",
        "ticket_forms": "zendesk__ticket_forms",
    }
    with psycopg.connect(staged, row_factory=dict_row) as found:
        for model, table in pairs.items():
            modelled = f"select count(*) from staging.stg_zendesk__{model}"
            counts = found.execute(f"select ({modelled}) as models, count(*) as raw from raw.{table}").fetchone()
            assert counts
            assert counts["models"] == counts["raw"] > 0, model


def test_tickets_tell_merges_deletions_and_follow_ups(staged: str) -> None:
    told = _rows(staged, "tickets", "ticket_id, is_merged, is_deleted, is_follow_up, form_key")
    assert told == [(str(key), key == 3, key == 2, key == 6, f"{KEY}2") for key in range(1, 7)]
    merged = _rows(staged, "ticket_comments", "ticket_key, is_of_merge, is_public")
    assert merged == [(f"{KEY}3", True, False)]


def test_whoever_was_staff_once_is_an_agent(staged: str) -> None:
    told = _rows(staged, "users", "user_key, role, is_agent, is_deleted, email")
    assert told == [
        (f"{KEY}{small.AGENT}", "end-user", True, True, None),
        (f"{KEY}{small.CUSTOMER}", "end-user", False, False, "laila@mail.example"),
        (f"{KEY}{small.FORGOTTEN}", "end-user", False, True, None),
    ]


def test_survey_responses_have_ticket_rating_and_comment(staged: str) -> None:
    told = _rows(staged, "survey_responses", "response_key, ticket_key, rating, rating_category, comment, rated_at")
    assert told == [
        (f"{KEY}{small.ANSWERED}", f"{KEY}4", 2, "bad", "Слишком долго 😡", ago(hours=4)),
        (f"{KEY}{small.OFFERED}", f"{KEY}1", None, None, None, None),
    ]


def test_custom_fields_join_their_names(staged: str) -> None:
    with psycopg.connect(staged) as found:
        told = found.execute(
            "select title, value_json from staging.stg_zendesk__ticket_custom_fields "
            f"inner join staging.stg_zendesk__ticket_fields using (field_key) where ticket_key = '{KEY}1' order by 1"
        ).fetchall()
    assert told == list(
        zip([f"Field {n}" for n in range(5)], ['"text"', "true", "12.5", '["a","b"]', None], strict=True)
    )


def test_a_breach_that_was_taken_back_is_marked(staged: str) -> None:
    told = _rows(staged, "ticket_metric_events", "metric_event_key, event_type, is_deleted")
    assert [row for row in told if row[2]] == [(f"{KEY}800", "breach", True)]
