"""The staging models of Freshdesk and Gorgias over a loaded world: keys that join, words for codes, the same people."""

import json
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from cx_etl.dbt_runner import dbt_arguments, dbt_environment, variables_set
from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import load_settings
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
CHANNELS = {1: "email", 2: "portal", 3: "phone", 7: "chat", 9: "widget"}
STATUSES = {2: "open", 3: "pending", 4: "resolved", 5: "closed"}


def _loaded_and_built() -> None:
    """A night of both helpdesks, and their staging models with all their tests."""
    from dbt.cli.main import dbtRunner

    list(extract_all(NIGHT, ("freshdesk", "gorgias")))
    list(load_all(NIGHT, ("freshdesk", "gorgias")))
    values = {"build_id": 1, "as_of_date": NIGHT.isoformat(), "time_zone": "UTC"}
    chosen = ("--select", "staging.freshdesk", "staging.gorgias")
    own_tests = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
    with variables_set(dbt_environment(load_settings())):
        outcome = dbtRunner().invoke(
            ["build", *dbt_arguments(load_settings()), *chosen, *own_tests, "--vars", json.dumps(values)]
        )
    assert outcome.success, [result.message for result in outcome.result.results if str(result.status) != "success"]
    kinds = {result.node.resource_type for result in outcome.result.results}
    assert kinds == {"model", "test"}


def _rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def test_staging_says_in_words_what_the_vendors_say_in_codes(sandbox: Sandbox, warehouse: str) -> None:
    _loaded_and_built()

    tickets = sandbox.records("freshdesk/tickets", NOW)
    found = _rows(
        warehouse, "select ticket_id, channel, status, is_spam, is_deleted from staging.stg_freshdesk__tickets"
    )
    assert sorted(found) == sorted(
        (str(key), CHANNELS[row["source"]], STATUSES[row["status"]], row["spam"], row.get("deleted", False))
        for key, row in tickets.items()
    )
    moods = _rows(warehouse, "select mood, count(*) from staging.stg_freshdesk__satisfaction_ratings group by mood")
    answers = [
        row["ratings"]["default_question"] for row in sandbox.records("freshdesk/satisfaction_ratings", NOW).values()
    ]
    assert dict(moods) == {"happy": answers.count(103), "unhappy": answers.count(-103)}
    labels = "select label, is_default from staging.stg_freshdesk__survey_questions order by label"
    assert _rows(warehouse, labels) == [("How would you rate our support?", True), ("Was it fast?", False)]

    failed = _rows(warehouse, "select count(*) from staging.stg_gorgias__messages where is_failed and is_from_agent")
    messages = sandbox.records("gorgias/messages", NOW).values()
    assert failed == [(sum(row["failed_datetime"] is not None for row in messages),)]


def test_keys_join_within_a_helpdesk_and_addresses_across_them(sandbox: Sandbox, warehouse: str) -> None:
    _loaded_and_built()
    for child, key, parent in (
        ("stg_freshdesk__conversations", "ticket_key", "stg_freshdesk__tickets"),
        ("stg_freshdesk__satisfaction_ratings", "ticket_key", "stg_freshdesk__tickets"),
        ("stg_freshdesk__rating_answers", "rating_key", "stg_freshdesk__satisfaction_ratings"),
        ("stg_gorgias__messages", "ticket_key", "stg_gorgias__tickets"),
        ("stg_gorgias__ticket_tags", "ticket_key", "stg_gorgias__tickets"),
        ("stg_gorgias__satisfaction_surveys", "ticket_key", "stg_gorgias__tickets"),
        ("stg_gorgias__tickets", "customer_key", "stg_gorgias__customers"),
    ):
        joins = f"staging.{child} left join staging.{parent} as parent using ({key})"
        ((all_rows, joined),) = _rows(warehouse, f"select count(*), count(parent.{key}) from {joins}")
        assert all_rows == joined > 0, child
    writers = (
        "select count(*) from staging.stg_freshdesk__tickets as ticket"
        " left join staging.stg_freshdesk__contacts as contact on contact.contact_key = ticket.requester_key"
        " where contact.contact_key is null"
    )
    assert _rows(warehouse, writers) == [(0,)]
    shared = (
        "select count(distinct contact.email) from staging.stg_freshdesk__contacts as contact"
        " inner join staging.stg_gorgias__customers as customer on customer.email = contact.email"
    )
    assert _rows(warehouse, shared) > [(10,)]
