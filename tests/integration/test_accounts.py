"""Two accounts of one vendor at once: one table, rows apart, watermarks, folders and failures of their own."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from cx_etl import sources, status
from cx_etl.errors import ConfigError
from cx_etl.nightly import extract_all, load_all
from cx_etl.settings import load_settings
from raw_state import answer
from sandbox.connections import connection
from sandboxes import PASSWORD, Sandbox, serving

NIGHT = date(2026, 11, 20)


@pytest.fixture
def emea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A second Zendesk account with one ticket, whose id the first account uses too."""
    ticket = {
        **{"id": 100_001, "status": "open", "created_at": "2026-11-19T10:00:00Z", "updated_at": "2026-11-19T10:00:00Z"},
        **{"generated_timestamp": 1_795_082_400, "subject": "only in emea", "metric_set": {"reopens": 0}},
    }
    (tmp_path / "emea" / "zendesk").mkdir(parents=True)
    (tmp_path / "emea" / "zendesk" / "tickets.jsonl").write_text(
        json.dumps({"at": "2026-11-19T10:00:00Z", "record": ticket})
    )
    (tmp_path / "emea" / "dataset.toml").write_text(
        'name = "emea"\ntime_zone = "UTC"\nfirst_night = 2026-11-18\nlast_night = 2026-11-20\n'
    )
    with serving(tmp_path / "emea") as server:
        server.at_end_of(NIGHT)
        monkeypatch.setenv("AIRFLOW_CONN_ZENDESK_EMEA", json.dumps(connection("zendesk", server.url, PASSWORD)))
        monkeypatch.setenv("CX_SOURCES", "zendesk,zendesk:emea")
        yield server


def _rows(dsn: str, sql: str) -> list[tuple]:
    with psycopg.connect(dsn) as connection_:
        return connection_.execute(sql).fetchall()


def test_two_accounts_share_tables_and_nothing_else(sandbox: Sandbox, emea: Sandbox, warehouse: str) -> None:
    list(extract_all(NIGHT))
    list(load_all(NIGHT))
    counts = dict(_rows(warehouse, "select _account, count(*) from raw.zendesk__tickets group by 1"))
    assert counts["emea"] == 1
    assert counts["main"] > 10
    subjects = dict(_rows(warehouse, "select _account, subject from raw.zendesk__tickets where id = 100001"))
    assert subjects["emea"] == "only in emea" != subjects["main"]
    streams = len(sources.source("zendesk").streams)
    assert dict(_rows(warehouse, "select account, count(*) from ops.watermarks group by 1")) == {
        "main": streams,
        "emea": streams,
    }
    folders = {path.name for path in load_settings().landing_dir.iterdir()}
    assert folders == {"zendesk", "zendesk_emea"}


def test_a_failure_of_one_is_named_and_leaves_the_other(sandbox: Sandbox, emea: Sandbox, warehouse: str) -> None:
    emea.spoil({"system": "zendesk", "kind": "status", "status": 401, "times": 99})
    list(extract_all(NIGHT, ("zendesk",)))
    list(load_all(NIGHT, ("zendesk",)))
    with pytest.raises(ConfigError, match="401"):
        list(extract_all(NIGHT, ("zendesk:emea",)))
    assert answer(warehouse, "select count(*) from ops.watermarks where account = 'emea'") == 0
    problems = status.read().problems
    assert any(problem.startswith("zendesk:emea/tickets failed for 2026-11-20") for problem in problems)
    assert not any(problem.startswith("zendesk/") for problem in problems)


def test_an_account_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_SOURCES", "zendesk,zendesk:main")
    with pytest.raises(ConfigError, match="names zendesk twice"):
        sources.enabled_accounts()


@pytest.mark.parametrize("label", ["zendesk:EU west", "zendesk:../x", "zendesk:a;b"])
def test_a_name_that_could_be_a_path_or_sql_is_refused(label: str) -> None:
    with pytest.raises(ConfigError, match="names no account"):
        sources.account(label)


def test_a_missing_connection_is_named(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_ZENDESK_APAC", raising=False)
    with pytest.raises(ConfigError, match="there is no connection zendesk_apac"):
        list(extract_all(NIGHT, ("zendesk:apac",)))
