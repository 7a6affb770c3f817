"""Raw rows by hand, and the identity part of a build over them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import dbt_runner
from cx_etl.inference import identity
from cx_etl.settings import ROOT, load_settings

META = {
    **{"_account": "main", "_night": date(2026, 1, 1), "_run_id": "r", "_row_hash": b""},
    **dict.fromkeys(("_loaded_at", "_version_at", "_observed_at"), "2026-01-01T00:00:00Z"),
}
HEADER = "identity_key,other_identity_key,decision,reason,decided_by,decided_on\n"
CREATED = {
    "billing__subscriptions": "started_on",
    "shopify__orders": "createdAt",
    "shopify__customers": "createdAt",
    "woocommerce__orders": "date_created_gmt",
    "woocommerce__customers": "date_created_gmt",
    "gorgias__customers": "created_datetime",
    "gorgias__tickets": "created_datetime",
    "typeform__responses": "submitted_at",
    "surveymonkey__responses": "date_created",
    "qualtrics__responses": "values__startDate",
    "asknicely__responses": "sent",
}


class IdentityWorld:
    """A warehouse whose customers are found from the raw rows that a test puts there."""

    def __init__(self, dsn: str, project: Path) -> None:
        self._dsn, self._project, self._hour, self._is_staged = dsn, project, 0, False

    def add(self, table: str, **values: Any) -> None:
        """A record, an hour younger than the one before."""
        self._hour += 1
        created = CREATED.get(table, "created_at")
        row = {**META, created: f"2026-01-{1 + self._hour // 24:02}T{self._hour % 24:02}:00:00Z", **values}
        with psycopg.connect(self._dsn) as connection:
            columns = ", ".join(f'"{name}"' for name in row)
            places = ", ".join(["%s"] * len(row))
            connection.execute(f"insert into raw.{table} ({columns}) values ({places})", list(row.values()))

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._dsn) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def decide(self, *decisions: tuple[str, str, str]) -> None:
        """The overrides that stand from now on: one identity, another, keep_apart or put_together."""
        lines = "".join(f"{one},{other},{decision},test,me,2026-01-01\n" for one, other, decision in decisions)
        (self._project / "seeds/identity_overrides.csv").write_text(HEADER + lines, encoding="utf-8")

    def resolve(self, night: date = date(2026, 2, 1)) -> dict[str, str]:
        """The customer of each identity, as a build of that night finds it."""
        run = dbt_runner.DbtRun(load_settings(), 1, night, lambda line: None)
        # Staging models are views: they need to be made once.
        made = ("--exclude", "path:models/staging") if self._is_staged else ()
        run.invoke("build", "--select", "+int_customers__links", *made, "--indirect-selection", "empty")
        self._is_staged = True
        with psycopg.connect(self._dsn) as connection:
            identity.run(connection, night)
        return dict(self.run("select identity_key, customer_key from inference.customer_identities"))

    def groups(self) -> set[frozenset[str]]:
        rows = self.run("select array_agg(identity_key) from inference.customer_identities group by customer_key")
        return {frozenset(members) for (members,) in rows}


@contextmanager
def identity_world(warehouse: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[IdentityWorld]:
    """A world over an empty warehouse, with a dbt project of its own whose seeds may be changed."""
    project = folder / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", project)
    arguments: Callable[..., list[str]] = dbt_runner.dbt_arguments
    old, new = str(ROOT / "dbt_project"), str(project)
    patch.setattr(
        dbt_runner, "dbt_arguments", lambda given: [new if part == old else part for part in arguments(given)]
    )
    yield IdentityWorld(warehouse, project)
