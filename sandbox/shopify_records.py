"""Shopify's records: search syntax (time ranges joined by AND), sort keys, and connections by page or whole."""

import base64
import binascii
import operator
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from graphql import GraphQLError

from sandbox.dataset import Record, StreamSpec, Version, World
from sandbox.shopify_access import is_shown

LARGEST_PAGE = 250
TERM = re.compile(r"(?P<field>\w+):(?P<sign><=|>=|<|>|=)?(?P<value>'[^']*'|\"[^\"]*\"|\S+)")
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, None: operator.eq}
TIMES = {"updated_at", "created_at", "processed_at"}

Row = tuple[tuple[Any, ...], Any]


class Keys(msgspec.Struct, rename="camel", gc=False):
    """What can be searched and sorted by."""

    id: str
    updated_at: datetime
    created_at: datetime | None = None
    processed_at: datetime | None = None
    status: str | None = None


STREAMS = tuple(
    StreamSpec(f"shopify/{name}", Keys) for name in ("orders", "customers", "fulfillment_orders", "abandoned_checkouts")
)


def number_of(gid: int | str) -> int:
    """The number at the end of a global id; 0 when it does not end in one."""
    tail = str(gid).rpartition("/")[2]
    return int(tail) if tail.isdigit() else 0


def by_time(version: Version, name: str) -> tuple[Any, ...]:
    at = getattr(version.keys, name)
    return (at.timestamp() if at else 0.0, number_of(version.id), version.id)


def by_updated(version: Version) -> tuple[Any, ...]:
    return by_time(version, "updated_at")


def by_created(version: Version) -> tuple[Any, ...]:
    return by_time(version, "created_at")


def by_processed(version: Version) -> tuple[Any, ...]:
    return by_time(version, "processed_at")


def by_id(version: Version) -> tuple[Any, ...]:
    return (number_of(version.id), version.id)


SORTS = {"UPDATED_AT": by_updated, "CREATED_AT": by_created, "PROCESSED_AT": by_processed, "ID": by_id}


def search(world: World, stream: str, arguments: Record) -> list[Row]:
    """The live records that match and may be seen, as (sort key, version), in ascending order."""
    order = SORTS.get(arguments.get("sortKey", "ID"))
    if order is None:
        raise GraphQLError(f"the sandbox cannot sort by {arguments['sortKey']}; it can by {sorted(SORTS)}")
    query = arguments.get("query") or ""
    terms = parse_terms(query)
    is_all = arguments.get("includeClosed", True)

    def find(now: float) -> list[Row]:
        rows = world.stream(stream).rows(now, order)
        found = [row for row in rows if all(is_match(row, *term) for term in terms)]
        return [(order(row), row) for row in found if is_all or row.keys.status != "CLOSED"]

    rows = world.stream(stream).cached(world.clock.unix, (query, order, is_all), find)
    return [row for row in rows if is_shown(world, stream, row[1].keys)]


def parse_terms(query: str) -> list[tuple[str, Any, float]]:
    """A search as (field, comparison, Unix time) terms; others are refused, where the vendor ignores them."""
    terms = []
    for part in re.split(r"\s+AND\s+", query.strip()) if query.strip() else ():
        found = TERM.fullmatch(part.strip())
        if found is None or found["field"] not in TIMES:
            raise GraphQLError(f"the sandbox does not know the search term {part!r}; it knows {sorted(TIMES)}")
        terms.append((found["field"], SIGNS[found["sign"]], unix_of(found["value"].strip("'\""))))
    return terms


def unix_of(text: str) -> float:
    """Unix time of an ISO time, which is UTC when it does not say."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise GraphQLError(f"{text!r} in the search is not a time") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def is_match(version: Version, field: str, compare: Any, value: float) -> bool:
    at = getattr(version.keys, field)
    return at is not None and compare(at.timestamp(), value)


def page_of(rows: Sequence[Row], arguments: Record) -> Record:
    """One page of a connection over ascending rows, behind the cursor's sort key; the vendor insists on ``first``."""
    first = arguments.get("first")
    if first is None:
        raise GraphQLError("you must provide one of first or last")
    if not 0 < first <= LARGEST_PAGE:
        raise GraphQLError(f"first must be between 1 and {LARGEST_PAGE}")
    after = arguments.get("after")
    is_reversed = arguments.get("reverse")
    behind = rows[::-1] if is_reversed else rows
    start = passed(rows, parse_cursor(after), is_reversed) if after else 0
    page = [(make_cursor(key), decoded(item)) for key, item in behind[start : start + first]]
    info = {
        "hasNextPage": start + first < len(rows),
        "hasPreviousPage": start > 0,
        "startCursor": page[0][0] if page else None,
        "endCursor": page[-1][0] if page else None,
    }
    edges = [{"cursor": cursor, "node": node} for cursor, node in page]
    return {"edges": edges, "nodes": [node for _, node in page], "pageInfo": info}


def passed(rows: Sequence[Row], position: tuple[Any, ...], is_reversed: bool | None) -> int:
    """How many rows lie before the position, or on it, in the direction of the walk."""
    if is_reversed:
        return len(rows) - bisect_left(rows, position, key=lambda row: row[0])
    return bisect_right(rows, position, key=lambda row: row[0])


def whole(rows: Sequence[Row]) -> Record:
    """A connection with all its rows, as a bulk operation walks it."""
    nodes = [decoded(item) for _, item in rows]
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {"edges": [{"cursor": "", "node": node} for node in nodes], "nodes": nodes, "pageInfo": info}


def decoded(item: Version | Record) -> Record:
    """The record; the parts of an order know it."""
    if not isinstance(item, Version):
        return item
    record = item.decode()
    for part in parts_of(record):
        part["order"] = record
    return record


def parts_of(record: Record) -> list[Record]:
    """The fulfillments, refunds and returns of an order; other records have none that belong to them alone."""
    if "/Order/" not in record["id"]:
        return []
    returns = (record.get("returns") or {}).get("nodes", ())
    return [*record.get("fulfillments", ()), *record.get("refunds", ()), *returns]


def make_cursor(key: tuple[Any, ...]) -> str:
    return base64.b64encode(msgspec.json.encode(key)).decode()


def parse_cursor(text: str) -> tuple[Any, ...]:
    try:
        return tuple(msgspec.json.decode(base64.b64decode(text, validate=True)))
    except (binascii.Error, msgspec.DecodeError, TypeError) as error:
        raise GraphQLError("invalid cursor for current pagination sort") from error
