"""ops.files: which file was loaded from where, so that none is loaded twice and each is set aside."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from cx_etl import warehouse
from cx_etl.sources.file_drop.place import Found

if TYPE_CHECKING:
    import psycopg

    from cx_etl.landing import Run, Step

LOADED, REPEATED, SUPERSEDED = "loaded", "repeated", "superseded"


class Delivery(msgspec.Struct, frozen=True):
    """What a run says of a file that it took; held as text in the context of the step that took it.

    ``repeated``: its content was loaded before. ``superseded``: a newer whole list came the same night.
    """

    name: str
    sha256: str
    bytes: int
    modified: datetime
    rows: int
    outcome: str
    detected: dict[str, str] = {}

    @property
    def found(self) -> Found:
        return Found(self.name, self.bytes, self.modified)

    def as_context(self) -> dict[str, str]:
        return {"delivery": msgspec.json.encode(self).decode()}


@dataclass(frozen=True)
class Owner:
    """Whose files they are."""

    source: str
    account: str
    stream: str


@dataclass
class Known:
    """The deliveries of one stream: files that wait to be set aside, with mark and night; contents by the night of
    their last load, the last at the end; and the nights for which files came.
    """

    leftover: dict[Found, tuple[str, str]] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    nights: set[str] = field(default_factory=set)

    @property
    def last_loaded(self) -> str | None:
        return next(reversed(self.loaded), None)


def known(owner: Owner) -> Known:
    """What has been loaded of the stream so far."""
    found = Known()
    with warehouse.connect() as connection:
        rows = connection.execute(
            """
            select name, sha256, bytes, modified_at, outcome, night, moved_to from ops.files
            where source = %s and account = %s and stream = %s
            order by run_id, name
            """,
            (owner.source, owner.account, owner.stream),
        ).fetchall()
    for name, sha256, size, modified, outcome, date, moved_to in rows:
        night = date.isoformat()
        found.nights.add(night)
        if moved_to is None:
            found.leftover[Found(name, size, modified)] = (sha256, night)
        if outcome != SUPERSEDED:
            found.loaded.pop(sha256, None)
            found.loaded[sha256] = night
    return found


def of_run(run: "Run") -> list[Delivery]:
    """The files that a run took."""
    return [_delivery(step) for step in run.steps() if "delivery" in step.context]


def _delivery(step: "Step") -> Delivery:
    return msgspec.json.decode(step.context["delivery"], type=Delivery)


def record(connection: "psycopg.Connection", run: "Run") -> None:
    """Note the run's files, inside the load's transaction."""
    from psycopg.types.json import Jsonb

    manifest = run.manifest()
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.files as files (
                source, account, stream, name, sha256, bytes, modified_at, rows, outcome, detected, night, run_id
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (source, account, stream, name, sha256, modified_at) do update set
                rows = excluded.rows, outcome = excluded.outcome, night = excluded.night, run_id = excluded.run_id,
                loaded_at = now(), moved_to = null
            where excluded.run_id > files.run_id
            """,
            [
                (
                    manifest.source,
                    manifest.account,
                    manifest.stream,
                    each.name,
                    each.sha256,
                    each.bytes,
                    each.modified,
                    each.rows,
                    each.outcome,
                    Jsonb(each.detected),
                    manifest.night,
                    manifest.run_id,
                )
                for each in of_run(run)
            ],
        )


def note_moved(owner: Owner, found: Found, moved_to: str) -> None:
    """Remember where the file is now."""
    with warehouse.connect() as connection:
        connection.execute(
            """
            update ops.files set moved_to = %s
            where source = %s and account = %s and stream = %s and name = %s and bytes = %s and modified_at = %s
            """,
            (moved_to, owner.source, owner.account, owner.stream, found.name, found.size, found.modified),
        )
