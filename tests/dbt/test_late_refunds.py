"""A refund of an order that is months old: it reaches the days and the cohorts of the next build, in its own month."""

from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from cx_etl.dbt_runner import DbtRun
from cx_etl.settings import load_settings
from pipelines import build_models

NIGHT = date(2026, 6, 30)
META = "'main', '2026-06-30', 'r', now(), '', now(), now()"
META_COLUMNS = "_account, _night, _run_id, _loaded_at, _row_hash, _version_at, _observed_at"


@pytest.fixture
def shop(warehouse: str) -> str:
    """An order of 100 in January by an account, one of 50 in March by the same person as a guest."""
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            f'insert into raw.shopify__customers (id, "createdAt", "updatedAt", "defaultEmailAddress__emailAddress",'
            f" {META_COLUMNS}) values ('c', '2026-01-05Z', '2026-01-05Z', 'Ann@Example.com', {META})"
        )
        connection.execute(
            'insert into raw.shopify__orders (id, name, "createdAt", "updatedAt", "currencyCode", test, email,'
            ' "customer__id", "subtotalPriceSet__shopMoney__amount", "presentmentCurrencyCode",'
            f' "totalPriceSet__presentmentMoney__amount", {META_COLUMNS}) values'
            " ('o1', '#1', '2026-01-05 12:00Z', now(), 'EUR', false, 'ann@example.com', 'c', 100, 'PKR', 30550,"
            f" {META}),"
            f" ('o2', '#2', '2026-03-09 12:00Z', now(), 'EUR', false, ' ANN@example.com', null, 50, 'EUR', 50, {META})"
        )
    return warehouse


def _refund(dsn: str) -> None:
    """Sixty of January's order are paid back in June, 18,330 rupees to the customer."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            'insert into raw.shopify__orders__refunds (id, "createdAt", "totalRefundedSet__shopMoney__amount",'
            ' "totalRefundedSet__presentmentMoney__amount", _account, _parent_key, _position, _night, _run_id,'
            " _loaded_at)"
            " values ('r1', '2026-06-20 12:00Z', 60, 18330, 'main', 'o1', 0, %s, 'r', now())",
            (NIGHT,),
        )


def _build(dsn: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Net sales of every day that has any, and every cohort cell, after another build of those marts."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "insert into ops.builds (night, as_of_date, status) values (%s, %s, 'running') returning build_id",
            (NIGHT, NIGHT),
        ).fetchone()
    assert row
    build_models(DbtRun(load_settings(), row[0], NIGHT, print), "sales_daily", "retention_cohorts")
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        connection.execute("insert into ops.publications values (%s, %s, %s, now(), 0, 0)", (row[0], NIGHT, NIGHT))
        days = connection.execute("select * from audit.sales_daily where net_sales <> 0").fetchall()
        cells = connection.execute("select * from audit.retention_cohorts").fetchall()
    return (
        {str(day["business_date"]): (day["orders"], day["returns"], day["net_sales"]) for day in days},
        {(str(cell["cohort_month"]), cell["month_number"]): cell for cell in cells},
    )


def test_it_changes_its_own_day_and_month_and_nothing_before(shop: str) -> None:
    days, cells = _build(shop)
    assert days == {"2026-01-05": (1, 0, 100), "2026-03-09": (1, 0, 50)}
    assert [cells["2026-01-01", k]["net_sales"] for k in range(6)] == [100, 0, 50, 0, 0, 0]
    _refund(shop)
    days_after, cells_after = _build(shop)
    assert days_after == {**days, "2026-06-20": (0, 60, -60)}
    changed = {key for key, cell in cells_after.items() if cell != cells[key]}
    assert changed == {("2026-01-01", 5)}
    assert (cells_after["2026-01-01", 5]["net_sales"], cells_after["2026-01-01", 5]["cumulative_net_sales"]) == (
        -60,
        90,
    )


def test_a_guest_is_the_account_with_the_same_address(shop: str) -> None:
    _, cells = _build(shop)
    assert set(cells) == {("2026-01-01", k) for k in range(6)}, "one cohort, so one customer"
    assert cells["2026-01-01", 0]["customers"] == 1
    assert [cells["2026-01-01", k]["cumulative_rate"] for k in range(6)] == [0, 0, 1, 1, 1, 1]
