"""Hootsuite's records in the making, and what a test asks of its nights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from own_world import Lines, at, line, own_world

from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from sandbox.records import hootsuite as records
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
LISTS = "cx_etl.sources.hootsuite_lists"
PAGE = records.profile(101, "FACEBOOKPAGE", "Casa")
LINKEDIN = records.profile(102, "LINKEDINCOMPANY", "Casa")
CHANNEL = records.profile(103, "YOUTUBECHANNEL", "Casa TV 🛋️")
CARRIES = ("FACEBOOKPAGE", "TWITTER", "INSTAGRAMBUSINESS", "YOUTUBECHANNEL", "THREADS")


@contextmanager
def world(
    folder: Path, patch: pytest.MonkeyPatch, streams: Mapping[str, Lines], settings: str = ""
) -> Iterator[Sandbox]:
    """A sandbox with these lines; with three profiles unless the lines have others."""
    profiles = [line(at("2026-01-01 00:00"), each) for each in (PAGE, LINKEDIN, CHANNEL)]
    found = {"social_profiles": profiles, "messages": [], "post_analytics": [], "profile_analytics": []} | dict(streams)
    with own_world(folder, {f"hootsuite/{name}": lines for name, lines in found.items()}, patch, settings) as server:
        yield server


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("hootsuite", stream, night), load("hootsuite", stream, night)


def nights(server: Sandbox, stream: str, *days: date) -> None:
    for day in days:
        server.at_end_of(day)
        bring_in(stream, day)


def fetch(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def planned(number: int, send_at: datetime, state: str = "SCHEDULED", text: str = "olá 🎉") -> dict[str, Any]:
    return records.message(number=number, state=state, text=text, profile=PAGE, send_at=send_at)


def states(dsn: str) -> dict[str, str]:
    return dict(fetch(dsn, "select id, state from raw.hootsuite__messages where _deleted_at is null"))


def post(created: datetime, refreshed: datetime, of: dict[str, Any] = PAGE, **metrics: float) -> dict[str, Any]:
    return records.post(
        profile=of, external_id=f"p{created:%Y%m%d}", text="مرحبا", created_at=created, refreshed_at=refreshed,
        metrics=metrics,
    )  # fmt: skip


def metrics(dsn: str) -> dict[str, float]:
    return {
        f"{key} {name}": value
        for key, name, value in fetch(dsn, 'select "externalId", name, value from raw.hootsuite__post_metrics')
    }
