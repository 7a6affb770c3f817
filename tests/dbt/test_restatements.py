"""The restatement ledger: figures that a later publication says otherwise, both values, and the rows behind them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from built_world import ModelsOnly
from cx_etl import publish, transform
from cx_etl.inference import restatement
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings
from cx_etl.snapshot.diff import as_text
from cx_etl.snapshot.reasons import OF_FACTS, WITHOUT_FACTS, because
from cx_etl.snapshot.writing import render
from pipelines import Built, bring_in, pipeline

ZONE = "UTC"
NIGHTS = [date(2026, 11, 19), date(2026, 11, 20)]
# What a vendor may tell late of a row that was published: the fact, its key, and why it is another.
CHANGES = {
    ("fct_tickets", "ticket_went_on"): """
        update raw.zendesk__tickets
        set status = 'solved', updated_at = updated_at + interval '1 day', _loaded_at = now()
        where id = (select min(id) from raw.zendesk__tickets where status not in ('solved', 'closed', 'deleted'))
        returning id::text""",
    ("fct_orders", "order_deleted"): """
        update raw.shopify__orders set _deleted_at = now(), _loaded_at = now()
        where id = (select min(id) from raw.shopify__orders) returning id""",
    ("fct_survey_responses", "response_corrected"): """
        update raw.asknicely__responses set responded = responded - interval '20 days', _loaded_at = now()
        where response_id = (select max(response_id) from raw.asknicely__responses where responded < '2026-11-10')
        returning response_id""",
}

MOVE_ONE = """
    with closed as (
        update marts_versions.metric_values set _valid_to = 3
        where _valid_to = 9223372036854775807 and metric_variant = 'nps' and grain = 'day' and segment_name = 'all'
            and period_start = (
                select max(period_start) from marts_versions.metric_values
                where metric_variant = 'nps' and grain = 'day' and segment_name = 'all'
            )
        returning *
    )
    insert into marts_versions.metric_values
    select (
        jsonb_populate_record(
            null::marts_versions.metric_values,
            to_jsonb(closed) || jsonb_build_object(
                'n', n + 1, 'definition_version', %(version)s::text, '_valid_from', 3, '_valid_to', 9223372036854775807
            )
        )
    ).*
    from closed"""


@pytest.fixture(scope="module")
def twice(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Built, dict[tuple[str, str], str]]]:
    """Two published nights with old rows changed in between; the warehouse, and the records that changed."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("told"), ZONE, postgres, patch, "restated") as (sandbox, dsn),
    ):
        bring_in(sandbox, NIGHTS[0], ZONE)
        _publish(dsn, NIGHTS[0])
        bring_in(sandbox, NIGHTS[1], ZONE)
        with psycopg.connect(dsn) as connection:
            changed = {what: connection.execute(sql).fetchall()[0][0] for what, sql in CHANGES.items()}
        _publish(dsn, NIGHTS[1])
        yield Built(dsn), changed


def _publish(dsn: str, night: date) -> None:
    """Build the models and publish them, as if the gate had found nothing."""
    settings = load_settings()
    opened = transform.open_build(settings, night)
    transform.run_models(ModelsOnly(settings, opened.build_id, opened.as_of_date, print), opened.basis)
    transform.close_build(opened)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into ops.gate_results (build_id, mart, expectation, severity, success, reason, owner)"
            " values (%s, 'all', 'none', 'info', true, 'a test', 'data')",
            (opened.build_id,),
        )
    assert publish.publish(opened.build_id).published


def _said(warehouse: Built, publication_id: int) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The figures that readers of the publication saw, the slow way."""
    rows = warehouse.rows(
        "select * from marts_versions.metric_values where _valid_from <= %s and _valid_to > %s",
        *(publication_id, publication_id),
    )
    return {
        tuple(row[k] for k in ("metric_variant", "grain", "period_start", "segment_name", "segment_value")): row
        for row in rows
    }


def test_the_ledger_has_every_figure_that_was_said_otherwise(twice: tuple[Built, Any]) -> None:
    warehouse, _ = twice
    before, after = _said(warehouse, 1), _said(warehouse, 2)
    expected = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        ends = {row["period_end"] for row in (old, new) if row}
        told = [(row["value"], row["n"], row["numerator"]) if row else (None, 0, None) for row in (old, new)]
        if len(ends) == 1 and ends.pop() <= NIGHTS[1] and told[0] != told[1]:
            expected[key] = tuple(told)
    ledger = {
        tuple(row[k] for k in ("metric_variant", "grain", "period_start", "segment_name", "segment_value")): (
            (row["old_value"], row["old_n"], row["old_numerator"]),
            (row["new_value"], row["new_n"], row["new_numerator"]),
        )
        for row in warehouse.rows("select * from marts.restatements where since_publication_id = 1")
    }
    assert len(expected) > 50
    assert ledger.keys() ^ expected.keys() == set()
    assert ledger == expected


def test_what_a_vendor_changed_is_the_reason(twice: tuple[Built, dict[tuple[str, str], str]]) -> None:
    warehouse, changed = twice
    found = {
        (row["fact"], row["reason"], row["fact_key"].rsplit(":", 1)[-1])
        for row in warehouse.rows("select fact, reason, fact_key from marts.restated_facts")
    }
    for (fact, reason), record in changed.items():
        assert (fact, reason, record.rsplit(":", 1)[-1]) in found


def test_a_reason_comes_from_rows_that_the_figure_counts(twice: tuple[Built, Any]) -> None:
    """The days of sales without the deleted order are those that its own date and amount say, and no others."""
    warehouse, _ = twice
    days = warehouse.rows(
        "select period_start, old_value - coalesce(new_value, 0) as lost, reasons from marts.restatements"
        " where metric_variant = 'gross_sales' and grain = 'day' and segment_name = 'all'"
    )
    order = warehouse.row(
        "select business_date, gross_sales * exchange_rate as amount from marts_versions.fct_orders"
        " where order_key in (select fact_key from marts.restated_facts where reason = 'order_deleted')"
    )
    assert [(day["period_start"], round(day["lost"], 2)) for day in days] == [
        (order["business_date"], round(order["amount"], 2))
    ]
    assert days[0]["reasons"] == {"order_deleted": 1}


def test_nothing_is_unexplained_and_time_moves_no_complete_figure(twice: tuple[Built, Any]) -> None:
    warehouse, _ = twice
    told = warehouse.rows("select distinct reason, was_complete from marts.restatements")
    reasons = {row["reason"] for row in told}
    assert reasons >= {reason for _, reason in CHANGES} | {"late_response", "time_passed"}
    assert reasons <= {*OF_FACTS, *WITHOUT_FACTS} - {"unexplained"}
    assert {"reason": "time_passed", "was_complete": True} not in told


@pytest.mark.usefixtures("twice")
def test_the_diff_and_the_snapshot_say_why() -> None:
    restated = publish.diff(1, 2).restatements
    assert {because(each.reasons) for each in restated if each.metric_variant == "gross_sales"} == {"1 order deleted"}
    assert "no reason on record" not in {because(each.reasons) for each in restated}
    assert "; 1 order deleted" in as_text(publish.diff(1, 2))
    page = render(2).path
    assert "1 order deleted" in Path(page).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("made_by", "version", "reason"),
    [
        ("as before", "1", "unexplained"),
        ("other models", "1", "models_changed"),
        ("as before", "2", "definition_changed"),
    ],
)
def test_a_figure_that_changed_by_itself(twice: tuple[Built, Any], made_by: str, version: str, reason: str) -> None:
    """One that nothing it counts explains is not given a reason of others."""
    warehouse, _ = twice
    with psycopg.connect(warehouse.dsn) as connection:
        connection.execute("update ops.builds set made_by = 'as before'")
        connection.execute(
            "insert into ops.builds (night, as_of_date, made_by, status) select night, as_of_date, %s, 'running'"
            " from ops.builds order by build_id desc limit 1",
            (made_by,),
        )
        connection.execute(MOVE_ONE, {"version": version})
        restatement.run(connection, NIGHTS[1])
        found = connection.execute(
            "select metric_variant, old_n + 1 = new_n, reason, reasons from inference.restatements"
            " where since_publication_id = 2"
        ).fetchall()
        connection.rollback()
    assert found == [("nps", True, reason, {})]
    assert warehouse.rows("select * from inference.restatements where since_publication_id = 2") == []
