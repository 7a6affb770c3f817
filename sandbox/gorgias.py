"""Gorgias: lists newest first behind cursors, without any filter by time; a leaky bucket of 40 calls.

A cursor names a place in the order: what changes moves to the front, behind whoever walks. Cursors of the older kind
count rows instead, so that what moves to the front pushes others to the next page, where they come again.
"""

import base64
import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.clock import PointBucket
from sandbox.dataset import Order, Record, StreamSpec, Version, World, json_response

BUCKET_CALLS, CALLS_PER_SECOND = 40, 2.0
PAGE, LARGEST_PAGE = 30, 100
CURSORS_COUNT_ROWS = False


class Keys(msgspec.Struct, gc=False):
    """The fields that lists are ordered and chosen by."""

    id: int
    created_datetime: datetime
    updated_datetime: datetime | None = None
    ticket_id: int | None = None
    name: str | None = None
    trashed_datetime: datetime | None = None


NAMES = ("tickets", "messages", "satisfaction_surveys", "customers", "users")
STREAMS = tuple(StreamSpec(f"gorgias/{name}", Keys) for name in NAMES)


class Refused(Exception):
    """A parameter that the vendor refuses with 400."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.body = {"error": {"msg": "Failed to validate the request.", "data": {name: [text]}}}


def by_creation(version: Version) -> tuple[Any, ...]:
    return (in_utc(version.keys.created_datetime), version.keys.id)


def by_change(version: Version) -> tuple[Any, ...]:
    return (in_utc(version.keys.updated_datetime or version.keys.created_datetime), version.keys.id)


def by_name(version: Version) -> tuple[Any, ...]:
    return (version.keys.name or "", version.keys.id)


def in_utc(moment: datetime) -> str:
    """A time as text that sorts; one without an offset is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")


ORDERS: dict[str, Order] = {"created_datetime": by_creation, "updated_datetime": by_change, "name": by_name}


@dataclass(frozen=True)
class Listing:
    """A list of the API: its stream, the clocks it can be ordered by (the first is the default), and its parameters."""

    stream: str
    clocks: tuple[str, ...]
    default: str = "desc"
    params: frozenset[str] = frozenset()


LISTINGS = {
    "tickets": Listing(
        "gorgias/tickets", ("created_datetime", "updated_datetime"), params=frozenset({"trashed", "customer_id"})
    ),
    "messages": Listing("gorgias/messages", ("created_datetime",), params=frozenset({"ticket_id"})),
    "satisfaction-surveys": Listing(
        "gorgias/satisfaction_surveys", ("created_datetime",), params=frozenset({"ticket_id"})
    ),
    "customers": Listing("gorgias/customers", ("name", "created_datetime", "updated_datetime"), "asc"),
    "users": Listing("gorgias/users", ("name", "created_datetime"), "asc"),
}


async def answer(request: Request, world: World) -> Response:
    """One call of the API: key, limit, then the endpoint."""
    if not re.match(r"(?i)basic +\S", request.headers.get("authorization", "")):
        return json_response({"error": {"msg": "Authentication required."}}, 401)
    bucket = world.memory.setdefault("gorgias", PointBucket(BUCKET_CALLS, CALLS_PER_SECOND))
    has_room = not world.limited or bucket.take(1)
    used = f"{math.ceil(BUCKET_CALLS - bucket.level)}/{BUCKET_CALLS}"
    if not has_room:
        wait = math.ceil((1 - bucket.level) / CALLS_PER_SECOND)
        response = json_response({"error": {"msg": "Too many requests."}}, 429, {"retry-after": str(wait)})
    else:
        response = respond(request, world)
    response.headers["X-Gorgias-Account-Api-Call-Limit"] = used
    return response


def respond(request: Request, world: World) -> Response:
    """The answer of a known endpoint, or the vendor's refusal."""
    path = request.path_params["rest"].removeprefix("api/").strip("/")
    try:
        if path in LISTINGS:
            return json_response(list_page(path, LISTINGS[path], request.query_params, world))
    except Refused as error:
        return json_response(error.body, 400)
    if path == "account":
        return json_response({"domain": "shop", "status": {"status": "active"}})
    found = re.fullmatch(r"tickets/(\d+)", path)
    ticket = world.stream("gorgias/tickets").live(world.clock.unix).get(int(found[1])) if found else None
    if ticket is None:
        return json_response({"error": {"msg": "Resource not found."}}, 404)
    return json_response(with_details(ticket, world))


def list_page(path: str, listing: Listing, params: Mapping[str, str], world: World) -> Record:
    """A page of the list, with the cursor of the next one unless it is the last."""
    unknown = set(params) - listing.params - {"limit", "cursor", "order_by"}
    if unknown:
        raise Refused(min(unknown), "Unknown field.")
    clock, direction = ordering(listing, params)
    order = ORDERS[clock]
    live = world.stream(listing.stream).rows(world.clock.unix, order)
    rows = [row for row in live if is_chosen(row.keys, params)]
    rows = rows[::-1] if direction == "desc" else rows
    size = limit_of(params)
    first = start_of(rows, order, direction, params.get("cursor"))
    page = rows[first : first + size]
    has_more = first + size < len(rows)
    place = [first + size] if CURSORS_COUNT_ROWS else list(order(page[-1])) if page else []
    following = make_cursor(["next", *place]) if has_more else None
    meta = {"prev_cursor": params.get("cursor"), "next_cursor": following}
    return {"object": "list", "uri": f"/api/{path}", "data": [row.raw for row in page], "meta": meta}


def ordering(listing: Listing, params: Mapping[str, str]) -> tuple[str, str]:
    """Field and direction of the order that was asked for."""
    text = params.get("order_by") or f"{listing.clocks[0]}:{listing.default}"
    clock, _, direction = text.partition(":")
    if clock not in listing.clocks or direction not in ("asc", "desc"):
        raise Refused("order_by", f"Must be one of: {', '.join(listing.clocks)}, with :asc or :desc.")
    return clock, direction


def is_chosen(keys: Keys, params: Mapping[str, str]) -> bool:
    """Whether the parameters leave the record in; trashed tickets are in unless they are unwanted."""
    if params.get("trashed") == "false" and keys.trashed_datetime:
        return False
    return "ticket_id" not in params or str(keys.ticket_id) == params["ticket_id"]


def limit_of(params: Mapping[str, str]) -> int:
    text = params.get("limit", str(PAGE))
    if not re.fullmatch(r"[1-9]\d*", text) or int(text) > LARGEST_PAGE:
        raise Refused("limit", f"Must be between 1 and {LARGEST_PAGE}.")
    return int(text)


def start_of(rows: list[Version], order: Order, direction: str, cursor: str | None) -> int:
    """Index of the first row behind the cursor's place."""
    if not cursor:
        return 0
    try:
        _, *place = msgspec.json.decode(base64.b64decode(cursor), type=list[Any])
    except (msgspec.DecodeError, ValueError) as error:
        raise Refused("cursor", "Invalid cursor.") from error
    if CURSORS_COUNT_ROWS:
        return int(place[0])
    is_behind = operator.lt if direction == "desc" else operator.gt
    return next((index for index, row in enumerate(rows) if is_behind(order(row), tuple(place))), len(rows))


def make_cursor(place: list[Any]) -> str:
    return base64.b64encode(msgspec.json.encode(place)).decode()


def with_details(ticket: Version, world: World) -> Record:
    """A ticket alone, with its messages and its survey, which lists leave out."""

    def of_ticket(stream: str) -> list[msgspec.Raw]:
        rows = world.stream(stream).rows(world.clock.unix, by_creation)
        return [row.raw for row in rows if row.keys.ticket_id == ticket.id]

    messages, surveys = of_ticket("gorgias/messages"), of_ticket("gorgias/satisfaction_surveys")
    return ticket.decode() | {"messages": messages, "satisfaction_survey": surveys[0] if surveys else None}
