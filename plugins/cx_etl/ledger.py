"""The ledger: watermarks and the outcome of every load, kept as data."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cx_etl import warehouse
from cx_etl.errors import CxError

if TYPE_CHECKING:
    import psycopg

    from cx_etl.landing import Manifest
    from cx_etl.sources import Account


@dataclass(frozen=True)
class Watermark:
    """How far a stream is proven complete, the vendor's last cursor, and the last night loaded."""

    at: datetime
    cursor: str | None
    night: date


@dataclass(frozen=True)
class Counts:
    """What became of the records of one load; read = new + changed + same + rejected.

    ``deleted`` counts stored records that were marked because a complete answer no longer had them. The late ones are
    among the new and changed: by the watermark they should have been there before.
    """

    read: int
    new: int
    changed: int
    rejected: int
    deleted: int = 0
    late_new: int = 0
    late_changed: int = 0

    @property
    def same(self) -> int:
        return self.read - self.new - self.changed - self.rejected


def watermark(connection: "psycopg.Connection", account: "Account", stream: str) -> Watermark | None:
    """The stream's watermark, or None before its first load."""
    row = connection.execute(
        "select watermark_at, cursor, night from ops.watermarks where source = %s and account = %s and stream = %s",
        (account.source.name, account.name, stream),
    ).fetchone()
    return Watermark(*row) if row else None


def watermark_of(connection: "psycopg.Connection", manifest: "Manifest") -> datetime | None:
    """The watermark of the manifest's stream as it stands."""
    row = connection.execute(
        "select watermark_at from ops.watermarks where source = %s and account = %s and stream = %s",
        (manifest.source, manifest.account, manifest.stream),
    ).fetchone()
    return row[0] if row else None


def record_load(
    connection: "psycopg.Connection",
    manifest: "Manifest",
    counts: Counts,
    unknown_fields: dict[str, int],
    seconds: float,
) -> None:
    """Write the night's ledger row and move the watermark forward, inside the caller's transaction."""
    from psycopg.types.json import Jsonb

    row = {
        "source": manifest.source,
        "account": manifest.account,
        "stream": manifest.stream,
        "night": manifest.night,
        "run_id": manifest.run_id,
        "window_from": manifest.window_from,
        "window_to": manifest.window_to,
        "pages": manifest.pages,
        "calls": manifest.calls,
        "rows_read": counts.read,
        "rows_new": counts.new,
        "rows_changed": counts.changed,
        "rows_same": counts.same,
        "rows_rejected": counts.rejected,
        "rows_deleted": counts.deleted,
        "rows_late": counts.late_new + counts.late_changed,
        "bytes": manifest.bytes,
        "vendor_total": manifest.vendor_total,
        "quota_used": manifest.quota_used,
        "quota_left": manifest.quota_left,
        "unknown_fields": Jsonb(unknown_fields),
        "cursor_before": manifest.cursor_before,
        "cursor_after": manifest.cursor_after,
        "seconds": seconds,
        "notes": list(manifest.notes),
        "status": "done",
        "error": None,
    }
    _upsert_load(connection, row)
    connection.execute(
        """
        insert into ops.watermarks as kept (source, account, stream, watermark_at, cursor, night)
        values (%(source)s, %(account)s, %(stream)s, %(window_to)s, %(cursor_after)s, %(night)s)
        on conflict (source, account, stream) do update set
            watermark_at = excluded.watermark_at,
            cursor = coalesce(excluded.cursor, kept.cursor),
            night = excluded.night,
            updated_at = now()
        where excluded.watermark_at > kept.watermark_at
        """,
        row,
    )


def note_undeclared_fields(connection: "psycopg.Connection", manifest: "Manifest", fields: Iterable[str]) -> None:
    """Remember fields that records have and their contract lacks, once each, inside the caller's transaction.

    Those of the first load that brought records are the baseline, later ones are news.
    """
    stream = {"source": manifest.source, "account": manifest.account, "stream": manifest.stream}
    earlier = connection.execute(
        """
        select from ops.loads
        where source = %(source)s and account = %(account)s and stream = %(stream)s and rows_read > 0 limit 1
        """,
        stream,
    ).fetchone()
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.undeclared_fields (source, account, stream, field, first_night, is_baseline)
            values (%(source)s, %(account)s, %(stream)s, %(field)s, %(night)s, %(is_baseline)s)
            on conflict do nothing
            """,
            [
                {**stream, "field": field, "night": manifest.night, "is_baseline": earlier is None}
                for field in sorted(fields)
            ],
        )


@contextmanager
def failure_recorded(account: "Account", stream: str, night: date) -> Iterator[None]:
    """An error that ends the block is noted in ops.loads, and goes on; `cx status` shows it until the night loads."""
    try:
        yield
    except CxError as error:
        with warehouse.connect() as connection:
            _record_failure(connection, account, stream, night, error.message)
        raise


def _record_failure(connection: "psycopg.Connection", account: "Account", stream: str, night: date, error: str) -> None:
    """A night that was loaded before keeps its row: its data is there."""
    connection.execute(
        """
        insert into ops.loads as kept (
            source, account, stream, night, run_id, window_to, pages, calls, rows_read, rows_new, rows_changed,
            rows_same, rows_rejected, bytes, seconds, status, error
        )
        values (%s, %s, %s, %s, '', now(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 'failed', %s)
        on conflict (source, account, stream, night) do update set error = excluded.error, loaded_at = now()
        where kept.status = 'failed'
        """,
        (account.source.name, account.name, stream, night, error),
    )


def _upsert_load(connection: "psycopg.Connection", row: dict[str, Any]) -> None:
    names = list(row)
    updates = ", ".join(f"{name} = excluded.{name}" for name in names)
    values = ", ".join(f"%({name})s" for name in names)
    connection.execute(
        f"insert into ops.loads ({', '.join(names)}) values ({values}) "  # noqa: S608 - names are this function's own
        f"on conflict (source, account, stream, night) do update set {updates}, loaded_at = now()",
        row,
    )
