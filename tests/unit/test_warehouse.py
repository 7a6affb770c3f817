"""The warehouse's schemas and raw tables come from their contracts, and migrating again changes nothing."""

import psycopg

from cx_etl import warehouse as cx_warehouse
from cx_etl.sources import SOURCES


def _columns(dsn: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema in ('raw', 'ops') order by 1, ordinal_position"
        ).fetchall()


def test_every_stream_has_its_raw_tables(warehouse: str) -> None:
    tables = {table for table, _, _ in _columns(warehouse)}
    declared = {table.name for source in SOURCES.values() for stream in source.streams for table in stream.tables}
    assert declared <= tables
    assert "zendesk__ticket_events__child_events" in tables


def test_text_numbers_are_typed_columns(warehouse: str) -> None:
    types = {(table, column): kind for table, column, kind in _columns(warehouse)}
    assert types["asknicely__responses", "answer"] == "bigint"
    assert types["asknicely__responses", "responded"] == "timestamp with time zone"
    assert types["shopify__orders", "totalPriceSet__shopMoney__amount"] == "numeric"
    assert types["zendesk__tickets", "tags"] == "ARRAY"


def test_migrating_again_changes_nothing(warehouse: str) -> None:
    before = _columns(warehouse)
    cx_warehouse.migrate()
    assert _columns(warehouse) == before
