"""Where the rows of one load are copied to: straight into the raw table, or into a stage beside it."""

from typing import TYPE_CHECKING

from cx_etl.contract import TableShape, shape_of
from cx_etl.sources.base import Stream

if TYPE_CHECKING:
    import psycopg

# What each row carries behind its contract columns, in the order in which rows.py writes it.
META = (
    *("_row_hash", "_version_at", "_deleted_at"),
    *("_account", "_night", "_run_id", "_loaded_at", "_observed_at"),
)


def make_stages(connection: "psycopg.Connection", stream: Stream) -> None:
    """Temporary tables, gone with the transaction, for the rows of one load and those of their children."""
    for table in stream.tables:
        connection.execute(f"create temp table stage_{table.name} (like raw.{table.name}) on commit drop")
        shape = shape_of(table.contract)
        kinds = {column.name: column.sql_type for column in shape.columns}
        parent = [f'"_parent_{key}" {kinds[key]}' for key in table.keys]
        for name, child in shape.children.items():
            own = [f'"{column.name}" {column.sql_type}' for column in child.columns]
            columns = ", ".join([*own, *parent, "_parent_hash bytea", "_position integer"])
            connection.execute(f"create temp table stage_{table.name}__{name} ({columns}) on commit drop")


def targets(stream: Stream, straight: bool) -> dict[str, tuple[str, list[str]]]:
    """Where rows of each table are copied to, and the columns in the order of rows.py. Children always have a stage."""
    found = {}
    for table in stream.tables:
        shape = shape_of(table.contract)
        relation = f"raw.{table.name}" if straight else f"stage_{table.name}"
        found[table.name] = relation, [*columns_of(shape), *META]
        parent = [*(f'"_parent_{key}"' for key in table.keys), "_parent_hash", "_position"]
        for name, child in shape.children.items():
            found[f"{table.name}__{name}"] = f"stage_{table.name}__{name}", [*columns_of(child), *parent]
    return found


def columns_of(shape: TableShape) -> list[str]:
    return [f'"{column.name}"' for column in shape.columns]
