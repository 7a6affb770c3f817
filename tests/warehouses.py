"""Empty migrated warehouses, one at a time: a used one is emptied, which takes a tenth of a new copy."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import psycopg

from cx_etl.local.postgres import EmbeddedServer

OURS = "oid >= 16384 and relnamespace <> 'pg_toast'::regnamespace"


@dataclass
class Warehouses:
    """Databases that are as the template is."""

    postgres: EmbeddedServer
    template: str
    _empty: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def take(self) -> str:
        """The name of a database that nobody else has."""
        if self._empty:
            return self._empty.pop()
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as connection:
            connection.execute(f"create database {name} template {self.template}")
        return name

    def give_back(self, name: str) -> None:
        """Empty what the template has empty. Where more than rows changed, the database is left and not given again."""
        with psycopg.connect(self.postgres.dsn(self.template)) as connection:
            before, filled, rows = _shape(connection), _filled_tables(connection), _content(connection)
        with psycopg.connect(self.postgres.dsn(name), options="-c lock_timeout=5s") as connection:
            if _shape(connection) != before:
                return
            if written := _filled_tables(connection) - filled:
                connection.execute(f"truncate {', '.join(sorted(written))} restart identity")
            if _content(connection) == rows:
                self._empty.append(name)


def _shape(connection: "psycopg.Connection") -> Any:
    """What tells tables, views, indexes and functions that were made, altered or dropped."""
    return connection.execute(
        "select count(*), max(attrelid), (select count(*) from pg_proc where oid >= 16384)"
        " from pg_attribute where attrelid >= 16384 and not attisdropped"
        " and attrelid not in (select oid from pg_class where relnamespace = 'pg_toast'::regnamespace)"
    ).fetchone()


def _filled_tables(connection: "psycopg.Connection") -> set[str]:
    found = connection.execute(
        f"select oid::regclass::text from pg_class where relkind = 'r' and {OURS} and pg_relation_size(oid) > 0"
    )
    return {name for (name,) in found.fetchall()}


def _content(connection: "psycopg.Connection") -> dict[str, Any]:
    """Every row of the tables that are not empty."""
    return {
        table: connection.execute(f"select array_agg(t::text order by t::text) from {table} as t").fetchone()
        for table in sorted(_filled_tables(connection))
    }
