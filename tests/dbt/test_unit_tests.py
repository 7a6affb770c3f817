"""The models' unit tests: golden vectors and edge cases of one model each, beside its SQL."""

import json
from collections import Counter
from pathlib import Path

import pytest

from built_world import NIGHT, World
from cx_etl.dbt_runner import DbtRun
from cx_etl.settings import load_settings


def test_every_unit_test_of_a_model_passes(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_DSN", world.dsn)
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path))
    DbtRun(load_settings(), 1, NIGHT, lambda line: None).invoke("test", "--select", "test_type:unit")
    results = json.loads((tmp_path / "dbt" / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    outcomes = Counter(result["status"] for result in results)
    assert outcomes.keys() == {"pass"}
    assert outcomes["pass"] > 90, "none was left out"
