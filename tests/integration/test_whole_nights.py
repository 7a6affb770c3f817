"""Whole nights without Airflow: twice is once, any order ends the same, bad records do not stop the rest."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl.errors import GateError
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.nightly import run_night
from cx_etl.replay import replay
from expectations import MARTS
from pipelines import pipeline
from relaxed import allow_untitled_forms
from sandboxes import Sandbox

NIGHTS = [date(2026, 11, 19), date(2026, 11, 20)]
World = tuple[Sandbox, str]
# One record of each stream breaks its contract.
MALFORMED = [
    ("zendesk", "incremental/tickets", "created_at", "yesterday"),
    ("zendesk", "ticket_events", "ticket_id", "not a number"),
    ("zendesk", "incremental/users", "created_at", 7),
    ("zendesk", "satisfaction_ratings", "ticket_id", None),
    ("shopify", "_bulk/1", "createdAt", "never"),
    ("shopify", "_bulk/2", "updatedAt", "soon"),
    ("asknicely", "responses", "answer", "ten"),
    ("typeform", "/forms", "title", None),
    ("typeform", "/responses", "submitted_at", "never"),
]


@pytest.fixture
def world(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Any]]:
    """Opens a fresh warehouse of the given name beside the sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        yield lambda name: pipeline(small_dataset, tmp_path_factory.mktemp(name), "UTC", postgres, patch, name)


def _run(sandbox: Sandbox, nights: list[date]) -> None:
    for night in nights:
        sandbox.at_end_of(night)
        list(run_night(night))


def _marts(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """What readers see: every row of every mart, without the number of the publication."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute("select table_name from information_schema.views where table_schema = 'marts'")
        seen = {}
        for (name,) in names.fetchall():
            rows = connection.execute(f"select to_jsonb(mart) - '_publication_id' from marts.{name} as mart").fetchall()
            seen[name] = sorted(rows, key=repr)
        return seen


def _unlike(some: dict[str, list[Any]], others: dict[str, list[Any]]) -> dict[str, tuple[list[Any], list[Any]]]:
    """By mart, the first rows that one side alone has: pytest's own account of them all takes minutes."""
    found = {}
    for mart in sorted(some.keys() | others.keys()):
        left, right = (Counter(map(repr, side.get(mart, []))) for side in (some, others))
        if left != right:
            found[mart] = (sorted(left - right)[:3], sorted(right - left)[:3])
    return found


def _footprint(dsn: str) -> list[tuple[Any, ...]]:
    """Every physical row of the raw tables, the marts' versions and the publications."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema in ('raw', 'marts_versions') and table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        tables += [("ops.publications",), ("ops.current_publication",), ("ops.publication_events",), ("ops.snapshots",)]
        return [
            (table, *row)
            for (table,) in tables
            for row in connection.execute(f"select ctid::text, xmin::text from {table} order by 1").fetchall()
        ]


# What earlier publications said: another order of nights publishes others.
LEDGER = {"restatements", "restated_facts"}
# Of systems that this world has not: web analytics, social networks, billing. And nobody was merged or split.
UNUSED = {"web_daily", "social_daily", "revenue_churn_monthly", "identity_changes"}


@pytest.mark.timeout(900)
def test_a_night_twice_changes_nothing_and_any_order_ends_in_the_same_marts(world: Callable[[str], Any]) -> None:
    with world("in_order") as (sandbox, dsn):
        _run(sandbox, NIGHTS)
        in_order = _marts(dsn)
        before = _footprint(dsn)
        _run(sandbox, [NIGHTS[-1]])
        assert set(_footprint(dsn)) ^ set(before) == set()
    assert in_order.keys() == set(MARTS)
    assert {mart for mart, rows in in_order.items() if not rows} == UNUSED
    with world("any_order") as (sandbox, dsn):
        _run(sandbox, list(reversed(NIGHTS)))
        unlike = _unlike(_marts(dsn), in_order)
        assert {mart: rows for mart, rows in unlike.items() if mart not in LEDGER} == {}


def test_one_malformed_record_per_stream_does_not_stop_the_night(
    world: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with world("malformed") as (sandbox, dsn):
        sandbox.spoil(
            *({"system": s, "path": p, "kind": "malform", "field": f, "value": v} for s, p, f, v in MALFORMED)
        )
        _run(sandbox, [NIGHTS[-1]])
        with psycopg.connect(dsn) as connection:
            held = connection.execute("select source, stream, reason from raw.quarantine order by 1, 2").fetchall()
            published = connection.execute("select count(*) from ops.current_publication").fetchone()
        assert len(held) == len({(source, stream) for source, stream, _ in held}) == len(MALFORMED)
        for _, _, field, _ in MALFORMED:
            assert any(f"$.{field}" in reason for _, _, reason in held), field
        assert published == (1,)

        allow_untitled_forms(monkeypatch)
        assert replay().as_dict() == {"replayed": 1, "still_rejected": len(MALFORMED) - 1}


def test_a_red_gate_leaves_the_marts_as_they_were(world: Callable[[str], Any]) -> None:
    with world("red") as (sandbox, dsn):
        _run(sandbox, NIGHTS[:1])
        before = _marts(dsn)
        sandbox.at_end_of(NIGHTS[1])
        # A valid time, so the contract holds; but an order of the year 2099 is in nobody's store.
        sandbox.spoil(
            {
                "system": "shopify",
                "path": "_bulk",
                "kind": "malform",
                "field": "processedAt",
                "value": "2099-01-01T00:00:00Z",
            }
        )
        with pytest.raises(GateError) as error:
            list(run_night(NIGHTS[1]))
        assert _unlike(_marts(dsn), before) == {}
        message = str(error.value)
        assert "fct_orders" in message
        assert "expect_column_max_to_be_between" in message
        assert "2099-01-01" in message
        (page,) = [line.strip() for line in message.splitlines() if line.strip().endswith(".html")]
        assert "2099-01-01" in Path(page).read_text(encoding="utf-8")
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select publication_id from ops.current_publication").fetchall() == [(1,)]
            assert connection.execute("select count(*) from ops.snapshots").fetchone() == (1,)
