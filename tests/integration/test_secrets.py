"""Planted secrets are found nowhere but where they were put: not in logs, errors, landing, tables or evidence."""

import base64
import gzip
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import zstandard
from psycopg import sql

from cx_etl.errors import CxError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.sources import source
from sandbox.connections import EXTRAS
from sandboxes import PASSWORD, Sandbox

CX = str(Path(sys.executable).with_name("cx"))
NIGHT = date(2026, 11, 20)
LOGIN = "robot@example.com/token"
PLANTED = [PASSWORD, base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode(), "planted-in-the-address"]
# Some of a source's own tokens are kept in the warehouse on purpose: who rotates them hands out one that must be used.
SYSTEMS = sorted(set(EXTRAS) - {"hootsuite"})


def _secrets_in(text: str) -> list[str]:
    return [each for each in PLANTED if each in text]


def _files_with_secrets(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and _secrets_in(_content(path))]


def _content(path: Path) -> str:
    body = path.read_bytes()
    if path.suffix == ".zst":
        body = zstandard.ZstdDecompressor().stream_reader(body).read()
    if path.suffix == ".gz":
        body = gzip.decompress(body)
    return body.decode("utf-8", "replace")


def _tables_with_secrets(dsn: str) -> Iterator[str]:
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 40
        for table in tables:
            rows = connection.execute(sql.SQL("select t::text from {} as t").format(sql.Identifier(*table)))
            if any(_secrets_in(text) for (text,) in rows):
                yield ".".join(table)


def _cx(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CX, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_night_leaves_no_secret_behind(
    system: str, sandbox: Sandbox, warehouse: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for stream in source(system).streams:
        extract(system, stream.name, NIGHT)
        load(system, stream.name, NIGHT)
    assert any((tmp_path / "state").rglob("*.zst"))
    assert _files_with_secrets(tmp_path / "state") == []
    assert list(_tables_with_secrets(warehouse)) == []
    assert _secrets_in(caplog.text) == []


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_refusal_tells_no_secret(
    system: str,
    status: int,
    sandbox: Sandbox,
    warehouse: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "2")
    caplog.set_level(logging.DEBUG)
    sandbox.spoil({"system": system, "path": "", "kind": "status", "status": status, "times": 50})
    with pytest.raises(CxError) as refused:
        extract(system, source(system).streams[0].name, NIGHT)
    assert sandbox.struck()
    chain = [refused.value, refused.value.__cause__, refused.value.__context__]
    assert _secrets_in(" ".join(f"{each} {each!r}" for each in chain)) == []
    assert _secrets_in(caplog.text) == []
    assert _files_with_secrets(tmp_path / "state") == []
    assert list(_tables_with_secrets(warehouse)) == []


@pytest.mark.parametrize(
    "host",
    ["http://robot:planted-in-the-address@127.0.0.1:9/asknicely", "http://127.0.0.1:9/?key=planted-in-the-address"],
)
def test_a_secret_in_an_address_is_not_repeated(warehouse: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "1")
    monkeypatch.setenv("AIRFLOW_CONN_ASKNICELY", json.dumps({"host": host, "password": PASSWORD}))
    done = _cx("extract", f"{NIGHT}", "--source", "asknicely")
    assert done.returncode != 0
    assert "asknicely" in done.stderr + done.stdout
    assert _secrets_in(done.stdout + done.stderr) == []
    assert list(_tables_with_secrets(warehouse)) == []


def test_doctor_and_status_show_no_password_of_the_warehouse(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_DSN", f"host=127.0.0.1 port=9 user=cx_etl password={PASSWORD} dbname=none")
    for command in (["doctor"], ["status"], ["run", f"{NIGHT}"]):
        done = _cx(*command)
        assert done.returncode != 0
        assert _secrets_in(done.stdout + done.stderr) == []
        assert "Traceback" not in done.stderr
