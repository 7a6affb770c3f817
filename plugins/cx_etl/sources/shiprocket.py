"""Shiprocket: orders, shipments, what couriers tell of them, returns, deliveries that failed (NDR).

The connection's login and password are those of an API user that may read these modules. Limits: 429, unpublished.
Cannot see: when a row changed (versions are observations), what happened between two nights, changes of returns and
failed deliveries more than 60 days after their order began, air waybills that no courier knows (the landing keeps
the empty answers).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from cx_etl.errors import DataError
from cx_etl.sources.base import NOTHING, Answer, Page, Probe, Request, Source, Stream, Table, Window, records_under
from cx_etl.sources.shiprocket_lists import (
    DAYS_PER_REQUEST,
    NEWEST_FIRST,
    OLDEST_FIRST,
    begun,
    india_date,
    is_history,
    listed,
    listing,
    login,
    read_list,
    track,
)
from cx_etl.sources.shiprocket_records import (
    NOTHING_SAID,
    NonDelivery,
    Order,
    Return,
    Shipment,
    Tracking,
    ist_time,
)
from cx_etl.sources.shiprocket_tracking import read_tracked, read_tracked_one, trackings

RETURNS = "/orders/processing/return"
# How long after its beginning something may still change: so far back lists that know only that are read again.
OPEN_FOR = timedelta(days=60)
# Nothing happens to a parcel after these.
FINAL = frozenset({"DELIVERED", "CANCELED", "CANCELLED", "RTO DELIVERED", "LOST", "DESTROYED"})


def _orders(window: Window) -> tuple[Request, ...]:
    """Orders updated in the window, which the vendor knows for 30 days; further back, all that may have changed."""
    first, last = india_date(window.start), india_date(window.end)
    if (last - first).days > DAYS_PER_REQUEST:
        return (_all_orders(first, last),)
    updated = {**OLDEST_FIRST, "updated_from": str(first), "updated_to": str(last)}
    return (listing("/orders", updated, chain="updated").but(accepts=(400, 422)),)


def _all_orders(first: date, last: date) -> Request:
    request = begun("/orders", OLDEST_FIRST, first - OPEN_FOR, last)
    since = request.params["from"]
    note = "" if is_history(first) else f"updates are known for 30 days only: all orders since {since} were read again"
    return request.but(context={**request.context, "note": note})


def _read_orders(answer: Answer) -> Page:
    """A page, or the word that updates so far back are not known, as when old nights are made up for."""
    if answer.status == 200:
        return read_list(answer)
    request, told = answer.request, answer.body[:300].decode(errors="replace")
    if "30 days" not in told:
        raise DataError(f"shiprocket {request.path}: {answer.status} {told}", "compare with the vendor's changelog")
    first, last = (date.fromisoformat(request.params[name]) for name in ("updated_from", "updated_to"))
    return Page(0, (_all_orders(first, last),), bodies=NOTHING)


def _begun_in(path: str) -> Callable[[Window], tuple[Request, ...]]:
    return lambda window: (begun(path, {}, india_date(window.start), india_date(window.end)),)


def _shipments(window: Window) -> tuple[Request, ...]:
    """The list knows no dates: newest first, until all are older than what may still change."""
    since = india_date(window.start) - OPEN_FOR
    return (listing("/shipments", NEWEST_FIRST, since="" if is_history(since) else str(since)),)


def _read_shipments(answer: Answer) -> Page:
    page, since = read_list(answer), answer.request.context["since"]
    if not since:
        return page
    rows = listed(answer).data
    ids = [int(text) for row in rows if (text := str(row.get("id"))).isdigit()]
    is_sorted = ids == sorted(ids, reverse=True)
    is_over = is_sorted and all(_is_before(row.get("created_at"), date.fromisoformat(since)) for row in rows)
    # The vendor counts all there ever were; asked for were the newest.
    return replace(page, vendor_total=None, next=() if is_over else page.next)


def _is_before(text: Any, day: date) -> bool:
    try:
        created = ist_time(text)
    except (ValueError, AttributeError):
        return False
    return created is not None and created.date() < day


def _tracking(window: Window) -> tuple[Request, ...]:
    """The lists that name parcels: orders updated in the window, orders and returns that are not over."""
    (changed,) = _orders(window)
    since, last = india_date(window.start) - OPEN_FOR, india_date(window.end)
    opened = begun("/orders", OLDEST_FIRST, since, last, only="open")
    returned = begun(RETURNS, {}, since, last)
    return (changed, opened, returned) if changed.chain == "updated" else (changed, returned)


def _read_tracking(answer: Answer) -> Page:
    if answer.request.method == "POST":
        return read_tracked(answer)
    if "/courier/track/" in answer.request.path:
        return read_tracked_one(answer)
    page = _read_orders(answer)
    rows = listed(answer).data if answer.status == 200 else []
    if answer.request.context.get("only") == "open":
        rows = [row for row in rows if str(row.get("status")).upper() not in FINAL]
    calls = track(awb for row in rows for awb in _awbs(row))
    return replace(page, records=0, next=(*calls, *page.next), vendor_total=None, bodies=NOTHING)


def _awbs(row: dict[str, Any]) -> Iterator[str]:
    shipments = row.get("shipments")
    for shipment in shipments if isinstance(shipments, list) else []:
        for name in ("awb", "return_awb"):
            text = str(shipment.get(name) or "").strip()
            if text.upper() not in NOTHING_SAID:
                yield text


def _judge(answer: Answer) -> str:
    return f"{listed(answer).meta.pagination.total:,} can be read"


SOURCE = Source(
    name="shiprocket",
    auth=login,
    needs=("host", "login", "password"),
    probes=tuple(
        Probe(name, listing(path, {}), _judge)
        for name, path in (
            ("orders", "/orders"),
            ("shipments", "/shipments"),
            ("returns", RETURNS),
            ("ndr", "/ndr/all"),
        )
    ),
    streams=(
        Stream(
            name="orders",
            tables=(Table("shiprocket__orders", Order, "id"),),
            start=_orders,
            read=_read_orders,
            split=records_under("data"),
            # Whoever began in a window was updated in it, so this finds them whichever way they were asked for.
            found_by="created_at",
        ),
        Stream(
            name="shipments",
            tables=(Table("shiprocket__shipments", Shipment, "id"),),
            start=_shipments,
            read=_read_shipments,
            split=records_under("data"),
            found_by="created_at",
        ),
        Stream(
            name="tracking",
            tables=(Table("shiprocket__tracking", Tracking, "awb"),),
            start=_tracking,
            read=_read_tracking,
            split=trackings,
            # What is not asked again is over, not gone; the same holds for the lists below.
            reaches_back=timedelta(),
        ),
        Stream(
            name="returns",
            tables=(Table("shiprocket__returns", Return, "id"),),
            start=_begun_in(RETURNS),
            read=read_list,
            split=records_under("data"),
            overlap=OPEN_FOR,
            found_by="created_at",
            reaches_back=timedelta(),
        ),
        Stream(
            name="ndr",
            tables=(Table("shiprocket__ndr", NonDelivery, ("id", "shipment_id")),),
            start=_begun_in("/ndr/all"),
            read=read_list,
            split=records_under("data"),
            overlap=OPEN_FOR,
            found_by="created_at",
            reaches_back=timedelta(),
        ),
    ),
)
