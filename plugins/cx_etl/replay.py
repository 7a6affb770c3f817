"""Replay: quarantined records are tried again against today's contract, and loaded if they keep it now."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from cx_etl import raw_tables, staging, warehouse
from cx_etl.copying import Copier
from cx_etl.landing import Step
from cx_etl.load import start_of_transaction
from cx_etl.raw_tables import Batch
from cx_etl.rows import Origin, PageReader, Rows
from cx_etl.sources import source as registered
from cx_etl.sources.base import Stream

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class ReplayReport:
    """How many held records came in, and how many still break their contract."""

    replayed: int
    still_rejected: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Held:
    quarantine_id: int
    table: str
    payload: bytes
    context: dict[str, str]
    run_id: str
    observed_at: datetime


@dataclass(frozen=True)
class _Group:
    """Records that come in together: of one stream and night."""

    source: str
    account: str
    stream: str
    night: date


def replay() -> ReplayReport:
    """Try every held record. A group (stream and night) comes in together with its marks, or not at all."""
    replayed = rejected = 0
    with warehouse.connect() as connection:
        groups = connection.execute(
            "select distinct source, account, stream, night from raw.quarantine where replayed_at is null"
            " order by source, account, stream, night"
        ).fetchall()
        connection.commit()
        for group in groups:
            good, bad = _replay_group(connection, _Group(*group))
            connection.commit()
            replayed, rejected = replayed + good, rejected + bad
    return ReplayReport(replayed, rejected)


def _replay_group(connection: "psycopg.Connection", group: _Group) -> tuple[int, int]:
    name = f"load {group.source} {group.account} {group.stream}"
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (name,))
    stream = registered(group.source).stream(group.stream)
    loaded_at = start_of_transaction(connection)
    reader = PageReader(stream)
    good: list[int] = []
    bad: list[int] = []
    found = list(_held(connection, group))
    staging.make_stages(connection, stream)
    with Copier(connection, staging.targets(stream, straight=False)) as copier:
        for held in found:
            rows = _read(reader, stream, held, Origin(group.account, group.night, held.run_id, loaded_at))
            copier.write(rows.lines)
            (bad if rows.rejects else good).append(held.quarantine_id)
    for table in stream.tables:
        raw_tables.upsert(connection, Batch(stream, group.account, group.night), table)
    connection.execute("update raw.quarantine set replayed_at = now() where quarantine_id = any(%s)", (good,))
    return len(good), len(bad)


def _read(reader: PageReader, stream: Stream, held: _Held, origin: Origin) -> Rows:
    index = [table.name for table in stream.tables].index(held.table)
    step = Step(next=(), context=held.context, observed_at=held.observed_at)
    return next(reader.read([(index, msgspec.Raw(held.payload))], step, "", origin))


def _held(connection: "psycopg.Connection", group: _Group) -> Iterator[_Held]:
    rows = connection.execute(
        """
        select quarantine_id, table_name, payload, context, run_id, observed_at
        from raw.quarantine
        where source = %s and account = %s and stream = %s and night = %s and replayed_at is null
        order by quarantine_id
        """,
        (group.source, group.account, group.stream, group.night),
    )
    for row in rows.fetchall():
        yield _Held(*row)
