"""The warehouse: connections by role, schemas, and the raw tables that the contracts define."""

from importlib.resources import files
from typing import TYPE_CHECKING

from cx_etl.contract import TableShape, shape_of
from cx_etl.errors import ConfigError, RetriableError
from cx_etl.settings import load_settings

if TYPE_CHECKING:
    import psycopg

META_COLUMNS = (
    ("_account", "text"),
    ("_night", "date"),
    ("_run_id", "text"),
    ("_loaded_at", "timestamptz"),
    ("_row_hash", "bytea"),
    ("_version_at", "timestamptz"),
    ("_observed_at", "timestamptz"),
    ("_deleted_at", "timestamptz"),
)
CHILD_META_COLUMNS = (
    ("_account", "text"),
    ("_parent_key", "text"),
    ("_position", "integer"),
    ("_night", "date"),
    ("_run_id", "text"),
    ("_loaded_at", "timestamptz"),
)


def dsn(role: str = "etl") -> str:
    """The connection string of a role: ``etl`` writes, ``bi`` and ``pii`` read the marts, ``publish`` switches them."""
    found = load_settings().dsns[role]
    if not found:
        raise ConfigError(
            f"there is no warehouse connection for role {role}", "run `cx up`, or set the dsn keys of [warehouse]"
        )
    return found


def connect(role: str = "etl", autocommit: bool = False) -> "psycopg.Connection":
    """An open connection in UTC. Raises RetriableError when the server does not answer."""
    import psycopg

    try:
        connection = psycopg.connect(dsn(role), autocommit=autocommit, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise RetriableError(
            f"the warehouse does not answer: {error}", "start it, or `cx up` for the embedded one"
        ) from error
    connection.execute("set time zone 'UTC'")
    if not autocommit:
        connection.commit()
    return connection


def migrate() -> None:
    """Create what is missing of schemas, roles, ops and raw tables. Changes nothing that is there."""
    from cx_etl.sources import every_source

    with connect() as connection:
        # Two starters at once would race on `create schema if not exists`.
        connection.execute("select pg_advisory_xact_lock(hashtext('cx_etl.migrate'))")
        for script in ("warehouse.sql", "inference.sql", "roles.sql"):
            connection.execute(files("cx_etl").joinpath("sql", script).read_text(encoding="utf-8"))
        for source in every_source().values():
            for stream in source.streams:
                for table in stream.tables:
                    for statement in table_ddl(table.name, shape_of(table.contract), table.keys):
                        connection.execute(statement)


def table_ddl(name: str, shape: TableShape, keys: tuple[str, ...]) -> list[str]:
    """Statements that make a raw table, its children, and the columns a newer contract added."""
    meta = [f"{column} {kind}{'' if column == '_deleted_at' else ' not null'}" for column, kind in META_COLUMNS]
    statements = [_create(name, shape, meta, ", ".join(["_account", *(f'"{key}"' for key in keys)]))]
    statements += [*_added_columns(name, shape), _load_time_index(name)]
    child_meta = [f"{column} {kind} not null" for column, kind in CHILD_META_COLUMNS]
    for child, child_shape in shape.children.items():
        statements.append(_create(f"{name}__{child}", child_shape, child_meta, "_account, _parent_key, _position"))
        statements += [*_added_columns(f"{name}__{child}", child_shape), _load_time_index(f"{name}__{child}")]
    return statements


def _create(name: str, shape: TableShape, meta: list[str], key: str) -> str:
    columns = [f'"{column.name}" {column.sql_type}' for column in shape.columns]
    return f"create table if not exists raw.{name} ({', '.join(columns + meta)}, primary key ({key}))"


def _load_time_index(name: str) -> str:
    """What came in since a time stands together in the table, so an index of block ranges finds it, and is tiny."""
    return f"create index if not exists {name}_loaded on raw.{name} using brin (_loaded_at)"


def _added_columns(name: str, shape: TableShape) -> list[str]:
    added = [f'add column if not exists "{column.name}" {column.sql_type}' for column in shape.columns]
    return [f"alter table raw.{name} {', '.join(added)}"]
