"""Erasure: a person's words, names and addresses go from the warehouse and the disk; counts and links stay."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from cx_etl.errors import DataError
from cx_etl.privacy import find, landing_files, other_files, proof, scrub
from cx_etl.privacy.personal import PERSONAL
from cx_etl.privacy.pseudonyms import AFTER, BEFORE, ERASED, Pseudonym, mark, normal
from cx_etl.transform import build_lock
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Erasure:
    """What was erased: by place, how many records or rows."""

    pseudonym: str
    places: dict[str, int]


def forget(address: str) -> Erasure:
    """Erase the person with that address everywhere, and prove it; again is the same as once.

    After: no table and no file of the state folder holds the address, own records have no words of the person, and
    every later load erases what comes again. Raises ConfigError for what is no address, RetriableError while a build
    runs, DataError naming each place that still holds the address: nothing else was missed.
    """
    address = normal(address)
    person = Pseudonym(mark(address))
    with build_lock():
        with connect() as connection:
            connection.execute(
                "insert into ops.erasures (address_mark) values (%s) on conflict do nothing", (person.mark,)
            )
            places = _erase_rows(connection, address, person)
        places += _erase_landing()
        places += other_files.erase(address, person)
        _vacuum()
    if left := proof.places_with(address):
        raise DataError(
            f"{address} is still in {len(left)} places: {', '.join(left[:10])}",
            "erase it there by hand and `cx forget` again; all else is erased",
        )
    return Erasure(person.email, {place: count for place, count in sorted(places.items()) if count})


def _erase_rows(connection: "psycopg.Connection", address: str, person: Pseudonym) -> Counter[str]:
    both = (address, person.email)
    own = find.own_records(connection, both)
    marks = [scrub.record_mark(table, account, key) for table, keys in own.items() for account, key in keys]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.erased_records (record_mark, address_mark) values (%s, %s) on conflict do nothing",
            [(each, person.mark) for each in marks],
        )
    places: Counter[str] = Counter()
    customers = find.customer_keys(connection, both)
    for table, keys in own.items():
        places[f"raw.{table}"] += _blank_own(connection, table, keys, person)
    places["raw.quarantine"] += _drop_rejects(connection)
    places += _blank_marts(connection, customers, person)
    places += _replace_everywhere(connection, address, person)
    _forget_derived(connection)
    return places


def _blank_own(connection: "psycopg.Connection", table: str, keys: set[tuple[str, str]], person: Pseudonym) -> int:
    """Blank the words of own records and of their children; the number of records that had some."""
    key, personal, changed = find.tables()[table].keys[0], PERSONAL[table], 0
    wanted = [[account for account, _ in keys], [key for _, key in keys]]
    for columns, words in ((personal.texts, ERASED), (personal.phones, person.phone)):
        for column in columns:
            items, _, name = column.rpartition(".")
            named = sql.Identifier("raw", f"{table}__{items}" if items else table)
            statement = sql.SQL(
                "update {table} set {column} = %s, _loaded_at = now() where {column} <> %s and {column} <> ''"
                " and (_account, {key}::text) in (select * from unnest(%s::text[], %s::text[]))"
            ).format(table=named, column=sql.Identifier(name), key=sql.Identifier("_parent_key" if items else key))
            changed += connection.execute(statement, [words, words, *wanted]).rowcount
    return changed


def _drop_rejects(connection: "psycopg.Connection") -> int:
    """Rejected records that name somebody erased, or are their own, leave the quarantine."""
    erased = scrub.known(connection)
    rows = connection.execute("select quarantine_id, table_name, account, natural_key, payload from raw.quarantine")
    gone = [
        quarantine_id
        for quarantine_id, table, account, key, payload in rows.fetchall()
        if erased and (_names(erased, payload) or erased.owner_of(scrub.record_mark(table, account, key)))
    ]
    connection.execute("delete from raw.quarantine where quarantine_id = any(%s)", (gone,))
    return len(gone)


def _names(erased: scrub.Erased, payload: bytes) -> bool:
    text = payload.decode(errors="replace")
    return erased.without_addresses(text) != text


# A personal column is one that the role cx_bi may not read. A mart without customers has no rows to tell apart.
_PERSONAL_COLUMNS = """
    select attrelid::regclass::text, array_agg(attname::text)
    from pg_attribute
    inner join pg_class on attrelid = pg_class.oid
    where relnamespace = 'marts'::regnamespace and attnum > 0 and not attisdropped and attname <> '_publication_id'
        and not has_column_privilege('cx_bi', attrelid, attnum, 'select')
        and exists (
            select from pg_attribute as customer
            where customer.attrelid = pg_attribute.attrelid and customer.attname = 'customer_key'
        )
    group by attrelid"""


def _blank_marts(connection: "psycopg.Connection", customers: list[str], person: Pseudonym) -> Counter[str]:
    """Blank the personal columns of the customers' rows in all versions."""
    places: Counter[str] = Counter()
    words = {"email": person.email, "phone": person.phone}
    for mart, columns in connection.execute(_PERSONAL_COLUMNS).fetchall():
        name = mart.partition(".")[2]
        for column in columns:
            statement = sql.SQL("update {} set {column} = %s where customer_key = any(%s) and {column} <> %s").format(
                sql.Identifier("marts_versions", name), column=sql.Identifier(column)
            )
            new = words.get(column, ERASED)
            places[f"marts.{name}"] += connection.execute(statement, (new, customers, new)).rowcount
    if customers:
        connection.execute(
            "update marts_versions.dim_customers set email_hash = encode(sha256(convert_to(email, 'UTF8')), 'hex')"
            " where customer_key = any(%s)",
            (customers,),
        )
    return places


_TEXT_COLUMNS = """
    select table_schema, table_name, column_name, data_type = 'ARRAY'
    from information_schema.columns
    inner join information_schema.tables using (table_schema, table_name)
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema', 'intermediate')
        and (data_type = 'text' or data_type = 'ARRAY' and udt_name = '_text')
    order by 1, 2, 3"""


def _replace_everywhere(connection: "psycopg.Connection", address: str, person: Pseudonym) -> Counter[str]:
    """Put the pseudonym in place of the address in every text of every table, whoever's row it is."""
    pattern = BEFORE + proof.escaped(address) + AFTER
    places: Counter[str] = Counter()
    for schema, table, column, is_array in connection.execute(_TEXT_COLUMNS).fetchall():
        template = (
            "update {t} set {c} = array(select regexp_replace(each, %s, %s, 'gi') from unnest({c}) as each)"
            " where {c}::text ~* %s"
            if is_array
            else "update {t} set {c} = regexp_replace({c}, %s, %s, 'gi') where {c} ~* %s"
        )
        statement = sql.SQL(template).format(t=sql.Identifier(schema, table), c=sql.Identifier(column))
        places[f"{schema}.{table}"] += connection.execute(statement, (pattern, person.email, pattern)).rowcount
    return places


def _forget_derived(connection: "psycopg.Connection") -> None:
    """What the models made in between goes: the next build makes everything."""
    names = connection.execute("select tablename from pg_tables where schemaname = 'intermediate'").fetchall()
    if names:
        tables = sql.SQL(", ").join(sql.Identifier("intermediate", name) for (name,) in names)
        connection.execute(sql.SQL("truncate {}").format(tables))
    connection.execute("delete from ops.standing_build")


def _erase_landing() -> Counter[str]:
    """Rewrite every run that holds records of erased people. Records found there first are remembered, too."""
    places: Counter[str] = Counter()
    with connect() as connection:
        erased = scrub.known(connection)
        if erased is None:
            return places
        # A record may stand before the one that makes it a person's own: again until none is found any more.
        while True:
            before = len(erased.found)
            for stream, account, run in landing_files.every_run():
                places[f"landing/{stream.name}"] += landing_files.rewrite(stream, account, run, erased)
            if len(erased.found) == before:
                break
        scrub.remember(connection, erased)
    return places


def _vacuum() -> None:
    """Rows that were updated keep their old version in the table's files until then."""
    with connect(autocommit=True) as connection:
        connection.execute("vacuum")


def export(address: str) -> Iterator[dict[str, Any]]:
    """The person's own raw records and rejects, as ``forget`` would erase them: what is held, one object each."""
    address = normal(address)
    with connect() as connection:
        for table, keys in find.own_records(connection, (address,)).items():
            key = find.tables()[table].keys[0]
            statement = sql.SQL(
                "select to_jsonb(t) - array['_row_hash', '_run_id', '_loaded_at'] from {} as t"
                " where (_account, {}::text) in (select * from unnest(%s::text[], %s::text[])) order by 1"
            ).format(sql.Identifier("raw", table), sql.Identifier(key))
            wanted = [[account for account, _ in keys], [found for _, found in keys]]
            for (record,) in connection.execute(statement, wanted).fetchall():
                yield {"place": f"raw.{table}", "record": record}
        person = scrub.Erased({mark(address)}, {})
        rejects = connection.execute("select table_name, payload from raw.quarantine order by quarantine_id").fetchall()
        for table, payload in rejects:
            if _names(person, payload):
                yield {
                    "place": "raw.quarantine",
                    "record": {"table": table, "payload": payload.decode(errors="replace")},
                }
