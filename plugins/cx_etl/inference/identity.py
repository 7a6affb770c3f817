"""Customers from the links between identities: reads the links and what earlier builds left, writes what changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from cx_etl.inference.components import Components
from cx_etl.inference.customer_keys import Assigned, Change, Memory, assign, changes

if TYPE_CHECKING:
    import psycopg

# Who was seen first comes first.
IDENTITIES = 'select identity_key from intermediate.int_identities__unioned order by seen_at, identity_key collate "C"'
# The order matters only where a pair is kept apart: the stronger rule links first.
LINKS = (
    "select identity_key, linked_identity_key, rule from intermediate.int_customers__links"
    ' order by preference, identity_key collate "C", linked_identity_key collate "C", rule'
)
APART = "select identity_key, other_identity_key from intermediate.identity_overrides where decision = 'keep_apart'"
KEYS = "select identity_key, customer_key from inference.customer_identities"
FOUNDERS = "select customer_key, founder_identity_key from inference.customers order by number"

Link = tuple[int, int, str]


def run(connection: "psycopg.Connection", as_of_date: date) -> None:
    """Give every identity its customer's key, and record who was merged and split since the last build."""
    identities = [identity for (identity,) in _rows(connection, IDENTITIES)]
    places = {identity: place for place, identity in enumerate(identities)}
    links = [(places[one], places[other], rule) for one, other, rule in _rows(connection, LINKS)]
    apart = [
        (places[one], places[other])
        for one, other in _rows(connection, APART)
        if one in places and other in places and one != other
    ]
    memory = Memory(_pairs(connection, KEYS), _pairs(connection, FOUNDERS))
    components = Components(len(identities), apart)
    for one, other, _ in links:
        components.link(one, other)
    assigned = assign(identities, components.roots(), memory)
    found = changes(identities, assigned.keys, memory)
    _write_changes(connection, as_of_date, found, _reasons(identities, assigned.keys, links, apart, memory, found))
    _write_founders(connection, as_of_date, assigned)
    _write_keys(connection, identities, assigned.keys, memory)


def _reasons(
    identities: Sequence[str],
    keys: Sequence[str],
    links: Iterable[Link],
    apart: Iterable[tuple[int, int]],
    memory: Memory,
    found: Iterable[Change],
) -> dict[Change, str]:
    """Why: the rules of the links that are new inside the customer who gained, or what was undone."""
    if not found:
        return {}
    gained: dict[str, set[str]] = defaultdict(set)
    for one, other, rule in links:
        before = memory.keys.get(identities[one]), memory.keys.get(identities[other])
        if keys[one] == keys[other] and before[0] != before[1]:
            gained[keys[one]].add(rule)
    kept_apart = {frozenset((keys[one], keys[other])) for one, other in apart}
    return {change: ", ".join(sorted(_why(change, gained, kept_apart))) for change in found}


def _why(change: Change, gained: dict[str, set[str]], kept_apart: set[frozenset[str]]) -> Iterable[str]:
    if change.change != "split":
        return gained[change.to_key]
    return ["keep_apart" if frozenset((change.from_key, change.to_key)) in kept_apart else "link_gone"]


def _write_changes(
    connection: "psycopg.Connection", as_of_date: date, found: Iterable[Change], reasons: dict[Change, str]
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into inference.identity_changes"
            " (as_of_date, change, from_customer_key, to_customer_key, identities, rules)"
            " values (%s, %s, %s, %s, %s, %s)",
            [(as_of_date, each.change, each.from_key, each.to_key, each.identities, reasons[each]) for each in found],
        )


def _write_founders(connection: "psycopg.Connection", as_of_date: date, assigned: Assigned) -> None:
    """New keys take the next numbers; one that was handed on keeps its own."""
    connection.execute("create temp table founders (customer_key text, founder text, place bigint) on commit drop")
    _copy(connection, "founders", ((key, who, place) for place, (key, who) in enumerate(assigned.founders.items(), 1)))
    connection.execute(
        "insert into inference.customers (customer_key, number, founder_identity_key, founded_as_of)"
        " select customer_key, (select coalesce(max(number), 0) from inference.customers) + place, founder, %s"
        " from founders on conflict (customer_key) do update set founder_identity_key = excluded.founder_identity_key",
        (as_of_date,),
    )


def _write_keys(
    connection: "psycopg.Connection", identities: Sequence[str], keys: Sequence[str], memory: Memory
) -> None:
    """Only what differs from before is written."""
    gone = memory.keys.keys() - set(identities)
    changed = [pair for pair in zip(identities, keys, strict=True) if memory.keys.get(pair[0]) != pair[1]]
    connection.execute("create temp table changed (identity_key text, customer_key text) on commit drop")
    _copy(connection, "changed", [*changed, *((identity, None) for identity in sorted(gone))])
    connection.execute(
        "delete from inference.customer_identities using changed"
        " where customer_identities.identity_key = changed.identity_key"
    )
    connection.execute("insert into inference.customer_identities select * from changed where customer_key is not null")
    if changed:
        connection.execute("analyze inference.customer_identities")


def _copy(connection: "psycopg.Connection", table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _pairs(connection: "psycopg.Connection", query: str) -> dict[str, str]:
    return {one: other for one, other in _rows(connection, query)}  # noqa: C416 (a row is a tuple of any length)


def _rows(connection: "psycopg.Connection", query: str) -> Iterator[tuple[str, ...]]:
    with connection.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout") as copy:
        yield from copy.rows()
