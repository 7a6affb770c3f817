"""Quarantine: records that broke their contract, kept whole with the reason, and tried again after a fix."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cx_etl.errors import CxError
from cx_etl.landing import Manifest

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Reject:
    """One record as received, and why it was not loaded."""

    table: str
    natural_key: str | None
    reason: str
    payload: bytes
    context: dict[str, str]
    landing_file: str
    record_offset: int
    observed_at: datetime | None


def add(connection: "psycopg.Connection", manifest: Manifest, rejects: list[Reject]) -> None:
    """Keep the rejects, inside the caller's transaction. A record that is already held is not held twice."""
    from psycopg.types.json import Jsonb

    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into raw.quarantine (
                source, account, stream, table_name, natural_key, reason, payload, context, landing_file,
                record_offset, payload_hash, night, run_id, observed_at
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (source, account, stream, payload_hash) do nothing
            """,
            [
                (
                    manifest.source,
                    manifest.account,
                    manifest.stream,
                    reject.table,
                    reject.natural_key,
                    reject.reason,
                    reject.payload,
                    Jsonb(reject.context),
                    reject.landing_file,
                    reject.record_offset,
                    hashlib.sha256(reject.payload).digest(),
                    manifest.night,
                    manifest.run_id,
                    reject.observed_at,
                )
                for reject in rejects
            ],
        )


def held(connection: "psycopg.Connection", everything: bool = False) -> list[dict[str, Any]]:
    """The records held back now (or all that ever were), newest first, without their payload."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            select
                quarantine_id, source, account, stream, table_name, natural_key, reason, night, quarantined_at,
                replayed_at
            from raw.quarantine
            where %s or replayed_at is null
            order by quarantine_id desc
            """,
            (everything,),
        ).fetchall()


def payload(connection: "psycopg.Connection", quarantine_id: int) -> bytes:
    """One held record as received. Raises CxError when there is none of that number."""
    row = connection.execute("select payload from raw.quarantine where quarantine_id = %s", (quarantine_id,)).fetchone()
    if row is None:
        raise CxError(f"there is no quarantined record {quarantine_id}", "cx quarantine list")
    return bytes(row[0])
