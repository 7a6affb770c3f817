"""Files from a folder to the raw tables: every row once, wrong ones held back, and no file lost or read twice."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from drops import Drop, entry

HEADER = "id,started_at,rating,cost,comment\n"


@pytest.fixture
def drop(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drop:
    folder = tmp_path / "drop"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", f'{{"host": "{folder}"}}')
    found = Drop(folder, warehouse, monkeypatch)
    found.declare(entry())
    return found


def test_a_file_becomes_typed_rows(drop: Drop) -> None:
    drop.put("talks_1.csv", HEADER + '007,2026-11-20 10:00:00,5,12.50,"olá, ""mundo""\nמה"\n008,2026-07-01T09:00,,,\n')
    report = drop.run()
    assert (report.read, report.new, report.rejected) == (2, 2, 0)
    assert drop.rows("id, started_at, rating, cost, comment") == [
        ("007", datetime(2026, 11, 20, 10, tzinfo=UTC), 5, Decimal("12.50"), 'olá, "mundo"\nמה'),
        ("008", datetime(2026, 7, 1, 8, tzinfo=UTC), None, None, None),
    ]
    assert drop.waiting() == []
    assert drop.processed() == ["processed/2026-11-20/talks_1.csv"]
