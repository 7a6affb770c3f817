"""A range of nights brought in again: exactly those nights, and one build for all of them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import publish
from cx_etl.errors import CxError
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.nightly import backfill, run_night
from pipelines import pipeline
from sandboxes import Sandbox

FIRST, SECOND, THIRD = (date(2026, 11, day) for day in (18, 19, 20))


@pytest.fixture(scope="module")
def world(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sandbox, str]]:
    """A warehouse with the first night published; the vendors' clock stands after the third."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("backfill"), "UTC", postgres, patch, "backfill") as world,
    ):
        world[0].at_end_of(FIRST)
        list(run_night(FIRST))
        world[0].at_end_of(THIRD)
        yield world


def _asked(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def _state(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "loads": _asked(dsn, "select stream, night, run_id, loaded_at from ops.loads order by 1, 2"),
        "builds": _asked(dsn, "select build_id from ops.builds"),
        "watermarks": _asked(dsn, "select * from ops.watermarks order by 1, 2, 3"),
    }


def test_a_failing_night_ends_it_with_nothing_built(world: tuple[Sandbox, str]) -> None:
    sandbox, dsn = world
    before = _state(dsn)
    sandbox.spoil({"system": "zendesk", "path": "incremental/tickets", "kind": "status", "status": 403, "times": 1})
    with pytest.raises(CxError, match="zendesk"):
        list(backfill([SECOND, THIRD]))
    sandbox.heal()
    assert _state(dsn)["builds"] == before["builds"]
    assert _state(dsn)["watermarks"] == before["watermarks"]


def test_both_ends_are_brought_in_and_the_marts_are_made_once(world: tuple[Sandbox, str]) -> None:
    _, dsn = world
    lines = list(backfill([SECOND, THIRD]))
    assert [line for line in lines if line.startswith("night")] == [f"night     {SECOND}", f"night     {THIRD}"]
    nights = _asked(dsn, "select stream, array_agg(distinct night order by night) from ops.loads group by stream")
    assert {tuple(found) for _, found in nights} == {(FIRST, SECOND, THIRD)}
    assert sum(line.startswith("build") for line in lines) == 1
    newest, first = publish.publications()
    assert (newest.night, newest.as_of_date, newest.is_current) == (THIRD, THIRD, True)
    assert first.night == FIRST


def test_a_night_in_the_middle_again_changes_nothing(world: tuple[Sandbox, str]) -> None:
    _, dsn = world
    published = publish.publications()
    loads = _asked(dsn, "select stream, night, run_id from ops.loads where night <> '2026-11-19' order by 1, 2")
    lines = list(backfill([SECOND]))
    assert any("nothing changed" in line for line in lines)
    assert publish.publications() == published
    assert _asked(dsn, "select stream, night, run_id from ops.loads where night <> '2026-11-19' order by 1, 2") == loads
