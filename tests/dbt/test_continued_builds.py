"""A build that continues the one before makes only what something changed for, and ends in the same rows."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from built_world import ModelsOnly
from cx_etl import continuing, transform
from cx_etl import warehouse as cx_warehouse
from cx_etl.dbt_runner import DbtRun
from cx_etl.local.postgres import EmbeddedServer, embedded_server
from cx_etl.settings import load_settings
from pipelines import bring_in, pipeline
from sandboxes import Sandbox

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

ZONE = "UTC"
NIGHTS = [date(2026, 11, 19), date(2026, 11, 20)]
BUILT = "table_schema in ('intermediate', 'audit')"
# What has to do with the ledger of loads, which is never the same twice, or with the quarantine.
ALWAYS_MADE = {"int_data__streams", "data_as_of", "int_quarantine__held", "quarantine_effects"}

# Changes that a vendor may bring on any night, each with the time of loading that the loader would write.
CHANGES = {
    "an old ticket is solved again, and its requester is another": """
        update raw.zendesk__tickets set status = 'solved', updated_at = updated_at + interval '1 day',
            requester_id = (select max(requester_id) from raw.zendesk__tickets), _loaded_at = now()
        where id = (select min(id) from raw.zendesk__tickets)""",
    "an order of long ago is deleted": """
        update raw.shopify__orders set _deleted_at = now(), _loaded_at = now()
        where id = (select min(id) from raw.shopify__orders)""",
    "an answer is backdated by two months": """
        update raw.asknicely__responses set responded = responded - interval '60 days', _loaded_at = now()
        where response_id = (select max(response_id) from raw.asknicely__responses where responded is not null)""",
    "two customers share an address from now on": """
        update raw.shopify__customers set _loaded_at = now(), "defaultEmailAddress__emailAddress" = (
            select "defaultEmailAddress__emailAddress" from raw.shopify__customers order by id limit 1)
        where id = (select id from raw.shopify__customers order by id offset 1 limit 1)""",
}


@pytest.fixture(scope="module")
def world(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sandbox, str]]:
    """A warehouse of its own with the first night built."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("continued"), ZONE, postgres, patch, "continued") as world,
    ):
        bring_in(world[0], NIGHTS[0], ZONE)
        _build(NIGHTS[0])
        yield world


def _build(night: date) -> list[str]:
    """Build without tests; the lines of what was made."""
    lines: list[str] = []
    settings = load_settings()
    opened = transform.open_build(settings, night)
    transform.run_models(ModelsOnly(settings, opened.build_id, opened.as_of_date, lines.append), opened.basis)
    transform.close_build(opened)
    return lines


def _made(lines: list[str]) -> set[str]:
    """The names in lines like "3 of 4 OK created sql view model staging.stg_x__y ... [CREATE VIEW in 0.1s]"."""
    return {line.split(" model ")[1].split()[0].split(".")[1] for line in lines if " model " in line}


def _relations(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        f"select table_schema || '.' || table_name from information_schema.tables where {BUILT} order by 1"
    )
    return [name for (name,) in found]


def _differing_from_whole(dsn: str) -> dict[str, int]:
    """Build everything anew; how many rows of each table and candidate are others than they were."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        kept = {name: f"kept.{name.replace('.', '__')}" for name in _relations(connection)}
        connection.execute("drop schema if exists kept cascade")
        connection.execute("create schema kept")
        for name, copy in kept.items():
            connection.execute(f"create table {copy} as select * from {name}")
        transform.forget_basis()
        made = _made(_build(NIGHTS[-1]))
        assert made >= {name.split(".")[1] for name in kept if name.startswith("audit.")}
        return {name: rows for name, copy in kept.items() if (rows := _different(connection, name, copy))}


def _different(connection: psycopg.Connection, one: str, other: str) -> int:
    """Rows of one that the other has not, and of the other that the one has not."""
    return sum(
        connection.execute(
            f"select count(*) from (select * from {left} except all select * from {right}) as only_there"
        ).fetchall()[0][0]
        for left, right in ((one, other), (other, one))
    )


def test_a_night_continues_the_one_before_to_the_same_rows(world: tuple[Sandbox, str]) -> None:
    sandbox, dsn = world
    bring_in(sandbox, NIGHTS[1], ZONE)
    with psycopg.connect(dsn) as connection:
        assert all(connection.execute(sql).rowcount > 0 for sql in CHANGES.values())
    continued = _made(_build(NIGHTS[1]))
    assert _differing_from_whole(dsn) == {}
    assert "int_schedules__hours" not in continued, "the hours of support are what they were"


def test_with_nothing_new_nothing_is_made(world: tuple[Sandbox, str]) -> None:
    made = "select mart, rows_total, versions_opened, versions_closed from ops.build_marts where build_id = %s"
    _build(NIGHTS[-1])
    with psycopg.connect(world[1]) as connection:
        (last,) = connection.execute("select max(build_id) from ops.builds").fetchall()[0]
        lines = _build(NIGHTS[-1])
        before = connection.execute(f"{made} order by mart", (last,)).fetchall()
        after = connection.execute(f"{made} order by mart", (last + 1,)).fetchall()
    assert _made(lines) == ALWAYS_MADE
    assert after == before
    assert len(after) > len(ALWAYS_MADE)


def test_other_models_make_something_else(warehouse: str, tmp_path: Path) -> None:
    settings = load_settings()
    for folder in continuing.CODE:
        shutil.copytree(settings.root / folder, tmp_path / folder)
    copied = replace(settings, root=tmp_path)
    before = continuing.made_by(copied)
    assert before == continuing.made_by(settings)
    seed = tmp_path / "dbt_project" / "seeds" / "identity_overrides.csv"
    seed.write_text(seed.read_text(encoding="utf-8") + "a,b,keep_apart,,me,2026-01-01\n", encoding="utf-8")
    assert continuing.made_by(copied) != before
    assert continuing.made_by(replace(settings, time_zone="Asia/Karachi")) != before


def test_a_failed_build_leaves_nothing_to_continue(world: tuple[Sandbox, str]) -> None:
    def fail(self: DbtRun, command: str, *options: str) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DbtRun, "invoke", fail)
        with pytest.raises(KeyboardInterrupt):
            transform.build(NIGHTS[-1])
    opened = transform.open_build(load_settings(), NIGHTS[-1])
    assert opened.basis is None


def test_a_crash_of_the_server_leaves_nothing_to_continue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded_server(tmp_path / "postgres") as server:
        server.create_database("crashing")
        monkeypatch.setenv("CX_WAREHOUSE_DSN", server.dsn("crashing"))
        cx_warehouse.migrate()
        with psycopg.connect(server.dsn("crashing")) as connection:
            connection.execute(
                "insert into ops.builds (night, as_of_date, status, raw_read_at)"
                " values ('2026-11-19', '2026-11-19', 'built', now())"
            )
            connection.execute("insert into ops.standing_build (build_id, made_by) values (1, 'me')")
            connection.commit()
            assert continuing.basis(connection, "me") is not None
            assert continuing.basis(connection, "another") is None
        doomed = psycopg.connect(server.dsn("crashing"))
        os.kill(doomed.info.backend_pid, signal.SIGKILL)
        _until_it_answers(server)
        with psycopg.connect(server.dsn("crashing")) as connection:
            assert continuing.basis(connection, "me") is None
            assert connection.execute("select count(*) from ops.builds").fetchall() == [(1,)]


def _until_it_answers(server: EmbeddedServer) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.dsn("crashing")).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_what_a_load_under_way_brings_is_news(world: tuple[Sandbox, str]) -> None:
    """Rows carry the start of the transaction that loaded them, so one that began before a build may end after it."""
    with psycopg.connect(world[1]) as load:
        (began,) = load.execute("select now()").fetchall()[0]
        opened = transform.open_build(load_settings(), NIGHTS[-1])
        with psycopg.connect(world[1]) as connection:
            (read_at,) = connection.execute(
                "select raw_read_at from ops.builds where build_id = %s", (opened.build_id,)
            ).fetchall()[0]
    assert read_at <= began


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> "Manifest":
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_STATE_DIR", str(tmp_path_factory.mktemp("manifest")))
        patch.setenv("CX_WAREHOUSE_DSN", "postgresql://nobody@127.0.0.1:1/none")
        return DbtRun(load_settings(), 1, NIGHTS[-1], print).manifest


def test_a_record_written_again_is_news_of_its_children(warehouse: str, manifest: "Manifest") -> None:
    """It may have lost some, and where all of them are gone no row of theirs says so."""
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            'insert into raw.shopify__orders (id, name, "createdAt", "updatedAt", "currencyCode", test,'
            " _account, _night, _run_id, _loaded_at, _row_hash, _version_at, _observed_at)"
            " values ('gid://shopify/Order/1', '#1', now(), now(), 'EUR', false,"
            " 'main', '2026-11-20', 'r', '2026-11-21 02:00Z', '', now(), now())"
        )
        read_before, read_after = (
            {
                key.removeprefix("source.cx.")
                for key in continuing.changed_sources(connection, manifest, continuing.Basis(1, NIGHTS[0], read_at))
            }
            for read_at in (datetime(2026, 11, 21, 2, tzinfo=UTC), datetime(2026, 11, 21, 3, tzinfo=UTC))
        )
    assert read_after == {"ops.loads", "ops.watermarks", "ops.held_records"}
    assert {name for name in read_before - read_after if "shopify__orders" not in name} == set()
    assert {"raw.shopify__orders", "raw.shopify__orders__refunds", "raw.shopify__orders__transactions"} <= read_before


@pytest.fixture(scope="module")
def reached(manifest: "Manifest") -> Callable[..., set[str]]:
    """Which models and sources a change of raw tables, or of the date, reaches."""

    def names(*tables: str, is_new_date: bool = False) -> set[str]:
        changed = {f"source.cx.raw.{table}" for table in tables}
        return {key.split(".")[-1] for key in continuing.reached(manifest, changed, is_new_date)}

    return names


def test_a_change_reaches_its_readers_and_no_others(reached: Callable[..., set[str]]) -> None:
    found = reached("delighted__survey_responses")
    assert {"stg_delighted__responses", "fct_survey_responses", "nps_daily", "metric_values"} <= found
    assert not {"stg_zendesk__tickets", "int_tickets__unioned", "int_shipments__unioned"} & found


def test_a_change_reaches_through_inferences(reached: Callable[..., set[str]]) -> None:
    found = reached("zendesk__users")
    assert {"customer_identities", "int_customers__identities", "dim_customers"} <= found


def test_a_new_date_reaches_what_depends_on_it(reached: Callable[..., set[str]]) -> None:
    found = reached(is_new_date=True)
    assert {"dim_dates", "customer_lifetimes", "customer_health", "sales_daily"} <= found
    assert not {"stg_zendesk__tickets", "int_tickets__unioned", "int_orders__amounts"} & found
