"""The models' unit tests: golden vectors and edge cases of one model each, beside its SQL."""

from datetime import date
from pathlib import Path

import pytest

from cx_etl.dbt_runner import DbtRun
from cx_etl.settings import load_settings
from pipelines import Built


def test_every_unit_test_of_a_model_passes(world: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_DSN", world.dsn)
    monkeypatch.setenv("CX_STATE_DIR", str(tmp_path))
    lines: list[str] = []
    DbtRun(load_settings(), 1, date(2026, 11, 20), lines.append).invoke("test", "--select", "test_type:unit")
    assert len(lines) > 100
