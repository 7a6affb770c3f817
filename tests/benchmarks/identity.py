"""How the cost of finding customers grows: models, inference, and the same components by SQL.

    python -m tests.benchmarks.identity [IDENTITIES ...]       default 100000 1000000

A third of the identities are store accounts, the rest helpdesk users and survey answers: about three to a person,
linked by e-mail, order reference, or phone and name. Some answers name a neighbour's order and chain people together.
"""

import sys
from datetime import date
from typing import Any

import psycopg

from cx_etl.dbt_runner import DbtRun
from cx_etl.inference import identity
from cx_etl.settings import load_settings
from tests.benchmarks.measuring import Bench, Figures, bench, show

NIGHT = date(2026, 1, 31)
META = "'main', date '2026-01-31', 'r', now(), '', now(), now()"
META_COLUMNS = "_account, _night, _run_id, _loaded_at, _row_hash, _version_at, _observed_at"
AT = "timestamptz '2024-01-01' + i * interval '1 minute'"
# Into which table, as which columns, from which i below the number of people.
ROWS = (
    (
        'shopify__customers (id, "displayName", "defaultEmailAddress__emailAddress", "defaultPhoneNumber__phoneNumber",'
        ' "createdAt"',
        f"'gid://shopify/Customer/' || 7000000000 + i, 'Name' || i % 1000 || ' Family' || i % 7919,"
        f" 'person.' || i || '@mail.example', '+3519' || lpad((i::bigint * 7919 % 100000000)::text, 8, '1'), {AT}",
    ),
    (
        'shopify__orders (id, name, "createdAt", "updatedAt", "currencyCode", test, customer__id',
        f"'gid://shopify/Order/' || 5000000000 + i, '#' || i, {AT}, now(), 'EUR', false,"
        " 'gid://shopify/Customer/' || 7000000000 + i",
    ),
    (
        "zendesk__users (id, role, name, email, phone, created_at, updated_at",
        f"i, 'end-user', 'name' || i % 1000 || ' FAMILY' || i % 7919,"
        f" case when i % 4 > 0 then 'Person.' || i || '@mail.example' end,"
        f" '+351 9' || lpad((i::bigint * 7919 % 100000000)::text, 8, '1'), {AT}, now()",
    ),
    (
        "asknicely__responses (response_id, question_type, email, order_id_c, sent",
        f"i::text, 'nps', case when i % 3 > 0 then 'person.' || i || '@mail.example' end,"
        f" case when i % 3 = 0 then '#' || i when i % 10 > 0 and i % 100 < 10 then '#' || i - 1 end, {AT}",
    ),
)


def main() -> None:
    for identities in [int(text.replace("_", "")) for text in sys.argv[1:]] or [100_000, 1_000_000]:
        with bench() as found:
            _measure(found, identities)


def _measure(found: Bench, identities: int) -> None:
    with found.connect() as connection:
        for target, columns in ROWS:
            table = target.partition(" ")[0]
            connection.execute(
                f"insert into raw.{target}, {META_COLUMNS}) select {columns}, {META}"
                f" from generate_series(1, {identities // 3}) as i"
            )
            connection.execute(f"analyze raw.{table}")
    run = DbtRun(load_settings(), 1, NIGHT, lambda line: None)
    # Views, seeds and the parsed project, which cost the same however many rows there are.
    run.invoke("seed")
    run.invoke("run", "--select", "path:models/staging")
    rounds: dict[str, list[Figures]] = {}
    models = ("+int_customers__links", "--exclude", "path:models/staging")
    rounds["models up to the links"] = [found.here(lambda: run.invoke("run", "--select", *models))]
    rounds["inference, first night"] = [found.here(lambda: _infer(found))]
    rounds["inference, nothing changed"] = [found.here(lambda: _infer(found))]
    names = ("int_customers__identities", "int_customers__profiles")
    rounds["identities and profiles"] = [found.here(lambda: run.invoke("run", "--select", *names))]
    rounds["components by SQL alone"] = [found.here(lambda: _by_sql(found))]
    notes = _notes(found)
    show(f"identity-{identities}", identities, rounds, notes)
    if notes["customers"] != notes["customers by SQL"]:
        raise SystemExit("the two ways do not find the same customers")


def _infer(found: Bench) -> None:
    with found.connect() as connection:
        identity.run(connection, NIGHT)


def _by_sql(found: Bench) -> None:
    """The lowest label of all neighbours, then the label of that label, until nothing changes."""
    with found.connect() as connection:
        connection.execute("set enable_nestloop = off")
        connection.execute(
            "create table labels as select identity_key, row_number() over (order by seen_at, identity_key) as id,"
            " row_number() over (order by seen_at, identity_key) as label from intermediate.int_identities__unioned"
        )
        connection.execute(
            "create table edges as select a.id as one, b.id as other from intermediate.int_customers__links as l"
            " join labels as a using (identity_key) join labels as b on b.identity_key = l.linked_identity_key"
        )
        connection.execute("insert into edges select other, one from edges")
        while _propagate(connection):
            pass


def _propagate(connection: psycopg.Connection) -> bool:
    connection.execute(
        "create table lowered as select id, identity_key, least(labels.label, lowest.label) as label from labels"
        " left join (select one as id, min(labels.label) as label from edges join labels on labels.id = edges.other"
        "  group by one) as lowest using (id)"
    )
    connection.execute(
        "create table jumped as select lowered.id, lowered.identity_key, target.label from lowered"
        " join lowered as target on target.id = lowered.label"
    )
    row = connection.execute(
        "select exists (select from jumped join labels using (id) where jumped.label < labels.label)"
    )
    changed = bool(row.fetchone()[0])  # type: ignore[index]
    connection.execute("drop table lowered; drop table labels; alter table jumped rename to labels; analyze labels")
    return changed


def _notes(found: Bench) -> dict[str, Any]:
    with found.connect() as connection:
        count = lambda sql: connection.execute(sql).fetchone()[0]  # type: ignore[index]  # noqa: E731
        return {
            "links": count("select count(*) from intermediate.int_customers__links"),
            "identities": count("select count(*) from inference.customer_identities"),
            "customers": count("select count(distinct customer_key) from inference.customer_identities"),
            "customers by SQL": count("select count(distinct label) from labels"),
            "largest": count(
                "select max(n) from"
                " (select count(*) as n from inference.customer_identities group by customer_key) as customers"
            ),
        }


if __name__ == "__main__":
    main()
