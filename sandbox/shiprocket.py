"""Shiprocket: login, lists by page and by India's dates, tracking of air waybills, and 200s that are none.

Nothing in a list says when a row changed; ``updated_from`` looks that up in the versions of the dataset.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from sandbox.connections import KEYS
from sandbox.dataset import Record, StreamSpec, Version, World, json_response
from sandbox.records.shiprocket import INDIA, object_time

ROOT = "/shiprocket/v1/external/"
TOKEN_SECONDS = 240 * 3600
UPDATES_DAYS = 30
LARGEST_PAGE, DEFAULT_PAGE = 100, 15
LARGEST_BATCH = 50
CALLS, CALLS_SECONDS = 100, 60
UNKNOWN_AWB = "Aahh! There is no activities found in our DB. Please have some patience it will be updated soon."


class Parcel(msgspec.Struct, gc=False):
    awb: str | int | None = None


class Keys(msgspec.Struct, gc=False):
    """What lists are filtered and sorted by."""

    id: int
    status: str = ""
    created_at: str = ""
    awb: str | int | None = None
    order_id: int = 0
    shipments: list[Parcel] = []


class TrackingKeys(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="awb")


class Refused(Exception):
    """A parameter that the vendor refuses, by 422 with the field or by 400."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def order_day(text: str) -> date:
    return datetime.strptime(text, "%d %b %Y, %I:%M %p").date()  # noqa: DTZ007 the vendor's times are India's


@dataclass(frozen=True)
class Listing:
    """A list: its stream, how it writes nothing in ``links``, and whether it can be filtered by date."""

    stream: str
    no_links: Any
    has_dates: bool = True


LISTINGS = {
    "orders": Listing("shiprocket/orders", {}),
    "shipments": Listing("shiprocket/shipments", {}, has_dates=False),
    "orders/processing/return": Listing("shiprocket/returns", []),
    "ndr/all": Listing("shiprocket/ndr", []),
}
STREAMS = (
    *(StreamSpec(listing.stream, Keys) for listing in LISTINGS.values()),
    StreamSpec("shiprocket/tracking", TrackingKeys),
)


def by_id(version: Version) -> tuple[int, int]:
    return (version.keys.id, 0)


def by_status(version: Version) -> tuple[str, int]:
    return (version.keys.status, version.keys.id)


async def answer(request: Request, world: World) -> Response:
    """One call of the API: the login, or the token, the limit, then the endpoint."""
    path = request.url.path.removeprefix(ROOT).strip("/")
    if (request.method, path) == ("POST", "auth/login"):
        return log_in(await request.body(), world)
    refused = token_problem(request, world)
    if refused:
        return failure(refused, 401)
    if world.limited and world.calls.take("shiprocket", CALLS, CALLS_SECONDS)[0] > CALLS:
        return failure("Too Many Attempts.", 429)
    try:
        return serve(request.method, path, request.query_params, await request.body(), world)
    except Refused as problem:
        if problem.field:
            body = {"message": "The given data was invalid.", "errors": {problem.field: [problem.message]}}
            return json_response(body | {"status_code": 422}, 422)
        return failure(problem.message, 400)


def failure(message: str, status: int) -> Response:
    return json_response({"message": message, "status_code": status}, status)


def log_in(body: bytes, world: World) -> Response:
    """A token for ten days; how long it is good for is not said."""
    given = msgspec.json.decode(body, type=dict[str, str])
    if (given.get("email"), given.get("password")) != KEYS["shiprocket"]:
        return failure("Invalid email and password combination", 403)
    token = secrets.token_urlsafe(24)
    world.memory.setdefault("shiprocket tokens", {})[token] = world.clock.unix + TOKEN_SECONDS
    user = {"id": 1, "first_name": "API", "last_name": "USER", "email": given["email"], "company_id": 67216}
    return json_response({**user, "created_at": "2026-01-01 10:00:00", "token": token})


def token_problem(request: Request, world: World) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    ends = world.memory.get("shiprocket tokens", {}).get(token)
    if kind != "Bearer" or ends is None:
        return "Token not provided or invalid"
    return None if world.clock.unix < ends else "Token has expired"


def serve(method: str, path: str, params: QueryParams, body: bytes, world: World) -> Response:
    if (method, path) == ("POST", "courier/track/awbs"):
        return track_many(body, world)
    if method == "GET" and path in LISTINGS:
        return list_page(path, params, world)
    one = re.fullmatch(r"courier/track/awb/(.+)", path)
    if one:
        return json_response(tracked(one[1], world) or untracked())
    one = re.fullmatch(r"shipments/(\d+)", path)
    found = world.stream("shiprocket/shipments").live(world.clock.unix).get(int(one[1])) if one else None
    return json_response({"data": detail(found)}) if found else failure("404 Not Found", 404)


def list_page(path: str, params: QueryParams, world: World) -> Response:
    """A numbered page of the list, newest id first unless asked otherwise."""
    listing = LISTINGS[path]
    size, number = whole(params, "per_page", DEFAULT_PAGE), whole(params, "page", 1)
    size = min(size, LARGEST_PAGE)
    order = by_status if params.get("sort_by") == "status" else by_id
    rows = world.stream(listing.stream).rows(world.clock.unix, order)
    rows = rows if params.get("sort", "DESC").upper() == "ASC" else rows[::-1]
    if listing.has_dates:
        is_in_time = filters(params, world) if path == "orders" else begun_filter(params)
        rows = [row for row in rows if is_in_time(row)]
    pages = max(1, -(-len(rows) // size))
    page = rows[(number - 1) * size : number * size]
    told = {"total": len(rows), "count": len(page), "per_page": size, "current_page": number, "total_pages": pages}
    address = f"https://apiv2.example/v1/external/{path}?page={number + 1}"
    links = {"next": address} if number < pages else listing.no_links
    return json_response({"data": [row.raw for row in page], "meta": {"pagination": {**told, "links": links}}})


def filters(params: QueryParams, world: World) -> Callable[[Version], bool]:
    """By the dates of the update, which come in pairs and reach back 30 days, or by those of the beginning."""
    first, last = day_of(params, "updated_from"), day_of(params, "updated_to")
    if first is None and last is None:
        return begun_filter(params)
    if first is None or last is None:
        raise Refused("Please send update_from date along with update_to date")
    if (last - first).days > UPDATES_DAYS:
        raise Refused("Difference between updated_from and update_to date should not be greater than 30 days.")
    if first < world.clock.now.astimezone(INDIA).date() - timedelta(days=UPDATES_DAYS):
        raise Refused("Updated_from date should not be less than 30 days from current date")
    return lambda row: first <= datetime.fromtimestamp(row.at, UTC).astimezone(INDIA).date() <= last


def begun_filter(params: QueryParams) -> Callable[[Version], bool]:
    first, last = day_of(params, "from") or date.min, day_of(params, "to") or date.max
    return lambda row: first <= order_day(row.keys.created_at) <= last


def day_of(params: QueryParams, name: str) -> date | None:
    text = params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"The {name} does not match the format Y-m-d.", name) from None


def whole(params: QueryParams, name: str, default: int) -> int:
    text = params.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise Refused(f"The {name} must be at least 1.", name)
    return int(text)


def track_many(body: bytes, world: World) -> Response:
    """One air waybill that is none empties the whole answer."""
    asked = msgspec.json.decode(body, type=dict[str, list[str]]).get("awbs", [])
    if not 0 < len(asked) <= LARGEST_BATCH:
        raise Refused(f"The awbs must have between 1 and {LARGEST_BATCH} items.", "awbs")
    known = known_awbs(world)
    if not all(awb in known and re.fullmatch(r"[A-Za-z0-9]+", awb) for awb in asked):
        return json_response({})
    return json_response({awb: tracked(awb, world) or untracked() for awb in asked})


def known_awbs(world: World) -> set[str]:
    """Every air waybill that an order, a shipment or a return carries."""

    def make(at: float) -> set[str]:
        rows = [row for listing in LISTINGS.values() for row in world.stream(listing.stream).live(at).values()]
        parcels = [parcel.awb for row in rows for parcel in row.keys.shipments]
        return {str(awb) for awb in (*parcels, *(row.keys.awb for row in rows)) if awb}

    return world.stream("shiprocket/orders").cached(world.clock.unix, "awbs", make)


def tracked(awb: str, world: World) -> Record | None:
    found = world.stream("shiprocket/tracking").live(world.clock.unix).get(awb)
    if found is None:
        return None
    return {"tracking_data": {name: value for name, value in found.decode().items() if name != "awb"}}


def untracked() -> Record:
    """A good answer that is an error."""
    return {"tracking_data": {"track_status": 0, "error": UNKNOWN_AWB}}


def detail(version: Version) -> Record:
    """A shipment by itself: its times are objects, its status is a number."""
    row = version.decode()
    created = datetime.strptime(
        re.sub(r"^(\d+)[a-z]+", r"\1", row["created_at"]), "%d %b %Y %I:%M %p"
    ).replace(tzinfo=INDIA)  # fmt: skip
    changed = datetime.fromtimestamp(version.at, UTC)
    plain = {"id": row["id"], "order_id": row["order_id"], "channel_id": row["channel_id"], "awb": row["awb"] or None}
    times = {"created_at": object_time(created), "updated_at": object_time(changed), "shipped_date": None}
    return {**plain, "status": 8 if row["status"] == "CANCELED" else 1, "weight": "0.500", "cost": "0.00", **times}
