"""By setting a build with warnings waits in Airflow for a person, and readers see it only with that person's word."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from rich.console import Console

from cx_etl.errors import CxError
from cx_etl.local import commands
from cx_etl.local import stack as stacks
from cx_etl.local.layout import Layout
from cx_etl.local.nights import run_nights
from cx_etl.local.stack import Stack
from cx_etl.settings import ROOT

NIGHTS = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]
SOURCES = ("asknicely",)


@pytest.fixture
def stack(small_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The embedded stack with one source, where a build with warnings waits."""
    for name in ("dags", "plugins", "requirements.lock"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("CX_GATE_APPROVAL_HOURS", "2")
    monkeypatch.setenv("CX_SOURCES", ",".join(SOURCES))
    layout = Layout(tmp_path)
    saved = dict(os.environ)
    try:
        yield commands.start(layout, small_dataset, Console(quiet=True))
    finally:
        stacks.stop(layout)
        os.environ.clear()
        os.environ.update(saved)


def _answer(stack: Stack, word: str, asked: list[dict[str, Any]]) -> None:
    """Wait until Airflow asks, keep what it says, and answer as a person would in its pages."""
    with httpx.Client(base_url=stack.airflow_url, timeout=20, trust_env=False) as client:
        login = {"username": "admin", "password": stack.admin_password}
        token = client.post("/auth/token", json=login).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        for _ in range(1200):
            answer = client.get(
                "/api/v2/dags/publish_marts/dagRuns/~/hitlDetails", params={"response_received": False}
            ).raise_for_status()
            for each in answer.json()["hitl_details"]:
                asked.append(each)
                run = each["task_instance"]["dag_run_id"]
                client.patch(
                    f"/api/v2/dags/publish_marts/dagRuns/{run}/taskInstances/approve_warnings/-1/hitlDetails",
                    json={"chosen_options": [word], "params_input": {}},
                ).raise_for_status()
                return
            time.sleep(0.5)


def _run(stack: Stack, night: date, word: str) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []
    answerer = threading.Thread(target=_answer, args=(stack, word, asked), daemon=True)
    answerer.start()
    run_nights(stack, SOURCES, [night], Console(quiet=True))
    answerer.join(timeout=10)
    return asked


def _published(dsn: str) -> list[date]:
    with psycopg.connect(dsn) as connection:
        return [night for (night,) in connection.execute("select night from ops.publications order by publication_id")]


def _make_all_time_figures_leap(dsn: str) -> None:
    """As if readers had been told quite other figures: the next build must warn of it."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "update marts_versions.metric_values set ci_low = value + 1000, ci_high = value + 1001, n = 1000"
            " where grain = 'all_time' and segment_name = 'all'"
        )
        assert found.rowcount


def test_nothing_is_seen_that_a_person_rejected_and_what_they_approved_is(stack: Stack) -> None:
    dsn = os.environ["CX_WAREHOUSE_DSN"]
    first, second, third = NIGHTS
    run_nights(stack, SOURCES, [first], Console(quiet=True))
    assert _published(dsn) == [first], "a build without warnings waits for nobody"

    _make_all_time_figures_leap(dsn)
    with pytest.raises(CxError, match="approve_warnings"):
        _run(stack, second, "Reject")
    assert _published(dsn) == [first]

    (asked,) = _run(stack, third, "Approve")
    assert asked["subject"].endswith(f"of {third} with its warnings?")
    assert "no all-time figure leaves the 95 % interval" in asked["body"]
    assert "evidence/build-" in asked["body"]
    assert asked["defaults"] == ["Reject"]
    assert _published(dsn) == [first, third]
