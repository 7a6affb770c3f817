"""Pruning: what kept publications show never changes, and what was pruned says so."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_etl import publish, retention
from cx_etl.errors import ConfigError, DataError
from cx_etl.settings import load_settings
from tests.expectations.handmade import OPEN, connection, make_marts, start_build

Order = tuple[str, int, int]


@pytest.fixture
def marts(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The DSN of a warehouse with empty marts; of its publications the newest two are kept, whatever their age."""
    monkeypatch.setenv("CX_RETENTION_PUBLICATIONS", "2")
    monkeypatch.setenv("CX_RETENTION_DAYS", "1")
    make_marts()
    return warehouse


def _publish(published: int, days_ago: int = 10) -> list[int]:
    """So many publications, the oldest first, all some days ago; the last is current."""
    builds = [start_build() for _ in range(published)]
    with connection() as warehouse:
        for build_id in builds:
            warehouse.execute(
                "insert into ops.publications (publication_id, night, as_of_date, rows_changed, published_at)"
                " select build_id, night, as_of_date, 1, now() - %s from ops.builds where build_id = %s",
                (timedelta(days=days_ago), build_id),
            )
        warehouse.execute(
            "insert into ops.current_publication (publication_id) values (%s)"
            " on conflict (only_row) do update set publication_id = excluded.publication_id",
            (builds[-1],),
        )
    return builds


def _put(versions: list[Order]) -> None:
    with connection() as warehouse, warehouse.cursor() as cursor:
        cursor.executemany(
            "insert into marts_versions.fct_orders (order_key, _valid_from, _valid_to) values (%s, %s, %s)", versions
        )


def _seen(warehouse: psycopg.Connection, publication_id: int) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select order_key, _valid_from from marts_versions.fct_orders"
        " where _valid_from <= %(id)s and _valid_to > %(id)s order by 1, 2",
        {"id": publication_id},
    ).fetchall()


def _pruned() -> list[int]:
    return sorted(each.publication_id for each in publish.publications() if each.is_pruned)


def test_the_oldest_go_with_the_rows_that_only_they_show(marts: str) -> None:
    first, second, third, fourth = _publish(4)
    _put([("gone", first, third), ("lasting", first, OPEN), ("kept", second, fourth), ("new", fourth, OPEN)])
    assert retention.prune().as_dict() == {"publications": 2, "versions": 1}
    assert _pruned() == [first, second]
    with connection() as warehouse:
        assert _seen(warehouse, third) == [("kept", second), ("lasting", first)]
    assert retention.prune().as_dict() == {"publications": 0, "versions": 0}


def test_young_publications_stay_however_many(marts: str) -> None:
    _publish(5, days_ago=0)
    assert retention.prune().as_dict() == {"publications": 0, "versions": 0}


def test_the_current_one_stays_with_all_after_it(marts: str) -> None:
    first, second, *_ = _publish(5)
    _put([("a", first, second + 1)])
    publish.rollback(second)
    assert retention.prune().as_dict() == {"publications": 1, "versions": 0}
    assert _pruned() == [first]
    with connection() as warehouse:
        assert _seen(warehouse, second) == [("a", first)]


def test_nobody_comes_back_to_a_pruned_one(marts: str) -> None:
    first, *_, last = _publish(4)
    retention.prune()
    with pytest.raises(DataError, match=f"publication {first} lost its rows on .*retention"):
        publish.rollback(first)
    with pytest.raises(DataError, match="lost its rows"):
        publish.diff(first, last)
    with connection() as warehouse:
        assert warehouse.execute("select publication_id from ops.current_publication").fetchall() == [(last,)]


def test_without_publications_nothing_is_pruned(marts: str) -> None:
    _put([("unpublished", 1, 2)])
    assert retention.prune().as_dict() == {"publications": 0, "versions": 0}


@pytest.mark.parametrize("value", ["0", "-1", "many", ""])
def test_a_retention_that_keeps_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CX_RETENTION_PUBLICATIONS", value)
    with pytest.raises(ConfigError, match=r"\[retention\] publications"):
        load_settings()


SPANS = st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda span: span[0] < span[1])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(SPANS, max_size=12), current=st.integers(0, 4))
def test_what_kept_publications_show_is_what_they_showed(
    marts: str, spans: list[tuple[int, int]], current: int
) -> None:
    with connection() as warehouse:
        for table in ("marts_versions.fct_orders", "ops.current_publication", "ops.publications", "ops.builds"):
            warehouse.execute(f"delete from {table}")
    ids = _publish(5)
    if ids[current] != ids[-1]:
        publish.rollback(ids[current])
    _put([(f"o{number}", ids[0] + start - 1, ids[0] + end - 1) for number, (start, end) in enumerate(spans)])
    with connection() as warehouse:
        before = {each: _seen(warehouse, each) for each in ids}
        retention.prune()
        kept = [each for each in ids if each not in _pruned()]
        assert set(ids[-2:]) | {ids[current]} <= set(kept)
        assert {each: _seen(warehouse, each) for each in kept} == {each: before[each] for each in kept}
        needed = {row for each in kept for row in before[each]}
        stored = warehouse.execute("select order_key, _valid_from from marts_versions.fct_orders").fetchall()
        # Versions that ended before the oldest kept are gone; of those that begin later some are of no publication yet.
        assert needed <= set(stored)
        assert len(stored) == sum(ids[0] + end - 1 > min(kept) for _, end in spans)
