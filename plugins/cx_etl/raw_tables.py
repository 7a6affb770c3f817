"""Raw tables: binary COPY into a stage, then one newest-wins upsert; a changed record brings its own children."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cx_etl.contract import TableShape, shape_of
from cx_etl.landing import Manifest
from cx_etl.settings import load_settings
from cx_etl.sources.base import Stream, Table

if TYPE_CHECKING:
    import psycopg

# What each staged row carries behind its contract columns, in the order load.py appends it.
STAGE_META = (
    ("_run_id", "text"),
    ("_row_hash", "bytea"),
    ("_version_at", "timestamptz"),
    ("_observed_at", "timestamptz"),
    ("_deleted_at", "timestamptz"),
    ("_sequence", "bigint"),
)
CHILD_STAGE_META = (("_run_id", "text"), ("_position", "integer"), ("_sequence", "bigint"))


@dataclass(frozen=True)
class Batch:
    """What all rows of one load share: their stream, account and night, and the watermark before it."""

    stream: Stream
    account: str
    night: date
    watermark: datetime | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return {"account": self.account, "night": self.night, "watermark": self.watermark}


@dataclass(frozen=True)
class Upserted:
    """Rows that were not there, and rows that were older; late ones should have been there by the watermark."""

    new: int
    changed: int
    late_new: int
    late_changed: int


def upsert(connection: "psycopg.Connection", batch: Batch, table: Table, rows: dict[str, list[list[Any]]]) -> Upserted:
    """Bring staged rows in, inside the caller's transaction.

    For each key the row with the greatest (version, time of observation) stands afterwards, whatever the order of
    loads; a row equal to the stored one is left untouched. Children of a changed record are replaced by its own.
    """
    shape = shape_of(table.contract)
    stage = f"stage_{table.name}"
    _copy(connection, stage, shape, STAGE_META, rows[table.name])
    counts = connection.execute(_upsert_sql(batch.stream, table, shape, stage), batch.parameters).fetchone()
    for child, child_shape in shape.children.items():
        name = f"{table.name}__{child}"
        _copy(connection, f"stage_{name}", child_shape, CHILD_STAGE_META, rows.get(name, []))
        _replace_children(connection, batch, table, name, child_shape)
    assert counts is not None
    return Upserted(*counts)


def mark_absent(
    connection: "psycopg.Connection", batch: Batch, manifest: Manifest, rejected: Sequence[str | None]
) -> int:
    """Mark stored records as deleted that a complete answer should hold and does not; how many. After ``upsert``.

    What lies past the window's end was not asked for: an older night that is read again says nothing of it.
    A rejected record was there, only unreadable: its key is left alone, and without a key nothing is marked.
    """
    if None in rejected:
        return 0
    table, stream = batch.stream.tables[0], batch.stream
    bounds = f'and kept."{stream.found_by}" >= %(window_from)s and kept."{stream.found_by}" < %(window_to)s'
    in_window = bounds if stream.found_by else ""
    done = connection.execute(
        f"""
        update raw.{table.name} as kept
        set
            _deleted_at = %(observed_at)s, _observed_at = %(observed_at)s, _night = %(night)s, _run_id = %(run_id)s,
            _loaded_at = now()
        where
            kept._account = %(account)s and kept._deleted_at is null and kept._observed_at < %(observed_at)s {in_window}
            and {key_text(table, "kept")} <> all(%(rejected)s)
            and not exists (select from stage_{table.name} as stage where {_same_key(table, "stage", "kept")})
        """,  # noqa: S608
        {
            **batch.parameters,
            "run_id": manifest.run_id,
            "observed_at": manifest.observed_at,
            "window_from": manifest.window_from,
            "window_to": manifest.window_to,
            "rejected": list(rejected),
        },
    )
    return done.rowcount


def key_text(table: Table, alias: str) -> str:
    """SQL: the record's key as one text, as quarantine and children hold it."""
    return " || '|' || ".join(f'{alias}."{key}"::text' for key in table.keys)


def _same_key(table: Table, left: str, right: str) -> str:
    return " and ".join(f'{left}."{key}" = {right}."{key}"' for key in table.keys)


def _copy(
    connection: "psycopg.Connection",
    stage: str,
    shape: TableShape,
    meta: tuple[tuple[str, str], ...],
    rows: list[list[Any]],
) -> None:
    columns = [(f'"{column.name}"', column.sql_type) for column in shape.columns] + list(meta)
    connection.execute(f"create temp table {stage} ({', '.join(map(' '.join, columns))}) on commit drop")
    names = ", ".join(name for name, _ in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {stage} ({names}) from stdin with (format binary)") as copy,
    ):
        copy.set_types([kind for _, kind in columns])
        for row in rows:
            copy.write_row(row)


def _upsert_sql(stream: Stream, table: Table, shape: TableShape, stage: str) -> str:
    """Names come from contracts and the registry, never from data."""
    columns = [f'"{column.name}"' for column in shape.columns]
    listed, keys = ", ".join(columns), ", ".join(f'"{key}"' for key in table.keys)
    kept = ("_night", "_run_id", "_loaded_at", "_row_hash", "_version_at", "_observed_at", "_deleted_at")
    updates = ", ".join([*_column_updates(stream, table, columns), *(f"{name} = excluded.{name}" for name in kept)])
    return f"""
        with
            newest as (
                select distinct on ({keys}) * from {stage}
                order by {keys}, _version_at desc, _observed_at desc, _sequence desc
            ),
            written as (
                insert into raw.{table.name} as kept ({listed}, _account, {", ".join(kept)})
                select
                    {listed}, %(account)s, %(night)s, _run_id, now(), _row_hash, _version_at, _observed_at, _deleted_at
                from newest
                on conflict (_account, {keys}) do update set {updates}
                where
                    (excluded._version_at, excluded._observed_at) >= (kept._version_at, kept._observed_at)
                    and (
                        excluded._row_hash is distinct from kept._row_hash
                        or excluded._deleted_at is distinct from kept._deleted_at
                    )
                returning (xmax = 0) as is_new, {_is_late(stream, table)} as is_late
            )
        select
            count(*) filter (where is_new),
            count(*) filter (where not is_new),
            count(*) filter (where is_new and is_late),
            count(*) filter (where not is_new and is_late)
        from written
    """  # noqa: S608


def _is_late(stream: Stream, table: Table) -> str:
    """SQL: whether the written row is one that the watermark said to be there. Lists read whole have none."""
    if table is not stream.tables[0] or not stream.found_by:
        return "false"
    return f'coalesce(kept."{stream.found_by}" < %(watermark)s::timestamptz, false)'


def _column_updates(stream: Stream, table: Table, columns: list[str]) -> list[str]:
    """What an update takes over. A deletion that blanks the record changes the tombstone's fields only."""
    if not _keeps_deleted(stream) or table is not stream.tables[0]:
        return [f"{name} = excluded.{name}" for name in columns]
    changing = {f'"{name}"' for name in stream.tombstone or ()}
    return [
        f"{name} = excluded.{name}"
        if name in changing
        else f"{name} = case when excluded._deleted_at is null then excluded.{name} else kept.{name} end"
        for name in columns
    ]


def _keeps_deleted(stream: Stream) -> bool:
    """Whether a deletion leaves what was known of the record: its children too."""
    return stream.tombstone is not None and not load_settings().blanks_deleted


def _replace_children(
    connection: "psycopg.Connection", batch: Batch, table: Table, name: str, shape: TableShape
) -> None:
    """Only parents written by this transaction: their run is this one and their load time is its start."""
    parents = f"""
        select {key_text(table, "parent")} as key, stage._sequence
        from raw.{table.name} as parent
        inner join stage_{table.name} as stage
            on {_same_key(table, "stage", "parent")} and stage._row_hash = parent._row_hash
        where parent._account = %(account)s and parent._loaded_at = now()
        {"and parent._deleted_at is null" if _keeps_deleted(batch.stream) else ""}
    """  # noqa: S608
    connection.execute(
        f"with parents as ({parents}) delete from raw.{name} as child using parents "  # noqa: S608
        "where child._account = %(account)s and child._parent_key = parents.key",
        batch.parameters,
    )
    listed = ", ".join(f'"{column.name}"' for column in shape.columns)
    connection.execute(
        f"""
        with parents as ({parents}), latest as (select key, max(_sequence) as _sequence from parents group by key)
        insert into raw.{name} ({listed}, _account, _parent_key, _position, _night, _run_id, _loaded_at)
        select {listed}, %(account)s, latest.key, _position, %(night)s, _run_id, now()
        from stage_{name} as child inner join latest on latest._sequence = child._sequence
        """,  # noqa: S608
        batch.parameters,
    )
