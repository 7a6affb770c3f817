"""Proof of an erasure: every table and every file of the state folder is searched for the address."""

import gzip
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard
from psycopg import sql

from cx_etl.privacy.pseudonyms import AFTER, BEFORE
from cx_etl.settings import load_settings
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg

_TABLES = """
    select schemaname, tablename, array(
        select attname::text from pg_attribute
        where attrelid = format('%I.%I', schemaname, tablename)::regclass and atttypid = 'bytea'::regtype and attnum > 0
            and not attisdropped
    )
    from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')
    order by 1, 2"""


def places_with(address: str) -> list[str]:
    """Every table and file that holds the address, however it is written: with %40 or \\u0040 for its @, too."""
    with connect() as connection:
        return [*_tables_with(connection, address), *files_with(address)]


def escaped(address: str) -> str:
    """A pattern that is the address, for Python and PostgreSQL alike."""
    local, _, domain = address.partition("@")
    return f"{re.escape(local)}@{re.escape(domain)}"


def pattern_of(address: str) -> str:
    return BEFORE + escaped(address).replace("@", r"(?:@|%40|\\u0040)") + AFTER


def _tables_with(connection: "psycopg.Connection", address: str) -> list[str]:
    pattern, found = pattern_of(address), []
    for schema, table, binary in connection.execute(_TABLES).fetchall():
        texts = [sql.SQL("t::text"), *(sql.SQL("encode({}, 'escape')").format(sql.Identifier(each)) for each in binary)]
        statement = sql.SQL("select exists (select from {} as t where {})").format(
            sql.Identifier(schema, table), sql.SQL(" or ").join(sql.SQL("{} ~* %s").format(text) for text in texts)
        )
        row = connection.execute(statement, [pattern] * len(texts)).fetchone()
        if row and row[0]:
            found.append(f"{schema}.{table}")
    return found


def files_with(address: str) -> list[str]:
    """The files of the state folder that hold the address."""
    pattern = re.compile(pattern_of(address).encode(), re.IGNORECASE)
    paths = sorted(path for path in load_settings().state_dir.rglob("*") if path.is_file())
    return [str(path) for path in paths if pattern.search(content_of(path))]


def content_of(path: Path) -> bytes:
    """What the file holds, unpacked. One that is damaged is searched as it is."""
    content = path.read_bytes()
    try:
        if path.suffix == ".zst":
            return zstandard.ZstdDecompressor().decompressobj().decompress(content)
        if path.suffix == ".gz":
            return gzip.decompress(content)
    except (zstandard.ZstdError, OSError, zlib.error, EOFError):
        return content
    return content
