"""A warehouse of any size: the records of a small generated world, copied with keys and addresses of their own."""

from collections.abc import Iterator

import psycopg

# Keys by table and column, and how a copy's key is made of the original's: numbers get the copy's number in front, ids
# of the store get it before their digits, texts behind. What is not listed, agents say, all copies share.
NUMBER, STORE_ID, TEXT, ADDRESS = "number", "store_id", "text", "address"
Keys = dict[str, str]
TICKETS: dict[str, Keys] = {
    "zendesk__users": {"id": NUMBER, "email": ADDRESS},
    "zendesk__tickets": {"id": NUMBER, "requester_id": NUMBER, "submitter_id": NUMBER},
    "zendesk__tickets__custom_fields": {"_parent_key": NUMBER},
    "zendesk__ticket_events": {"id": NUMBER, "ticket_id": NUMBER, "updater_id": NUMBER},
    "zendesk__ticket_events__child_events": {"id": NUMBER, "_parent_key": NUMBER},
    "zendesk__ticket_metric_events": {"id": NUMBER, "ticket_id": NUMBER},
    "zendesk__satisfaction_ratings": {"id": NUMBER, "ticket_id": NUMBER, "requester_id": NUMBER},
}
ORDERS: dict[str, Keys] = {
    "shopify__customers": {"id": STORE_ID, "defaultEmailAddress__emailAddress": ADDRESS},
    "shopify__orders": {"id": STORE_ID, "customer__id": STORE_ID, "email": ADDRESS, "name": TEXT},
    "shopify__orders__transactions": {"_parent_key": STORE_ID, "id": STORE_ID},
    "shopify__orders__fulfillments": {"_parent_key": STORE_ID, "id": STORE_ID},
    "shopify__orders__refunds": {"_parent_key": STORE_ID, "id": STORE_ID},
    "shopify__line_items": {"id": STORE_ID, "__parentId": STORE_ID},
    "shopify__fulfillments": {"id": STORE_ID, "order__id": STORE_ID},
    "shopify__fulfillment_events": {"id": STORE_ID, "__parentId": STORE_ID},
    "shopify__refunds": {"id": STORE_ID, "order__id": STORE_ID, "return__id": STORE_ID},
    "shopify__refund_line_items": {"id": STORE_ID, "__parentId": STORE_ID, "lineItem__id": STORE_ID},
    "shopify__returns": {"id": STORE_ID, "order__id": STORE_ID, "__parentId": STORE_ID},
    "shopify__return_line_items": {
        "id": STORE_ID,
        "__parentId": STORE_ID,
        "fulfillmentLineItem__lineItem__id": STORE_ID,
    },
}
ANSWERS: dict[str, Keys] = {
    "asknicely__responses": {"response_id": TEXT, "contact_id": TEXT, "email": ADDRESS, "order_id_c": STORE_ID},
}
# Ids from here on are agents', whom all copies share.
FIRST_AGENT = 9_000_000
CUSTOMERS_FROM = 6_000_000_000


def copy_world(connection: psycopg.Connection, tickets: int, orders: int, answers: int) -> dict[str, int]:
    """Copy until there are about so many rows of each; rows of every table afterwards."""
    counts = {}
    for family, leading, wanted in (
        (TICKETS, "zendesk__tickets", tickets),
        (ORDERS, "shopify__orders", orders),
        (ANSWERS, "asknicely__responses", answers),
    ):
        copies = wanted // _count(connection, leading)
        for table, keys in family.items():
            _copy(connection, table, keys, copies)
            counts[table] = _count(connection, table)
    return counts


def touch(connection: psycopg.Connection, one_in: int) -> int:
    """Change one in so many tickets, orders and answers as a night would, some of long ago; how many rows."""
    changes = (
        ("zendesk__tickets", "id", "metric_set__reopens = metric_set__reopens + 1, updated_at = now()"),
        ("shopify__orders", "id", '"totalPriceSet__shopMoney__amount" = "totalPriceSet__shopMoney__amount" + 1'),
        ("asknicely__responses", "response_id", "comment = comment || '!'"),
    )
    return sum(
        connection.execute(
            f"update raw.{table} set {assignment}, _loaded_at = now() where hashtext({key}::text) % {one_in} = 0"
        ).rowcount
        for table, key, assignment in changes
    )


def _count(connection: psycopg.Connection, table: str) -> int:
    return connection.execute(f"select count(*) from raw.{table}").fetchall()[0][0]


def _copy(connection: psycopg.Connection, table: str, keys: Keys, copies: int) -> None:
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s"
            " order by ordinal_position",
            (table,),
        )
    ]
    made = ", ".join(_of_copy(name, keys.get(name)) for name in columns)
    shared = f" where id >= {CUSTOMERS_FROM}" if table == "zendesk__users" else ""
    connection.execute(
        f"insert into raw.{table} ({_listed(columns)}) select {made}"
        f" from generate_series(1, {copies}) as copy, (select * from raw.{table}{shared}) as original"
    )
    connection.execute(f"analyze raw.{table}")


def _listed(columns: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _of_copy(name: str, kind: str | None) -> str:
    """SQL: the column's value in a copy."""
    column = f'original."{name}"'
    match kind:
        case "number" if name == "_parent_key":
            return f"(copy * 100000000000 + {column}::bigint)::text"
        case "number":
            is_agent = f"{column} between {FIRST_AGENT} and {CUSTOMERS_FROM - 1} and '{name}' <> 'id'"
            return f"case when {is_agent} then {column} else copy * 100000000000 + {column} end"
        case "store_id":
            return f"regexp_replace({column}, '/([0-9]+)$', '/' || copy || '0\\1')"
        case "text":
            return f"{column} || '-' || copy"
        case "address":
            return f"replace({column}, '@', '.' || copy || '@')"
        case _:
            return column


def sizes(counts: dict[str, int]) -> Iterator[str]:
    """A line per table, for people."""
    for table, rows in counts.items():
        yield f"{table}: {rows:,} rows"
