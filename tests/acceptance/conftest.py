"""The real sets through the pipeline, once per session, and their independently computed results."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from pipelines import REAL_SETS, Built, bring_in, pipeline


@pytest.fixture(scope="session")
def real(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The three real sets as of 2018-10-22, the last answer's day: history first, then a night of changes."""
    if not REAL_SETS.exists():
        pytest.skip(f"the real sets are not at {REAL_SETS}")
    from sandbox.convert import convert

    dataset = tmp_path_factory.mktemp("real") / "real"
    convert(REAL_SETS, dataset)
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", "UTC", postgres, patch, "real") as (sandbox, dsn),
    ):
        for night in (date(2018, 10, 16), date(2018, 10, 22)):
            bring_in(sandbox, night, "UTC")
        transform.build(date(2018, 10, 22))
        yield Built(dsn)


@pytest.fixture(scope="session")
def expected() -> Callable[[str], dict[str, Any]]:
    """The independently computed results of a real set: name to value."""

    def read(name: str) -> dict[str, Any]:
        facts = json.loads((REAL_SETS / name / "expected.json").read_text(encoding="utf-8"))
        return {key: fact["value"] for key, fact in facts.items() if "value" in fact}

    return read
