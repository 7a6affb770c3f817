"""Publishing is one row: who may change it, when, and what readers see meanwhile."""

from datetime import timedelta
from threading import Thread

import psycopg
import pytest

from cx_etl import publish
from cx_etl.errors import DataError, GateError
from tests.expectations.handmade import NIGHT, close, connection, make_marts, put_orders, put_value, start_build


@pytest.fixture
def marts(warehouse: str) -> str:
    """The DSN of a warehouse with empty marts and no build yet."""
    make_marts()
    return warehouse


def _pass_gate(build_id: int, success: bool = True) -> None:
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.gate_results (build_id, mart, expectation, severity, success, observed, reason, owner)"
            " values (%s, 'fct_orders', 'holds', 'critical', %s, '3 rows', 'why', 'data')",
            (build_id, success),
        )


def _publish(orders: str = "", rows_changed: int = 1) -> int:
    build_id = start_build(rows_changed=rows_changed)
    put_orders(build_id, orders)
    _pass_gate(build_id)
    assert publish.publish(build_id).published
    return build_id


def _events() -> list[tuple[str, int, int | None]]:
    with connection() as warehouse:
        return warehouse.execute(
            "select event, publication_id, previous_publication_id from ops.publication_events order by event_id"
        ).fetchall()


def _orders(reader: psycopg.Connection) -> int:
    row = reader.execute("select count(*) from marts.fct_orders").fetchone()
    assert row is not None
    return row[0]


def test_publishing_twice_is_one_publication(marts: str) -> None:
    build_id = _publish("a")
    again = publish.publish(build_id)
    assert (again.published, again.publication_id) == (False, build_id)
    assert _events() == [("publish", build_id, None)]


def test_build_without_changes_is_not_published(marts: str) -> None:
    first = _publish("a")
    second = start_build(rows_changed=0)
    _pass_gate(second)
    report = publish.publish(second)
    assert (report.published, report.publication_id, report.reason) == (False, first, "nothing changed")
    assert [each.publication_id for each in publish.publications()] == [first]


def test_unchanged_rows_of_a_later_day_are_published(marts: str) -> None:
    _publish("a")
    second = start_build(night=NIGHT + timedelta(days=1), rows_changed=0)
    _pass_gate(second)
    assert publish.publish(second).published


def test_unchanged_build_is_published_after_a_rollback(marts: str) -> None:
    first, second = _publish("a"), _publish("b")
    publish.rollback(first)
    third = start_build(rows_changed=0)
    _pass_gate(third)
    assert publish.publish(third).published
    assert _events()[-1] == ("publish", third, first)
    assert second < third


def test_build_that_has_not_passed_its_gate_is_refused(marts: str) -> None:
    build_id = start_build()
    with pytest.raises(GateError, match="has not been through the gate"):
        publish.publish(build_id)
    _pass_gate(build_id, success=False)
    with pytest.raises(GateError, match="fct_orders: expected holds; observed 3 rows"):
        publish.publish(build_id)
    assert publish.publications() == []


@pytest.mark.parametrize("status", ["running", "failed"])
def test_unfinished_build_is_refused(marts: str, status: str) -> None:
    build_id = start_build(status=status)
    _pass_gate(build_id)
    with pytest.raises(DataError, match=f"is {status}, not built"):
        publish.publish(build_id)


def test_older_build_is_refused(marts: str) -> None:
    forgotten = start_build()
    _pass_gate(forgotten)
    _publish("a")
    with pytest.raises(DataError, match="is older than build"):
        publish.publish(forgotten)


def test_earlier_publication_comes_back_by_rollback_only(marts: str) -> None:
    first, second = _publish("a"), _publish("b")
    with pytest.raises(DataError, match="cx rollback"):
        publish.publish(first)
    assert publish.rollback(first).published
    assert not publish.rollback(first).published
    assert _events()[-1] == ("rollback", first, second)
    assert [(each.publication_id, each.is_current) for each in publish.publications()] == [
        (second, False),
        (first, True),
    ]
    with pytest.raises(DataError, match="no publication 99"):
        publish.rollback(99)


def test_open_connection_sees_a_rollback_at_once(marts: str) -> None:
    first = _publish("a")
    _publish("bc")
    with psycopg.connect(marts, autocommit=True) as reader:
        assert _orders(reader) == 3
        publish.rollback(first)
        assert _orders(reader) == 1


def test_repeatable_reader_keeps_one_set_of_marts_and_blocks_nobody(marts: str) -> None:
    first = _publish("a")
    with psycopg.connect(marts) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert _orders(reader) == 1
        second = _publish("bc")
        put_value(second, "nps", 30)
        assert _orders(reader) == 1
        seen = reader.execute("select count(*), max(_publication_id) from marts.metric_values").fetchone()
        assert seen == (0, None)
        assert reader.execute("select distinct _publication_id from marts.fct_orders").fetchall() == [(first,)]
        reader.rollback()
        assert _orders(reader) == 3


def test_second_publisher_waits_for_the_first(marts: str) -> None:
    build_id = start_build()
    _pass_gate(build_id)
    reports: list[publish.PublishReport] = []
    with psycopg.connect(marts) as other:
        other.execute("select pg_advisory_xact_lock(hashtext('cx_etl.publish'))")
        waiting = Thread(target=lambda: reports.append(publish.publish(build_id)))
        waiting.start()
        waiting.join(timeout=0.5)
        assert not reports
        other.rollback()
        waiting.join(timeout=30)
    assert [report.published for report in reports] == [True]


def test_diff_counts_rows_and_lists_restated_figures(marts: str) -> None:
    first = start_build()
    put_orders(first, "abc")
    put_value(first, "nps", 41)
    put_value(first, "csat_top2", 80, is_complete=False)
    put_value(first, "ces_agree", 70)
    _pass_gate(first)
    publish.publish(first)
    second = start_build()
    close(second, "fct_orders", order_key="a")
    for key in ("b", "c"):
        close(second, "fct_orders", order_key=key)
    put_orders(second, "b", net_sales=12)
    put_orders(second, "cde")
    close(second, "metric_values", metric_variant="nps")
    put_value(second, "nps", 39, n=1246)
    close(second, "metric_values", metric_variant="csat_top2")
    put_value(second, "csat_top2", 81)
    _pass_gate(second)
    publish.publish(second)
    found = publish.diff(first, second)
    orders = next(each for each in found.marts if each.mart == "fct_orders")
    assert (orders.added, orders.changed, orders.removed) == (2, 1, 1)
    assert len(found.restatements) == 1
    restated = found.restatements[0]
    assert (restated.metric_variant, restated.old_value, restated.new_value) == ("nps", 41, 39)
    assert (restated.old_n, restated.new_n) == (1234, 1246)
    with pytest.raises(DataError, match="is later than"):
        publish.diff(second, first)
