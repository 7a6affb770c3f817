"""What the Zendesk connector tests share: the sandbox over the small account, and nights brought in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import small_zendesk as small

from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from sandbox.connections import connection
from sandboxes import PASSWORD, Sandbox, serving

NIGHT = date(2026, 11, 20)
LINES = small.make_lines()


@contextmanager
def serving_account(
    folder: Path, patch: pytest.MonkeyPatch, lines: small.Lines = LINES, settings: str = ""
) -> Iterator[Sandbox]:
    """The sandbox over lines and settings of an account, two hours after its last night, and the connection to it."""
    patch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    patch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    patch.setattr("cx_etl.sources.zendesk.paging.PAUSE_SECONDS", 0.01)
    with serving(small.write(folder, lines, settings)) as sandbox:
        sandbox.set_clock(small.NOW)
        connect(patch, sandbox)
        yield sandbox


def connect(patch: pytest.MonkeyPatch, sandbox: Sandbox, **changes: Any) -> None:
    patch.setenv("AIRFLOW_CONN_ZENDESK", json.dumps({**connection("zendesk", sandbox.url, PASSWORD), **changes}))


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("zendesk", stream, night), load("zendesk", stream, night)


def bring_in_at(desk: Sandbox, night: date, stream: str) -> tuple[ExtractReport, LoadReport]:
    """The night, two hours after it ended."""
    desk.at_end_of(night)
    return bring_in(stream, night)


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as found:
        return found.execute(sql).fetchall()


def night_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
