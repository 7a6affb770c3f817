"""A workbench for connector tests: one stream of a small world, brought in undisturbed or disturbed, and compared."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cases import Case

from cx_etl.contract import shape_of
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.raw_tables import key_text
from cx_etl.reconcile import reconcile
from cx_etl.sources import source
from cx_etl.sources.base import Table
from raw_state import OURS
from sandboxes import Sandbox
from warehouses import Warehouses

NIGHT = date(2026, 11, 20)
Rows = dict[str, list[str]]


@dataclass
class Bench:
    """The sandbox, and warehouses to fill: each test has an empty one, the undisturbed one is filled once for all."""

    sandbox: Sandbox
    warehouses: Warehouses
    folder: Path
    _undisturbed: dict[tuple[str, tuple[date, ...], bool], Rows] = field(default_factory=dict, repr=False)

    @contextmanager
    def warehouse(self) -> Iterator[str]:
        """An empty warehouse and state folder, set in the environment; emptied afterwards."""
        name = self.warehouses.take()
        dsn = self.warehouses.postgres.dsn(name)
        with tempfile.TemporaryDirectory(dir=self.folder) as state, pytest.MonkeyPatch.context() as patch:
            patch.setenv("CX_WAREHOUSE_DSN", dsn)
            patch.setenv("CX_STATE_DIR", state)
            yield dsn
        self.warehouses.give_back(name)

    def undisturbed(self, case: Case, *nights: date, only_living: bool = False) -> Rows:
        """What the stream's tables hold after these nights (the last one by default) without any fault."""
        nights = nights or (NIGHT,)
        if (case.id, nights, only_living) not in self._undisturbed:
            with self.warehouse() as dsn:
                self.sandbox.heal()
                for night in nights:
                    self.sandbox.at_end_of(night)
                    bring_in(case, night)
                if only_living:
                    find_silent_deletions(case)
                self._undisturbed[case.id, nights, only_living] = rows(dsn, case, only_living)
        return self._undisturbed[case.id, nights, only_living]

    def spoil(self, case: Case, after: int = 0, **rule: Any) -> None:
        """Spoil requests that bring records, from the first one on unless some are to pass."""
        after += case.lead
        self.sandbox.spoil({"system": case.system or case.source, "path": case.path, "after": after, **rule})


def bring_in(case: Case, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    """Extract and load the night of the stream, over the environment's connection."""
    return extract(case.source, case.stream, night), load(case.source, case.stream, night)


def find_silent_deletions(case: Case) -> None:
    """Mark what is gone from the vendor without a word, by the walk that nightly runs do not make."""
    if case.deletes_silently:
        reconcile(case.source, case.stream, days=365)


def tables(case: Case) -> list[str]:
    """The raw tables of the stream, children included."""
    declared = source(case.source).stream(case.stream).tables
    return [
        name
        for table in declared
        for name in (table.name, *(f"{table.name}__{child}" for child in shape_of(table.contract).children))
    ]


def rows(dsn: str, case: Case, only_living: bool = False) -> Rows:
    """The rows of the stream's tables as text, sorted, without the columns that say how they came.

    ``only_living`` leaves out records that are deleted, and their children.
    """
    found: Rows = {}
    parents = source(case.source).stream(case.stream).tables
    with psycopg.connect(dsn) as connection:
        for table in tables(case):
            columns = [
                f'"{name}"'
                for (name,) in connection.execute(
                    "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s"
                    " order by ordinal_position",
                    (table,),
                ).fetchall()
                if name not in OURS
            ]
            living = f"where {_living(parents, table)}" if only_living else ""
            found[table] = sorted(
                map(repr, connection.execute(f"select {', '.join(columns)} from raw.{table} {living}").fetchall())
            )
    return found


def _living(parents: tuple[Table, ...], table: str) -> str:
    """SQL: whether a row's record, or its parent's, is not deleted."""
    parent = max((each for each in parents if f"{table}__".startswith(f"{each.name}__")), key=lambda one: len(one.name))
    if parent.name == table:
        return "_deleted_at is null"
    return (
        f"_parent_key in (select {key_text(parent, 'parent')} from raw.{parent.name} parent where _deleted_at is null)"
    )


def is_empty(dsn: str, case: Case) -> bool:
    """Whether nothing of the stream was written: no row, no quarantined record, no watermark."""
    with psycopg.connect(dsn) as connection:
        written = connection.execute(
            "select (select count(*) from raw.quarantine) + (select count(*) from ops.watermarks)"
        ).fetchone()
    return written == (0,) and not any(rows(dsn, case).values())
