"""What each role may do, and must not: tried with real logins, not read off the catalogue."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cx_etl import publish
from cx_etl import warehouse as cx_warehouse

ROLES = ("cx_bi", "cx_pii", "cx_publish")
Login = Callable[[str], str]
# Tried in a session that asks for the right to write.
FORBIDDEN = {
    "read raw records": "select * from raw.asknicely__responses",
    "read staging": "select * from staging.things",
    "read the candidate": "select * from audit.things",
    "read rejected records": "select payload from raw.quarantine",
    "read what is inferred": "select * from inference.comments",
    "write raw records": "delete from raw.asknicely__responses",
    "change a version": "update marts_versions.things set _valid_to = 1",
    "change a mart": "delete from marts.things",
    "forge a check": "insert into ops.gate_results (build_id, mart, expectation, severity, success, reason, owner)"
    " values (1, 'm', 'e', 'info', true, 'r', 'o')",
    "forge a build": "insert into ops.builds (night, as_of_date, status) values ('2026-11-20', '2026-11-20', 'built')",
    "move a watermark": "delete from ops.watermarks",
    "forget a publication": "delete from ops.publications",
    "make a table": "create table marts.mine (id integer)",
    "make a table in public": "create table public.mine (id integer)",
    "make a temporary table": "create temporary table mine (id integer)",
    "make a role": "create role another",
    "be the owner": "set role cx_etl",
    "read files": "select pg_read_file('/etc/passwd')",
    "run programs": "copy (select 1) to program 'true'",
}
READERS_ONLY = {
    "publish": "insert into ops.publications (publication_id, night, as_of_date, warnings, rows_changed)"
    " values (1, '2026-11-20', '2026-11-20', 0, 0)",
    "switch": "delete from ops.current_publication",
    "read the ledgers": "select * from ops.loads",
}
PUBLISHERS_ONLY = {"read a mart": "select * from marts.things", "read the ledgers": "select * from ops.loads"}


@pytest.fixture
def login(warehouse: str) -> Login:
    """The DSN of a role, in a warehouse with one mart as the materialization makes them."""
    # What is granted on a database itself does not come along when it is copied.
    cx_warehouse.migrate()
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("create table marts_versions.things (thing text, note text, _valid_to bigint)")
        connection.execute("create view marts.things as select thing, note from marts_versions.things")
        for schema in ("audit", "staging"):
            connection.execute(f"create view {schema}.things as select * from marts.things")
        connection.execute("grant select (thing) on marts.things to cx_bi")
        connection.execute("grant select on marts.things to cx_pii")
        for role in ROLES:
            connection.execute(sql.SQL("alter role {} password 'of-a-test'").format(sql.Identifier(role)))
    return lambda role: make_conninfo(warehouse, user=role, password="of-a-test")


def _is_refused(dsn: str, statement: str) -> bool:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
        return False


@pytest.mark.parametrize("role", ROLES)
def test_what_no_role_may_do(login: Login, role: str) -> None:
    assert [what for what, statement in FORBIDDEN.items() if not _is_refused(login(role), statement)] == []


@pytest.mark.parametrize(
    ("role", "statements"), [("cx_bi", READERS_ONLY), ("cx_pii", READERS_ONLY), ("cx_publish", PUBLISHERS_ONLY)]
)
def test_what_only_others_may_do(login: Login, role: str, statements: dict[str, str]) -> None:
    assert [what for what, statement in statements.items() if not _is_refused(login(role), statement)] == []


def test_readers_read_what_they_may(login: Login) -> None:
    with psycopg.connect(login("cx_bi")) as connection:
        assert connection.execute("select thing from marts.things").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select note from marts.things")
    with psycopg.connect(login("cx_pii")) as connection:
        assert connection.execute("select thing, note from marts.things").fetchall() == []


@pytest.mark.parametrize("role", ["cx_bi", "cx_pii"])
def test_readers_are_read_only_and_bounded(login: Login, role: str) -> None:
    with psycopg.connect(login(role)) as connection:
        shown = [
            connection.execute(f"show {setting}").fetchone()
            for setting in ("default_transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout")
        ]
        limit = connection.execute("select rolconnlimit > 0 from pg_roles where rolname = current_user").fetchone()
    assert shown == [("on",), ("5min",), ("5min",)]
    assert limit == (True,)


def test_the_publisher_publishes_and_rolls_back(login: Login, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_WAREHOUSE_PUBLISH_DSN", login("cx_publish"))
    with psycopg.connect(warehouse) as connection:
        for build in (1, 2):
            connection.execute(
                "insert into ops.builds (night, as_of_date, status, rows_changed)"
                " values ('2026-11-20', '2026-11-20', 'built', 1)"
            )
            connection.execute(
                "insert into ops.gate_results (build_id, mart, expectation, severity, success, reason, owner)"
                " values (%s, 'm', 'e', 'info', true, 'r', 'o')",
                (build,),
            )
            connection.commit()
            assert publish.publish(build).published
        assert publish.rollback(1).published
        assert connection.execute("select publication_id from ops.current_publication").fetchall() == [(1,)]


def test_an_owner_who_may_make_no_roles_can_migrate(warehouse: str) -> None:
    """As where an administrator keeps the roles: theirs stand as they are, and the grants are made."""
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("drop database if exists owned")
        connection.execute("drop role if exists plain_owner")
        connection.execute("create role plain_owner login password 'of-a-test'")
        connection.execute("create database owned owner plain_owner")
    owned = make_conninfo(warehouse, dbname="owned", user="plain_owner", password="of-a-test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", owned)
        for _ in range(2):
            cx_warehouse.migrate()
    with psycopg.connect(owned) as connection:
        granted = (
            "select has_schema_privilege('cx_bi', 'marts', 'usage'), has_schema_privilege('cx_bi', 'raw', 'usage')"
        )
        assert connection.execute(granted).fetchone() == (True, False)
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("drop database owned")
        connection.execute("drop role plain_owner")
