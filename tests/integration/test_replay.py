"""The raw tables are lost and come back from the landing alone, row by row, and to the same marts."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from cx_etl.errors import CxError
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.nightly import extract_all, load_all, reconcile_all, replay_landing
from pipelines import pipeline
from raw_state import content
from sandboxes import Sandbox

NIGHTS = [date(2026, 11, day) for day in (18, 19, 20)]


@pytest.fixture(scope="module")
def world(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sandbox, str]]:
    """Three nights, one of them twice, with a walk of a longer window after the second; the sources are gone then."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("replay"), "UTC", postgres, patch, "before") as world,
    ):
        patch.setenv("CX_SOURCES", "zendesk,shopify,asknicely,typeform,woocommerce,shiprocket")
        for night in NIGHTS:
            world[0].at_end_of(night)
            list(extract_all(night))
            list(load_all(night))
            if night == NIGHTS[1]:
                list(reconcile_all())
                list(extract_all(night))
                list(load_all(night))
        postgres.create_database("after")
        for name in [name for name in os.environ if name.startswith("AIRFLOW_CONN_")]:
            patch.delenv(name)
        yield world


def test_raw_is_rebuilt_to_the_bit_without_asking_anybody(
    world: tuple[Sandbox, str], postgres: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, before = world
    monkeypatch.setenv("CX_WAREHOUSE_DSN", postgres.dsn("after"))
    told = list(replay_landing(NIGHTS))
    assert any("reconciled" in line for line in told)
    after = postgres.dsn("after")
    assert content(after, {"_loaded_at"}) == content(before, {"_loaded_at"})
    with psycopg.connect(before) as one, psycopg.connect(after) as other:
        watermarks = "select source, account, stream, watermark_at, night from ops.watermarks order by 1, 2, 3"
        assert one.execute(watermarks).fetchall() == other.execute(watermarks).fetchall()
    list(replay_landing(NIGHTS))
    assert content(after, {"_loaded_at"}) == content(before, {"_loaded_at"})


def test_nothing_landed_is_said_and_nothing_written(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CxError, match="nothing has landed for 2026-11-18 to 2026-11-20"):
        list(replay_landing(NIGHTS))
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select count(*) from ops.loads").fetchone() == (0,)
