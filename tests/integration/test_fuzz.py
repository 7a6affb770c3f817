"""Landed pages, spoilt at random: every record is loaded or held back, and what is told names what is wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_etl import landing, staging
from cx_etl.copying import Copier
from cx_etl.errors import DataError
from cx_etl.extract import extract
from cx_etl.landing import Step
from cx_etl.load import records_of
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.rows import Origin, PageReader
from cx_etl.sources import source
from pipelines import pipeline

NIGHT = date(2026, 11, 20)
SYSTEMS = ("zendesk", "shopify", "asknicely", "typeform", "woocommerce", "freshdesk", "gorgias", "surveymonkey")
STREAMS = [(system, stream.name) for system in SYSTEMS for stream in source(system).streams]
ORIGIN = Origin("main", NIGHT, "run", datetime(2026, 11, 21, tzinfo=UTC))
# What a field may come to hold: other types, numbers and dates beyond any limit, text that databases refuse.
VALUES = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    st.text(max_size=20) | st.just("\x00") | st.just("x" * 70_000) | st.just("2026-02-30T25:61:00Z"),
    st.sampled_from(
        ["9999-12-31T23:59:59Z", "0000-00-00", "-1", "1e400", "\\", '"', "\u202e", "'; drop table raw", ""]
    ),
    st.sampled_from([10**30, -(10**30), 1e308, [], {}, [[]], {"id": {"id": 1}}]),
)
Page = tuple[Step, bytes]


@pytest.fixture(scope="module")
def pages(
    small_dataset: Path, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[tuple[str, str], Page], str]]:
    """The first page of every stream that has one, and an empty warehouse."""
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, tmp_path_factory.mktemp("fuzz"), "UTC", postgres, patch, "fuzz") as (sandbox, dsn),
    ):
        sandbox.at_end_of(NIGHT)
        found = {}
        for system, stream in STREAMS:
            extract(system, stream, NIGHT)
            run = landing.newest_finished(landing.runs(system, stream, NIGHT))
            assert run is not None
            first = next(iter(run.pages()), None)
            if first is not None:
                found[system, stream] = (first[0], first[2])
        yield found, dsn


def _take(dsn: str, system: str, name: str, step: Step, records: list[Any]) -> tuple[int, int]:
    """Rows of the main tables that PostgreSQL took, and rejects. Nothing is kept."""
    stream = source(system).stream(name)
    reader, rejected = PageReader(stream), 0
    with psycopg.connect(dsn) as connection:
        staging.make_stages(connection, stream)
        with Copier(connection, staging.targets(stream, straight=False)) as copier:
            for rows in reader.read(records, step, "page", ORIGIN):
                copier.write(rows.lines)
                rejected += len(rows.rejects)
                assert all(reject.reason for reject in rows.rejects)
        taken = sum(copier.copied[table.name] for table in stream.tables)
        connection.rollback()
    return taken, rejected


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:5]) if isinstance(value, list) else ()
    for key, child in items:
        yield from _leaves(child, (*path, key))


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


@pytest.mark.parametrize(("system", "stream"), STREAMS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_spoilt_page_loses_no_record(
    pages: tuple[dict[tuple[str, str], Page], str], system: str, stream: str, data: st.DataObject
) -> None:
    found, dsn = pages
    if (system, stream) not in found:
        pytest.skip("nothing landed")
    step, body = found[system, stream]
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(body) - 1))
        spoilt = body[:place] + data.draw(st.binary(max_size=4)) + body[place + data.draw(st.integers(0, 3)) :]
    else:
        try:
            content = json.loads(body)
        except ValueError:
            return
        path = data.draw(st.sampled_from(list(_leaves(content))))
        _put(content, path, data.draw(VALUES))
        spoilt = json.dumps(content).encode()
    try:
        records = list(records_of(source(system).stream(stream), spoilt, f"{system} {stream}"))
    except DataError as error:
        assert str(error).startswith(f"{system} {stream}: the page is not what the vendor documents")  # noqa: PT017
        return
    taken, rejected = _take(dsn, system, stream, step, records)
    assert taken + rejected == len(records)
