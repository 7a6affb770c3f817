"""WooCommerce REST v3: orders with their lines, refunds, customers, products.

The connection's login and password are a consumer key and secret with read access, of a user who may manage the shop;
over plain http they sign the query. Limits: none of the vendor's; hosts answer 429 or 503. Cannot see: what changed
without moving an order's modified time, orders deleted for good (until the weekly reconcile), the past of customers
and products. Needs WooCommerce 5.8, which brought ``modified_after``; before 9.0 refunds are asked order by order.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cx_etl.contract import utc
from cx_etl.errors import ConfigError, DataError
from cx_etl.sources.base import NOTHING, Answer, Page, Probe, Request, Source, Stream, Table, Window
from cx_etl.sources.woocommerce_lists import (
    API,
    CREATED,
    MODIFIED,
    SECOND,
    count,
    json_of,
    key,
    numbered,
    read_numbered,
    read_since,
    read_whole_list,
    rows_of,
    since,
    split,
    whole_list,
)
from cx_etl.sources.woocommerce_records import Customer, Order, Product, Refund


def _orders(window: Window) -> tuple[Request, ...]:
    """``any`` is every status but trash; what lies in the trash has a list of its own."""
    return tuple(since(window.start, "/orders", MODIFIED, status=status) for status in ("any", "trash"))


def _refunds(window: Window) -> tuple[Request, ...]:
    return (since(window.start, "/refunds", CREATED).but(accepts=(404,), context={"order_id": ""}),)


def _read_refunds(answer: Answer) -> Page:
    """The list of all refunds; where the site has none, each changed order's own."""
    path = answer.request.path.removeprefix(API)
    if path == "/refunds":
        return _without_route(answer) if answer.status == 404 else read_since(answer, CREATED)
    return _read_refunded_orders(answer) if path == "/orders" else read_numbered(answer)


def _without_route(answer: Answer) -> Page:
    told = msgspec.json.decode(json_of(answer.body), type=dict[str, Any])
    if told.get("code") != "rest_no_route":
        raise DataError(f"woocommerce {answer.request.path}: 404 {told}", "look at the site's permalinks")
    start = utc(datetime.fromisoformat(answer.request.params[CREATED.after])) + SECOND
    note = "the site has no list of all refunds (WooCommerce before 9.0): asked for those of each changed order"
    return Page(0, _orders(Window(start, start)), bodies=NOTHING, note=note)


def _read_refunded_orders(answer: Answer) -> Page:
    page = read_since(answer, MODIFIED)
    refunded = [str(row["id"]) for row in rows_of(answer) if row.get("refunds")]
    refunds = (numbered(f"/orders/{order}/refunds", order_id=order) for order in refunded)
    return replace(page, records=0, next=(*refunds, *page.next), vendor_total=None, bodies=NOTHING)


def _modified_at(order: Order) -> datetime:
    return utc(order.date_modified_gmt)


def _judge_count(answer: Answer) -> str:
    return f"{count(answer, 'X-WP-Total'):,} can be read"


def _judge_filter(answer: Answer) -> str:
    """No order has been changed in the future; a site that shows one does not know the filter."""
    if count(answer, "X-WP-Total"):
        raise ConfigError("the site ignores modified_after", "update WooCommerce to 5.8 or later")
    return "the site filters by modified time"


def _judge_refunds(answer: Answer) -> str:
    return "all of them in one list" if answer.status == 200 else "order by order (WooCommerce before 9.0)"


def _one(path: str, **params: str) -> Request:
    return Request(API + path, params={**params, "per_page": "1"})


FUTURE = {"modified_after": "2999-01-01T00:00:00", "dates_are_gmt": "true"}

SOURCE = Source(
    name="woocommerce",
    auth=key,
    needs=("host", "login", "password"),
    probes=(
        Probe("orders", _one("/orders", status="any"), _judge_count),
        Probe("customers", _one("/customers", role="all"), _judge_count),
        Probe("products", _one("/products"), _judge_count),
        Probe("filter by time", _one("/orders", **FUTURE), _judge_filter),
        Probe("refunds", _one("/refunds").but(accepts=(404,)), _judge_refunds),
    ),
    streams=(
        Stream(
            name="orders",
            tables=(Table("woocommerce__orders", Order, "id"),),
            start=_orders,
            read=lambda answer: read_since(answer, MODIFIED),
            split=split,
            version_at=_modified_at,
            deleted_at=lambda order: _modified_at(order) if order.status == "trash" else None,
            found_by="date_modified_gmt",
            absent_is_deleted=True,
        ),
        Stream(
            name="refunds",
            tables=(Table("woocommerce__refunds", Refund, "id"),),
            start=_refunds,
            read=_read_refunds,
            split=split,
            version_at=lambda refund: utc(refund.date_created_gmt),
            context_fields=("order_id",),
            # A refund may be deleted again soon after, without a trace in its order.
            overlap=timedelta(days=7),
            found_by="date_created_gmt",
            absent_is_deleted=True,
        ),
        Stream(
            name="customers",
            tables=(Table("woocommerce__customers", Customer, "id"),),
            # Whoever bought while having another role is a customer too.
            start=whole_list("/customers", role="all"),
            read=read_whole_list,
            split=split,
            found_by="",
            absent_is_deleted=True,
        ),
        Stream(
            name="products",
            tables=(Table("woocommerce__products", Product, "id"),),
            start=whole_list("/products", status="any"),
            read=read_whole_list,
            split=split,
            found_by="",
            absent_is_deleted=True,
        ),
    ),
)
