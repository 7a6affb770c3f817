"""The step that runs the models: what it records, what a second run changes, and how a failure reads."""

from datetime import date

import psycopg
import pytest

from cx_etl import transform
from cx_etl.errors import CxError, DataError, RetriableError

NIGHT = date(2026, 1, 10)


def _load(warehouse: str, orders: int) -> None:
    """A night of the store: orders of two customers, seven hours apart from each other, each refunded once."""
    meta = "'main', '2026-01-10', 'r', now(), '', now(), now()"
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            "insert into ops.loads (source, account, stream, night, run_id, window_to, pages, calls, rows_read,"
            " rows_new, rows_changed, rows_same, rows_rejected, bytes, seconds, status)"
            " values ('shopify', 'main', 'orders', %s, 'r', now(), 1, 1, 1, 1, 0, 0, 0, 1, 1, 'done')",
            (NIGHT,),
        )
        connection.execute(
            'insert into raw.shopify__orders (id, name, "createdAt", "updatedAt", "currencyCode", test, email,'
            " _account, _night, _run_id, _loaded_at, _row_hash, _version_at, _observed_at)"
            " select 'gid://shopify/Order/' || i, '#' || i, timestamptz '2026-01-01 00:00Z' + i * interval '7 hours',"
            f" now(), 'EUR', i = 1, ' Person' || mod(i, 2) || '@Example.com', {meta} from generate_series(1, %s) as i",
            (orders,),
        )


def _builds(warehouse: str) -> list[tuple[str, int | None, str | None]]:
    with psycopg.connect(warehouse) as connection:
        return connection.execute("select status, rows_changed, error from ops.builds order by build_id").fetchall()


def test_nothing_loaded_is_said_so(warehouse: str) -> None:
    with pytest.raises(DataError, match="nothing is loaded yet"):
        transform.build(NIGHT)
    assert _builds(warehouse) == []


def test_build_records_what_it_changed_and_a_second_one_changes_nothing(warehouse: str) -> None:
    _load(warehouse, orders=5)
    lines: list[str] = []
    report = transform.build(NIGHT, progress=lines.append)
    assert (report.night, report.as_of_date) == (NIGHT, NIGHT)
    assert report.rows_changed > 0
    assert any("fct_orders" in line for line in lines)
    with psycopg.connect(warehouse) as connection:
        orders, customers = connection.execute(
            "select count(*), count(distinct customer_key) from audit.fct_orders"
        ).fetchall()[0]
        declared = connection.execute("select count(*) from ops.metric_declarations").fetchall()[0][0]
        connection.execute(
            "insert into ops.publications values (%s, %s, %s, now(), 0, 0)", (report.build_id, NIGHT, NIGHT)
        )
    assert (orders, customers) == (4, 2), "the test order is excluded, e-mails are compared in lower case"
    assert declared > 0
    assert transform.build(NIGHT).rows_changed == 0
    assert [status for status, _, _ in _builds(warehouse)] == ["built", "built"]


def test_failing_test_names_itself_and_fails_the_build(warehouse: str) -> None:
    _load(warehouse, orders=2)
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            "insert into raw.shopify__orders__refunds (id, _account, _parent_key, _position, _night, _run_id,"
            " _loaded_at) select 'gid://shopify/Refund/1', 'main', 'gid://shopify/Order/2', i, %s, 'r', now()"
            " from generate_series(0, 1) as i",
            (NIGHT,),
        )
    with pytest.raises(CxError, match="dbt test primary_key_stg_shopify__refunds_refund_key failed") as caught:
        transform.build(NIGHT)
    assert "dbt.log" in caught.value.next_step
    [(status, _, error)] = _builds(warehouse)
    assert status == "failed"
    assert error
    assert "refund_key" in error


def test_second_build_at_the_same_time_is_refused(warehouse: str) -> None:
    _load(warehouse, orders=1)
    with transform.build_lock(), pytest.raises(RetriableError, match="another build is running"):
        transform.build(NIGHT)
    assert _builds(warehouse) == []
