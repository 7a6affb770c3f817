"""Raw tables: rows come in by COPY, straight or over a stage, and the newest version of each record stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cx_etl.contract import shape_of
from cx_etl.landing import Manifest
from cx_etl.settings import load_settings
from cx_etl.sources.base import Stream, Table
from cx_etl.staging import META, columns_of

if TYPE_CHECKING:
    import psycopg


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


def is_first_load(connection: "psycopg.Connection", batch: Batch) -> bool:
    """Whether nothing of the account is stored, so that no row can be older or newer than another."""
    if batch.watermark is not None:
        return False
    stored = [
        connection.execute(f"select from raw.{table.name} where _account = %(account)s limit 1", batch.parameters)
        for table in batch.stream.tables
    ]
    return not any(cursor.rowcount for cursor in stored)


def upsert(connection: "psycopg.Connection", batch: Batch, table: Table) -> Upserted:
    """Bring staged rows in, inside the caller's transaction.

    For each key the row with the greatest (version, time of observation) stands afterwards, whatever the order of
    loads; a row equal to the stored one is left untouched. Children of a changed record are replaced by its own.
    """
    counts = connection.execute(_upsert_sql(batch.stream, table), batch.parameters).fetchone()
    for child in shape_of(table.contract).children:
        _remove_children(connection, batch, table, child)
    add_children(connection, batch, table)
    assert counts is not None
    return Upserted(*counts)


def analyze(connection: "psycopg.Connection", table: Table) -> None:
    """Tell the planner how many rows there are, by their keys.

    The server's own analysis, coming while the first rows are still being copied, sees none and says so; until the next
    one every join would be planned for an empty table.
    """
    keys = ", ".join(f'"{key}"' for key in table.keys)
    connection.execute(f"analyze raw.{table.name} (_account, {keys})")
    for child in shape_of(table.contract).children:
        connection.execute(f"analyze raw.{table.name}__{child} (_account, _parent_key)")


def mark_absent(
    connection: "psycopg.Connection", batch: Batch, manifest: Manifest, rejected: Sequence[str | None]
) -> int:
    """Mark stored records as deleted that a complete answer should hold and does not; how many. After ``upsert``.

    What is part of them, in the stream's other tables, is marked with them and not counted.
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
    for part in stream.tables[1:]:
        if part.part_of:
            _mark_parts(connection, table, part, manifest)
    return done.rowcount


def _mark_parts(connection: "psycopg.Connection", whole: Table, part: Table, manifest: Manifest) -> None:
    """Mark what belongs to the records that this run marked as deleted."""
    same = " and ".join(
        f'kept."{column}" = whole."{key}"' for column, key in zip(part.part_of, whole.keys, strict=True)
    )
    connection.execute(
        f"""
        update raw.{part.name} as kept
        set
            _deleted_at = whole._deleted_at, _observed_at = whole._observed_at, _night = whole._night,
            _run_id = whole._run_id, _loaded_at = now()
        from raw.{whole.name} as whole
        where
            kept._account = %(account)s and whole._account = %(account)s and {same}
            and kept._deleted_at is null and whole._run_id = %(run_id)s and whole._deleted_at = %(observed_at)s
        """,  # noqa: S608
        {"account": manifest.account, "run_id": manifest.run_id, "observed_at": manifest.observed_at},
    )


def key_text(table: Table, alias: str) -> str:
    """SQL: the record's key as one text, as quarantine and children hold it."""
    return " || '|' || ".join(f'{alias}."{key}"::text' for key in table.keys)


def _same_key(table: Table, left: str, right: str) -> str:
    return " and ".join(f'{left}."{key}" = {right}."{key}"' for key in table.keys)


def _upsert_sql(stream: Stream, table: Table) -> str:
    """Names come from contracts and the registry, never from data.

    Most rows of a night are those of the night before: they are left out before the insert, which would lock each row
    that it meets, and by their place, so that the joins carry no texts. Of versions equal in every time the one that
    came last is taken. The stored row is looked up by its key, one by one: a join is no faster for many rows, and
    reads all of the table for few.
    """
    columns, keys = columns_of(shape_of(table.contract)), ", ".join(f'"{key}"' for key in table.keys)
    kept = [name for name in META if name != "_account"]
    updates = ", ".join([*_column_updates(stream, table, columns), *(f"{name} = excluded.{name}" for name in kept)])
    listed = ", ".join([*columns, *META])
    return f"""
        with
            wanted as (
                select stage.ctid as place
                from stage_{table.name} as stage
                where
                    not exists (
                        select from stage_{table.name} as later
                        where
                            {_same_key(table, "later", "stage")}
                            and (later._version_at, later._observed_at, later.ctid)
                            > (stage._version_at, stage._observed_at, stage.ctid)
                    )
                    and not coalesce(
                        (
                            select
                                (kept._version_at, kept._observed_at) > (stage._version_at, stage._observed_at)
                                or (
                                    kept._row_hash = stage._row_hash
                                    and kept._deleted_at is not distinct from stage._deleted_at
                                )
                            from raw.{table.name} as kept
                            where kept._account = stage._account and {_same_key(table, "kept", "stage")}
                        ),
                        false
                    )
            ),
            written as (
                insert into raw.{table.name} as kept ({listed})
                select {listed} from stage_{table.name} as stage inner join wanted on stage.ctid = wanted.place
                on conflict (_account, {keys}) do update set {updates}
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


def _written(batch: Batch, table: Table) -> str:
    """SQL: which records this transaction wrote (its start is their load time); a tombstone's children stay."""
    alive = "and parent._deleted_at is null" if _keeps_deleted(batch.stream) else ""
    return f"parent._account = %(account)s and parent._loaded_at = now() {alive}"


def _remove_children(connection: "psycopg.Connection", batch: Batch, table: Table, child: str) -> None:
    """Remove the children that written records had before."""
    connection.execute(
        f"""
        delete from raw.{table.name}__{child} as child
        using raw.{table.name} as parent
        inner join stage_{table.name} as stage on {_same_key(table, "stage", "parent")}
        where
            child._account = %(account)s and child._parent_key = {key_text(table, "parent")}
            and {_written(batch, table)}
        """,  # noqa: S608
        batch.parameters,
    )


def add_children(connection: "psycopg.Connection", batch: Batch, table: Table) -> None:
    """Add the staged children of the records that this transaction wrote; of a record that was staged twice, once."""
    same_parent = " and ".join(f'parent."{key}" = child."_parent_{key}"' for key in table.keys)
    for name, shape in shape_of(table.contract).children.items():
        columns = columns_of(shape)
        connection.execute(
            f"""
            insert into raw.{table.name}__{name} (
                {", ".join(columns)}, _account, _parent_key, _position, _night, _run_id, _loaded_at
            )
            select
                {", ".join(f"child.{column}" for column in columns)}, parent._account, {key_text(table, "parent")},
                child._position, parent._night, parent._run_id, now()
            from stage_{table.name}__{name} as child
            inner join raw.{table.name} as parent on {same_parent} and parent._row_hash = child._parent_hash
            where {_written(batch, table)}
            on conflict do nothing
            """,  # noqa: S608
            batch.parameters,
        )
