"""What the raw tables hold, for comparing two moments or two warehouses."""

import hashlib
from collections.abc import Set
from typing import Any

import psycopg

# Raw columns that say how a row came, not what it says. (Where a vendor gives no version, it is the observation.)
OURS = {"_night", "_run_id", "_loaded_at", "_observed_at", "_version_at"}


def tables(connection: psycopg.Connection) -> list[str]:
    """The raw tables that hold records."""
    return [
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw' and table_name <> 'quarantine'"
        ).fetchall()
    ]


def content(dsn: str, but: Set[str] = frozenset()) -> dict[str, str]:
    """A digest of every raw table, over all columns but the given."""
    digests = {}
    with psycopg.connect(dsn) as connection:
        for table in tables(connection):
            columns = [
                f'"{name}"'
                for (name,) in connection.execute(
                    "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s",
                    (table,),
                ).fetchall()
                if name not in but
            ]
            rows = connection.execute(f"select {', '.join(columns)} from raw.{table} order by 1, 2, 3").fetchall()
            digests[table] = f"{len(rows)} {hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()}"
    return digests


def answer(dsn: str, sql: str) -> Any:
    """The one value that a query gives."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchone()[0]


def versions(dsn: str) -> dict[str, list[Any]]:
    """Physical row versions: an untouched table keeps every one."""
    with psycopg.connect(dsn) as connection:
        return {
            table: connection.execute(f"select ctid::text, xmin::text from raw.{table} order by 1").fetchall()
            for table in tables(connection)
        }
