"""WooCommerce REST v3: orders, refunds, customers and products of one site, by page number, with counts in headers.

What a site is like can be set in ``[woocommerce]`` of dataset.toml: ``storage`` is "hpos" (orders sorted by GMT) or
"posts" (sorted by the site's own clock, which repeats an hour each autumn); ``has_refunds_route`` is false for sites
before 9.0.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Order, StreamSpec, Version, World, json_response
from sandbox.records.woocommerce import SITE_ZONE
from sandbox.woocommerce_auth import error, refusal

ROOT = "/woocommerce/wp-json/wc/v3/"
LARGEST_PAGE = 100
# What "any" leaves out.
HIDDEN = frozenset({"trash", "auto-draft"})
# A host's own protection, not the vendor's: so many calls in so many seconds, then a page of the web server.
WALL_CALLS, WALL_SECONDS = 50, 10
WALL = "<html><head><title>429 Too Many Requests</title></head><body><center>nginx</center></body></html>"


class Keys(msgspec.Struct, gc=False):
    """What lists are filtered and sorted by."""

    id: int
    status: str = ""
    role: str = ""
    parent_id: int = 0
    first_name: str = ""
    date_created: str | None = None
    date_created_gmt: str | None = None
    date_modified: str | None = None
    date_modified_gmt: str | None = None


class Refused(Exception):
    """A parameter the vendor refuses with 400."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name, self.problem = name, problem


def by_id(version: Version) -> tuple[int, int]:
    return (version.keys.id, 0)


def by_name(version: Version) -> tuple[str, int]:
    return (version.keys.first_name, version.keys.id)


def by_created(version: Version) -> tuple[str, int]:
    return (version.keys.date_created or "", version.keys.id)


def by_created_gmt(version: Version) -> tuple[str, int]:
    return (version.keys.date_created_gmt or "", version.keys.id)


def by_modified(version: Version) -> tuple[str, int]:
    return (version.keys.date_modified or "", version.keys.id)


def by_modified_gmt(version: Version) -> tuple[str, int]:
    return (version.keys.date_modified_gmt or "", version.keys.id)


ORDERS = {"id": by_id, "date": by_created, "modified": by_modified, "registered_date": by_created, "name": by_name}
HPOS_ORDERS = ORDERS | {"date": by_created_gmt, "modified": by_modified_gmt}


@dataclass(frozen=True)
class Listing:
    """A list: its stream, what it can be sorted by (the first is the default), and whether it knows dates."""

    stream: str
    sorts: tuple[str, ...] = ("date", "id", "include", "title", "slug", "modified")
    direction: str = "desc"
    has_dates: bool = True


LISTINGS = {
    "orders": Listing("woocommerce/orders"),
    "refunds": Listing("woocommerce/refunds"),
    "products": Listing("woocommerce/products"),
    "customers": Listing("woocommerce/customers", ("name", "id", "include", "registered_date"), "asc", False),
}
STREAMS = tuple(StreamSpec(listing.stream, Keys) for listing in LISTINGS.values())


async def answer(request: Request, world: World) -> Response:
    """One call of the API: the host's wall, the key, then the list."""
    if world.limited and world.calls.take("woocommerce", WALL_CALLS, WALL_SECONDS)[0] > WALL_CALLS:
        return Response(WALL, 429, media_type="text/html")
    path = request.url.path.removeprefix(ROOT).strip("/")
    refunds_of = re.fullmatch(r"orders/(\d+)/refunds", path)
    site = world.dataset.settings.get("woocommerce", {})
    has_route = path in LISTINGS and (path != "refunds" or site.get("has_refunds_route", True))
    if not has_route and not refunds_of:
        text = "No route was found matching the URL and request method."
        return error("rest_no_route", text, 404)
    refused = refusal(request, world)
    if refused:
        return refused
    try:
        if refunds_of:
            return list_page(LISTINGS["refunds"], request, world, int(refunds_of[1]))
        return list_page(LISTINGS[path], request, world)
    except Refused as problem:
        message = f"Invalid parameter(s): {problem.name}"
        return error("rest_invalid_param", message, 400, params={problem.name: problem.problem})


def list_page(listing: Listing, request: Request, world: World, order: int | None = None) -> Response:
    """A page of the list, or of one order's refunds; the headers count what the filters let through just now."""
    params = request.query_params
    size = whole_number(params, "per_page", 10, LARGEST_PAGE)
    number = whole_number(params, "page", 1, 10**9)
    rows = [row for row in in_order(listing, params, world) if passes(listing, row, params)]
    rows = rows if order is None else [row for row in rows if row.keys.parent_id == order]
    start = whole_number(params, "offset", 0, 10**9, least=0) or (number - 1) * size
    pages = -(-len(rows) // size)
    headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages)}
    links = link_header(request, start // size + 1, pages)
    shown = [without_parent(row) if order is not None else row.raw for row in rows[start : start + size]]
    return json_response(shown, headers=headers | ({"Link": links} if links else {}))


def in_order(listing: Listing, params: QueryParams, world: World) -> list[Version]:
    """All rows of the list, sorted as asked."""
    sort = params.get("orderby", listing.sorts[0])
    if sort not in listing.sorts:
        raise Refused("orderby", f"orderby is not one of {', '.join(listing.sorts)}.")
    direction = params.get("order", listing.direction)
    if direction not in ("asc", "desc"):
        raise Refused("order", "order is not one of asc and desc.")
    site = world.dataset.settings.get("woocommerce", {})
    orders: Mapping[str, Order] = HPOS_ORDERS if site.get("storage", "hpos") == "hpos" else ORDERS
    rows = world.stream(listing.stream).rows(world.clock.unix, orders.get(sort, by_id))
    return rows[::-1] if direction == "desc" else rows


def passes(listing: Listing, row: Version, params: QueryParams) -> bool:
    if not listing.has_dates:
        role = params.get("role", "customer")
        return role in ("all", row.keys.role)
    return has_status(row, params) and is_in_time(row, params)


def has_status(row: Version, params: QueryParams) -> bool:
    """``any`` short-circuits whatever else is asked, and it is not quite any."""
    wanted = ",".join(params.getlist("status")) or "any"
    names = wanted.split(",")
    return row.keys.status not in HIDDEN if "any" in names else row.keys.status in names


def is_in_time(row: Version, params: QueryParams) -> bool:
    """Whether the row's times lie strictly within the asked ones, by the site's own column unless GMT is asked for."""
    suffix = "_gmt" if params.get("dates_are_gmt", "false") in ("true", "1") else ""
    checks: dict[str, tuple[str, Callable[[str, str], bool]]] = {
        "after": ("date_created", str.__gt__),
        "before": ("date_created", str.__lt__),
        "modified_after": ("date_modified", str.__gt__),
        "modified_before": ("date_modified", str.__lt__),
    }
    return all(
        compare(getattr(row.keys, column + suffix) or "", site_time(name, params[name]))
        for name, (column, compare) in checks.items()
        if name in params
    )


def site_time(name: str, text: str) -> str:
    """The asked time as the site reads it: one with an offset is brought to the site's zone, whatever the column."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(name, "Invalid date.") from None
    moment = moment.astimezone(SITE_ZONE) if moment.tzinfo else moment
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def whole_number(params: QueryParams, name: str, default: int, largest: int, least: int = 1) -> int:
    text = params.get(name) or str(default)
    if not text.isdigit() or not least <= int(text) <= largest:
        raise Refused(name, f"{name} must be between {least} (inclusive) and {largest} (inclusive)")
    return int(text)


def without_parent(row: Version) -> dict[str, Any]:
    """A refund in the list of its order's, which goes without saying whose it is."""
    return {key: value for key, value in row.decode().items() if key != "parent_id"}


def link_header(request: Request, number: int, pages: int) -> str:
    """Addresses of the pages beside this one, with all that was asked."""
    address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    beside = [("prev", min(number - 1, pages))] if number > 1 else []
    beside += [("next", number + 1)] if pages > number else []
    params = dict(request.query_params)
    return ", ".join(f'<{address}?{urlencode(params | {"page": page})}>; rel="{rel}"' for rel, page in beside)
