"""The versioned materialization on a real PostgreSQL: what a build opens, closes and refuses in a mart of its own."""

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from cx_etl.dbt_runner import dbt_environment, variables_set
from cx_etl.settings import ROOT, load_settings

OPEN = 9223372036854775807
COLUMNS = {"thing": "text", "amount": "numeric(18, 2)", "note": "text"}


class Shop:
    """A dbt project with one versioned mart over one table, and the ledger that publish would write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "dbt_project" / "macros", folder / "macros")
        shutil.copy(ROOT / "dbt_project" / "profiles.yml", folder / "profiles.yml")
        (folder / "dbt_project.yml").write_text(
            "{name: cx, version: '1.0.0', profile: cx, flags: {send_anonymous_usage_stats: false}}", encoding="utf-8"
        )
        (folder / "models").mkdir()
        self.write_model("select thing, amount, note from public.things", COLUMNS)
        self.sql("create table public.things (thing text, amount numeric, note text)")
        self.sql("insert into public.things values ('a', 1, null), ('b', 2, 'secret')")

    def write_model(self, select: str, columns: dict[str, str]) -> None:
        config = "{{ config(materialized='versioned', schema='audit', unique_key=['thing']) }}"
        (self.folder / "models" / "things.sql").write_text(f"{config}\n{select}", encoding="utf-8")
        described = [
            {"name": name, "data_type": kind, "description": f"It's the {name}"} for name, kind in columns.items()
        ]
        described[-1]["config"] = {"meta": {"pii": True}}  # type: ignore[assignment]
        model = {"name": "things", "config": {"contract": {"enforced": True}}, "columns": described}
        path = self.folder / "models" / "things.yml"
        path.write_text(yaml.safe_dump({"models": [model]}), encoding="utf-8")
        self.manifest = self._invoke("parse", 0).result

    def sql(self, statement: str, role: str | None = None) -> list[tuple[Any, ...]]:
        with psycopg.connect(load_settings().warehouse_dsn) as connection:
            if role:
                connection.execute(f"set role {role}")
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start_build(self) -> int:
        return self.sql(
            "insert into ops.builds (night, as_of_date, status)"
            " values ('2026-01-01', '2026-01-01', 'running') returning build_id"
        )[0][0]

    def _invoke(self, command: str, build_id: int, manifest: Any = None) -> Any:
        from dbt.cli.main import dbtRunner

        values = {"build_id": build_id, "time_zone": "UTC", "as_of_date": "2026-01-01"}
        with variables_set(dbt_environment(load_settings())):
            return dbtRunner(manifest=manifest).invoke(
                [
                    *(command, "--quiet", "--project-dir", str(self.folder), "--profiles-dir", str(self.folder)),
                    *("--vars", json.dumps(values), "--log-path", str(self.folder / "logs")),
                ]
            )

    def run(self, build_id: int) -> str:
        """Build; the message of the failure, or an empty text."""
        outcome = self._invoke("run", build_id, self.manifest)
        if outcome.success:
            return ""
        results = getattr(outcome.result, "results", None)
        return results[0].message if results else str(outcome.exception)

    def build(self) -> int:
        build_id = self.start_build()
        assert self.run(build_id) == ""
        return build_id

    def publish(self, build_id: int) -> None:
        self.sql(f"insert into ops.publications values ({build_id}, '2026-01-01', '2026-01-01', now(), 0, 0)")
        self.sql(
            f"insert into ops.current_publication values (true, {build_id})"
            " on conflict (only_row) do update set publication_id = excluded.publication_id"
        )

    def versions(self) -> list[tuple[Any, ...]]:
        return self.sql("select thing, amount::int, _valid_from, _valid_to from marts_versions.things order by 1, 3, 4")

    def counts(self, build_id: int) -> tuple[Any, ...]:
        return self.sql(
            "select rows_total, versions_opened, versions_closed from ops.build_marts"
            f" where build_id = {build_id} and mart = 'things'"
        )[0]


@pytest.fixture
def shop(warehouse: str, tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_build_without_changes_opens_no_version(shop: Shop) -> None:
    first = shop.build()
    shop.publish(first)
    second = shop.build()
    assert shop.counts(first) == (2, 2, 0)
    assert shop.counts(second) == (2, 0, 0)
    assert shop.versions() == [("a", 1, first, OPEN), ("b", 2, first, OPEN)]


def test_changed_new_and_vanished_rows(shop: Shop) -> None:
    first = shop.build()
    shop.publish(first)
    shop.sql("update public.things set amount = 9 where thing = 'a'")
    shop.sql("delete from public.things where thing = 'b'")
    shop.sql("insert into public.things values ('c', 3, null)")
    second = shop.build()
    assert shop.counts(second) == (2, 2, 2)
    assert shop.versions() == [
        ("a", 1, first, second),
        ("a", 9, second, OPEN),
        ("b", 2, first, second),
        ("c", 3, second, OPEN),
    ]


def test_readers_see_the_publication_and_the_gate_the_candidate(shop: Shop) -> None:
    first = shop.build()
    assert shop.sql("select count(*) from marts.things") == [(0,)]
    shop.publish(first)
    shop.sql("update public.things set note = 'public' where thing = 'b'")
    second = shop.build()
    published = "select note, _publication_id from marts.things where thing = 'b'"
    assert shop.sql(published) == [("secret", first)]
    assert shop.sql("select note from audit.things where thing = 'b'") == [("public",)]
    shop.publish(second)
    assert shop.sql(published) == [("public", second)]


def test_build_can_run_again(shop: Shop) -> None:
    shop.publish(shop.build())
    shop.sql("update public.things set amount = 9 where thing = 'a'")
    second = shop.build()
    before, counted = shop.versions(), shop.counts(second)
    assert shop.run(second) == ""
    assert (shop.versions(), shop.counts(second)) == (before, counted)


def test_builds_that_were_never_published_leave_no_version(shop: Shop) -> None:
    first = shop.build()
    shop.publish(first)
    shop.sql("update public.things set amount = 9 where thing = 'a'")
    shop.build()
    shop.sql("update public.things set amount = 1 where thing = 'a'")
    third = shop.build()
    assert shop.counts(third) == (2, 0, 0)
    assert shop.versions() == [("a", 1, first, OPEN), ("b", 2, first, OPEN)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [("('a', 7, null)", 'duplicate key "thing"=a (2 rows)'), ("(null, 7, null)", 'null key "thing"=None')],
)
def test_bad_key_fails_and_leaves_everything_as_before(shop: Shop, row: str, expected: str) -> None:
    shop.publish(shop.build())
    before = shop.versions()
    shop.sql(f"insert into public.things values {row}")
    message = shop.run(shop.start_build())
    assert "mart things" in message
    assert expected in message
    assert shop.versions() == before


def test_wrong_type_stops_the_build(shop: Shop) -> None:
    shop.publish(shop.build())
    before = shop.versions()
    shop.write_model("select thing, cast(amount as integer) as amount, note from public.things", COLUMNS)
    message = shop.run(shop.start_build())
    assert "contract" in message
    assert "amount" in message
    assert shop.versions() == before


def test_added_column_is_appended_and_a_lost_one_refused(shop: Shop) -> None:
    shop.publish(shop.build())
    wider = {"thing": "text", "flag": "boolean", **COLUMNS}
    shop.write_model("select thing, true as flag, amount, note from public.things", wider)
    second = shop.build()
    shop.publish(second)
    columns = shop.sql(
        "select column_name::text from information_schema.columns"
        " where table_schema = 'marts' and table_name = 'things' order by ordinal_position"
    )
    assert [name for (name,) in columns] == ["thing", "amount", "note", "_publication_id", "flag"]
    shop.write_model("select thing, note from public.things", {"thing": "text", "note": "text"})
    assert "column amount was numeric(18,2) and is now gone" in shop.run(shop.start_build())


def test_only_the_newest_build_may_run(shop: Shop) -> None:
    first = shop.build()
    shop.start_build()
    assert "is not the newest build" in shop.run(first)


def test_published_build_is_never_rewritten(shop: Shop) -> None:
    first = shop.build()
    shop.publish(first)
    assert "start a new build" in shop.run(first)


def test_views_are_not_replaced_and_readers_do_not_block_a_build(shop: Shop) -> None:
    shop.publish(shop.build())
    oid = "select 'marts.things'::regclass::oid, 'audit.things'::regclass::oid"
    before = shop.sql(oid)
    with psycopg.connect(load_settings().warehouse_dsn) as reader:
        reader.execute("select * from marts.things").fetchall()
        shop.sql("update public.things set amount = 5")
        shop.build()
    assert shop.sql(oid) == before


def test_grants_hide_personal_columns(shop: Shop) -> None:
    shop.publish(shop.build())
    assert shop.sql("select count(thing) from marts.things", role="cx_bi") == [(2,)]
    assert shop.sql("select count(note) from marts.things", role="cx_pii") == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.sql("select note from marts.things", role="cx_bi")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.sql("select thing from audit.things", role="cx_pii")


def test_descriptions_reach_the_database(shop: Shop) -> None:
    shop.build()
    assert shop.sql("select col_description('marts.things'::regclass, 1)") == [("It's the thing",)]
