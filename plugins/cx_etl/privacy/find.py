"""Whose raw records are whose: those with the person's address, and those that lead to them by the vendors' ids."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from cx_etl.privacy.personal import PERSONAL
from cx_etl.sources import every_source
from cx_etl.sources.base import Table

if TYPE_CHECKING:
    import psycopg

GIVEN = "(select * from unnest(%s::text[], %s::text[]))"
# By raw table, the accounts and keys of a person's own records.
Own = dict[str, set[tuple[str, str]]]


def tables() -> dict[str, Table]:
    """Every raw table that holds records of its own, by its name."""
    return {
        table.name: table for source in every_source().values() for stream in source.streams for table in stream.tables
    }


def own_records(connection: "psycopg.Connection", addresses: tuple[str, ...]) -> Own:
    """The records of the person with one of the addresses (lower case)."""
    known, own = tables(), defaultdict[str, set[tuple[str, str]]](set)
    for name, personal in PERSONAL.items():
        for column in personal.emails:
            own[name] |= _keys(connection, known[name], f'lower(btrim("{column}")) = any(%s)', [list(addresses)])
    while True:
        before = sum(map(len, own.values()))
        for name, personal in PERSONAL.items():
            for column, parent in personal.links:
                if own.get(parent):
                    accounts, keys = map(list, zip(*own[parent], strict=True))
                    condition = f'(_account, "{column}"::text) in {GIVEN}'
                    own[name] |= _keys(connection, known[name], condition, [accounts, keys])
        if sum(map(len, own.values())) == before:
            return {name: found for name, found in own.items() if found}


def _keys(connection: "psycopg.Connection", table: Table, condition: str, values: list[Any]) -> set[tuple[str, str]]:
    rows = connection.execute(
        f'select _account, "{table.keys[0]}"::text from raw.{table.name} where {condition}',  # noqa: S608
        values,
    )
    return {(row[0], row[1]) for row in rows.fetchall()}


def customer_keys(connection: "psycopg.Connection", addresses: tuple[str, ...]) -> list[str]:
    """The keys under which the marts' versions have a customer with one of the addresses."""
    if not _exists(connection, "marts_versions.dim_customers"):
        return []
    rows = connection.execute(
        "select distinct customer_key from marts_versions.dim_customers where lower(btrim(email)) = any(%s)",
        (list(addresses),),
    )
    return [row[0] for row in rows.fetchall()]


def _exists(connection: "psycopg.Connection", relation: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (relation,)).fetchone()
    return bool(row and row[0])
