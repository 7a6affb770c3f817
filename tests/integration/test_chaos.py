"""Kills, crashes of the server, cut connections and rivals at random moments of every step: the night ends as ever.

`make test-chaos` does it hundreds of times; as one of all tests it is bounded by CHAOS_DISTURBANCES.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

import raw_state
from chaos import STEPS, Chaos, say
from cx_etl.local.postgres import embedded_server
from expectations import MARTS
from pipelines import pipeline
from sandboxes import Sandbox

NIGHTS = [date(2026, 11, 19), date(2026, 11, 20)]
TIMES = int(os.environ.get("CHAOS_DISTURBANCES", "14"))
SEED = os.environ.get("CHAOS_SEED", "20261120")
# Of all disturbances, those of each step. What a build did is undone as a whole, and takes as long as all else.
SHARES = {"extract": 0.3, "load": 0.3, "build": 0.05, "gate": 0.1, "publish": 0.15, "snapshot": 0.1}
# Builds that were killed have numbers, too.
PUBLICATIONS = "array['_publication_id', 'since_publication_id']"
LEDGERS = (
    "select source, stream, night, count(*) from ops.loads where status = 'done' group by 1, 2, 3",
    "select night, count(*) from ops.publications group by 1",
    "select publications.night, count(*) from ops.snapshots join ops.publications using (publication_id) group by 1",
    "select source, stream, count(*) from raw.quarantine group by 1, 2",
)
World = Callable[[str], AbstractContextManager[tuple[Sandbox, str]]]


@pytest.fixture(scope="module")
def world(small_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Opens a fresh warehouse of the given name, on a server that may crash."""
    with (
        embedded_server(tmp_path_factory.mktemp("chaos") / "postgres") as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        yield lambda name: pipeline(small_dataset, tmp_path_factory.mktemp(name), "UTC", server, patch, name)


def _state(dsn: str) -> dict[str, Any]:
    """Every raw table and mart but for what tells of runs, and what the ledgers have how often."""
    found: dict[str, Any] = dict(raw_state.content(dsn, raw_state.OURS))
    with psycopg.connect(dsn) as connection:
        for mart in MARTS:
            rows = connection.execute(f"select to_jsonb(mart) - {PUBLICATIONS} from marts.{mart} as mart").fetchall()
            found[mart] = sorted(map(repr, rows))
        for ledger in LEDGERS:
            found[ledger] = sorted(connection.execute(ledger).fetchall())
    return found


def _unlike(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        name: (repr(found.get(name))[:300], repr(expected.get(name))[:300])
        for name in found.keys() | expected.keys()
        if found.get(name) != expected.get(name)
    }


@pytest.mark.timeout(4 * 3600 if "CHAOS_DISTURBANCES" in os.environ else 900)
def test_whatever_happens_to_a_night_it_ends_as_ever(world: World, tmp_path: Path) -> None:
    nights = NIGHTS if TIMES >= 100 else NIGHTS[-1:]
    with world("undisturbed") as (sandbox, dsn):
        calm = Chaos(dsn, tmp_path / "calm.log", Random(SEED))
        for night in nights:
            sandbox.at_end_of(night)
            for step in STEPS:
                calm.complete(step, night)
        expected = _state(dsn)
        say(f"undisturbed steps take {calm.seconds} seconds")
    with world("disturbed") as (sandbox, dsn):
        chaos = Chaos(dsn, tmp_path / "chaos.log", Random(SEED), dict(calm.seconds))
        for night in nights:
            sandbox.at_end_of(night)
            for step in STEPS:
                for _ in range(max(1, round(TIMES * SHARES[step] / len(nights)))):
                    chaos.disturb(step, night)
                chaos.complete(step, night)
                say(f"{night} {step}: {sum(chaos.done.values())} disturbances so far")
        assert _unlike(_state(dsn), expected) == {}
    say(f"{dict(chaos.done)}")
    assert sum(chaos.done.values()) >= TIMES / 4
