"""Raw tables: binary COPY into a stage, then one newest-wins upsert; a changed record brings its own children."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cx_etl.contract import TableShape, shape_of
from cx_etl.landing import ACCOUNT
from cx_etl.sources.base import Table

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
class Upserted:
    new: int
    changed: int


def upsert(connection: "psycopg.Connection", table: Table, rows: dict[str, list[list[Any]]], night: date) -> Upserted:
    """Bring staged rows in, inside the caller's transaction.

    For each key the row with the greatest (version, time of observation) stands afterwards, whatever the order of
    loads; a row equal to the stored one is left untouched. Children of a changed record are replaced by its own.
    """
    shape = shape_of(table.contract)
    stage = f"stage_{table.name}"
    _copy(connection, stage, shape, STAGE_META, rows[table.name])
    counts = connection.execute(_upsert_sql(table, shape, stage), {"account": ACCOUNT, "night": night}).fetchone()
    for child, child_shape in shape.children.items():
        name = f"{table.name}__{child}"
        _copy(connection, f"stage_{name}", child_shape, CHILD_STAGE_META, rows.get(name, []))
        _replace_children(connection, table, name, child_shape, night)
    assert counts is not None
    return Upserted(*counts)


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


def _upsert_sql(table: Table, shape: TableShape, stage: str) -> str:
    """Names come from contracts and the registry, never from data."""
    columns = [f'"{column.name}"' for column in shape.columns]
    listed = ", ".join(columns)
    kept = ("_night", "_run_id", "_loaded_at", "_row_hash", "_version_at", "_observed_at", "_deleted_at")
    updates = ", ".join(f"{name} = excluded.{name}" for name in (*columns, *kept))
    return f"""
        with
            newest as (
                select distinct on ("{table.key}") * from {stage}
                order by "{table.key}", _version_at desc, _observed_at desc, _sequence desc
            ),
            written as (
                insert into raw.{table.name} as kept ({listed}, _account, {", ".join(kept)})
                select
                    {listed}, %(account)s, %(night)s, _run_id, now(), _row_hash, _version_at, _observed_at, _deleted_at
                from newest
                on conflict (_account, "{table.key}") do update set {updates}
                where
                    (excluded._version_at, excluded._observed_at) >= (kept._version_at, kept._observed_at)
                    and excluded._row_hash is distinct from kept._row_hash
                returning "{table.key}" as key, (xmax = 0) as is_new
            ),
            marked as (
                select count(*) filter (where is_new) as new, count(*) filter (where not is_new) as changed from written
            )
        select new, changed from marked
    """  # noqa: S608


def _replace_children(
    connection: "psycopg.Connection", table: Table, name: str, shape: TableShape, night: date
) -> None:
    """Only parents written by this transaction: their run is this one and their load time is its start."""
    parents = f"""
        select parent."{table.key}"::text as key, stage._sequence
        from raw.{table.name} as parent
        inner join stage_{table.name} as stage
            on stage."{table.key}" = parent."{table.key}" and stage._row_hash = parent._row_hash
        where parent._account = %(account)s and parent._loaded_at = now()
    """  # noqa: S608
    parameters = {"account": ACCOUNT, "night": night}
    connection.execute(
        f"with parents as ({parents}) delete from raw.{name} as child using parents "  # noqa: S608
        "where child._account = %(account)s and child._parent_key = parents.key",
        parameters,
    )
    listed = ", ".join(f'"{column.name}"' for column in shape.columns)
    connection.execute(
        f"""
        with parents as ({parents}), latest as (select key, max(_sequence) as _sequence from parents group by key)
        insert into raw.{name} ({listed}, _account, _parent_key, _position, _night, _run_id, _loaded_at)
        select {listed}, %(account)s, latest.key, _position, %(night)s, _run_id, now()
        from stage_{name} as child inner join latest on latest._sequence = child._sequence
        """,  # noqa: S608
        parameters,
    )
