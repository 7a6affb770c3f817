"""Fifty BI readers while a hundred publications and rollbacks come and go: nobody waits, nobody sees a mixture."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import psycopg
import pytest

from cx_etl import publish, retention
from tests.expectations.handmade import NIGHT, connection, make_marts, put, put_orders, start_build

READERS, SWITCHES = 50, 100
VALUES_AND_ORDERS = (
    "select count(*), max(_publication_id), min(_publication_id) from marts.fct_orders",
    "select count(*), max(_publication_id), min(_publication_id) from marts.metric_values",
)
Seen = tuple[int, int, int]


@dataclass
class Watched:
    """What the readers saw, one entry per transaction, and how often one of them was found waiting for a lock."""

    stop: Event = field(default_factory=Event)
    transactions: list[tuple[Seen, ...]] = field(default_factory=list)
    waits: int = 0
    samples: int = 0


def _publish(days: int) -> int:
    """A publication with one order and one value more than the one before."""
    build_id = start_build(night=NIGHT + timedelta(days=days))
    put_orders(build_id, [f"order {build_id}"])
    put(
        build_id,
        "metric_values",
        metric_variant="nps",
        grain="day",
        period_start=NIGHT + timedelta(days=days),
        segment_name="all",
        segment_value="all",
    )
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.gate_results (build_id, mart, expectation, severity, success, observed, reason, owner)"
            " values (%s, 'fct_orders', 'holds', 'critical', true, '', 'why', 'data')",
            (build_id,),
        )
    assert publish.publish(build_id).published
    return build_id


def _read(dsn: str, watched: Watched) -> None:
    """One transaction after the other, each asking several marts twice, as a dashboard does."""
    with psycopg.connect(dsn, application_name="bi reader") as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while not watched.stop.is_set():
            found = [reader.execute(question).fetchall()[0] for question in VALUES_AND_ORDERS * 2]
            reader.commit()
            watched.transactions.append(tuple(found))
            # Fifty threads that never rest leave the publisher, who shares their interpreter, no time.
            watched.stop.wait(0.05)


def _look_for_waits(dsn: str, watched: Watched) -> None:
    with psycopg.connect(dsn, autocommit=True) as observer:
        while not watched.stop.is_set():
            (waiting,) = observer.execute(
                "select count(*) from pg_stat_activity"
                " where application_name = 'bi reader' and wait_event_type = 'Lock'"
            ).fetchall()[0]
            watched.waits += waiting
            watched.samples += 1
            time.sleep(0.005)


@contextmanager
def _readers(dsn: str) -> Iterator[Watched]:
    """All readers and an observer at work while the block runs; an error of one of them is raised at its end."""
    watched = Watched()
    with ThreadPoolExecutor(READERS + 1) as pool:
        work: list[Callable[[str, Watched], None]] = [*itertools.repeat(_read, READERS), _look_for_waits]
        running = [pool.submit(each, dsn, watched) for each in work]
        try:
            yield watched
        finally:
            watched.stop.set()
    for each in running:
        each.result()


@pytest.mark.timeout(600)
def test_nobody_waits_and_nobody_sees_a_mixture(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_RETENTION_PUBLICATIONS", "5")
    monkeypatch.setenv("CX_RETENTION_DAYS", "1")
    make_marts()
    published = [_publish(0)]
    with _readers(warehouse) as watched:
        for number in range(1, SWITCHES + 1):
            if number % 4:
                published.append(_publish(number))
            else:
                publish.rollback(published[-2])
                retention.prune()
                publish.rollback(published[-1])
    sizes = {publication_id: number + 1 for number, publication_id in enumerate(published)}
    for transaction in watched.transactions:
        assert len(set(transaction)) == 1, transaction
        rows, newest, oldest = transaction[0]
        assert newest == oldest
        assert rows == sizes[newest]
    seen = {transaction[0][1] for transaction in watched.transactions}
    assert len(watched.transactions) > READERS
    assert len(seen) > SWITCHES / 4, "readers saw many of the publications"
    assert (watched.waits, watched.samples > 10) == (0, True)
