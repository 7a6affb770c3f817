"""A stream with a column of every kind, its runs landed without a vendor, and what its raw tables hold."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from cx_etl import landing, sources
from cx_etl.contract import IntText, UnixText
from cx_etl.landing import Manifest, Run, Step
from cx_etl.sources.base import Source, Stream, Table, records_under
from cx_etl.warehouse import migrate

NIGHT = date(2026, 11, 20)
START = datetime(2026, 11, 20, tzinfo=UTC)


class Size(msgspec.Struct):
    width: int | None = None
    unit: str | None = None


class Box(msgspec.Struct):
    color: str | None = None
    size: Size | None = None


class Part(msgspec.Struct):
    sku: str
    price: Decimal | None = None
    note: str | None = None


class Thing(msgspec.Struct, rename="camel"):
    id: int
    changed_at: datetime
    gone: bool = False
    name: str | None = None
    price: Decimal | None = None
    ratio: float | None = None
    flag: bool | None = None
    day: date | None = None
    blob: bytes | None = None
    tags: list[str | None] | None = None
    numbers: list[int] | None = None
    box: Box | None = None
    count_text: IntText | None = None
    unix_text: UnixText | None = None
    maybe: int | msgspec.UnsetType = msgspec.UNSET
    parts: list[Part] | None = None


STREAM = Stream(
    name="things",
    tables=(Table("lab__things", Thing, "id"),),
    start=lambda window: (),
    read=lambda answer: None,
    split=records_under("things"),
    version_at=lambda thing: thing.changed_at,
    deleted_at=lambda thing: thing.changed_at if thing.gone else None,
)


def install(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Stream:
    """The stream, with some parts replaced, as the only one of the source ``lab``; its tables are there."""
    stream = replace(STREAM, **changes)
    monkeypatch.setitem(sources.SOURCES, "lab", Source("lab", (stream,), auth=lambda connection: None))
    migrate()
    return stream


def thing(id: int, minute: int = 0, **fields: Any) -> dict[str, Any]:
    """A thing as it became in that minute of the night."""
    return {"id": id, "changedAt": (START + timedelta(minutes=minute)).isoformat(), **fields}


def land(
    pages: Sequence[Sequence[dict[str, Any] | bytes]],
    night: date = NIGHT,
    observed: Sequence[datetime] = (),
    account: str = "main",
) -> Run:
    """A finished run with these pages; a record may be given as the bytes that the vendor sent."""
    run = landing.new_run("lab" if account == "main" else f"lab_{account}", "things", night)
    run.record(Step(next=()))
    seen = list(observed) or [START + timedelta(hours=26)] * len(pages)
    for number, (page, at) in enumerate(zip(pages, seen, strict=True), start=1):
        records = b",".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in page)
        file = run.land(number, b'{"things":[' + records + b'],"more":false}')
        run.record(Step(next=(), files=(file,), records=len(page), observed_at=at))
    run.finish(_manifest(run, night, account, pages, seen))
    return run


def _manifest(run: Run, night: date, account: str, pages: Sequence[Any], seen: Sequence[datetime]) -> Manifest:
    return Manifest(
        source="lab",
        account=account,
        stream="things",
        night=night,
        run_id=run.run_id,
        window_from=START - timedelta(days=1),
        window_to=START + timedelta(days=1),
        pages=len(pages),
        records=sum(map(len, pages)),
        bytes=0,
        calls=len(pages),
        vendor_total=None,
        cursor_before=None,
        cursor_after=None,
        quota_used=0.0,
        quota_left=None,
        observed_at=min(seen, default=START),
        seconds=0.0,
    )


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        connection.execute("set time zone 'UTC'")
        return connection.execute(sql).fetchall()


def empty(dsn: str) -> None:
    """As if nothing had ever been loaded."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "truncate raw.lab__things, raw.lab__things__parts, raw.quarantine, ops.loads, ops.watermarks,"
            " ops.undeclared_fields"
        )
