"""Shopify Admin GraphQL 2026-10: orders with lines and payments, customers, fulfillments with carrier scans,
fulfillment orders, refunds with their lines, returns, abandoned checkouts.

Scopes: read_orders, read_all_orders (without it only 60 days), read_customers, read_fulfillments, read_returns,
read_merchant_managed_fulfillment_orders, read_third_party_fulfillment_orders; and protected customer data.
Limits: points per second by plan, 1,000 points a query, five bulk exports at a time.
Cannot see: a deleted scan or refund line; a change that does not move the order's own clock.

Five streams are bulk exports. Fulfillments and refunds are asked for by id, because their scans and lines are
connections inside lists, which an export refuses.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cx_etl.auth import HeaderAuth
from cx_etl.connections import Connection
from cx_etl.errors import ConfigError, CxError, DataError, RetriableError
from cx_etl.settings import load_settings
from cx_etl.sources import shopify_access as access
from cx_etl.sources import shopify_documents as documents
from cx_etl.sources import shopify_followup_records as followups
from cx_etl.sources import shopify_records as records
from cx_etl.sources.base import NOTHING, Answer, Budget, Page, Probe, Quota, Source, Stream, Table
from cx_etl.sources.shopify_bulk import Bulk, graphql
from cx_etl.sources.shopify_parts import Parts

ORDERS_PER_PAGE = 100
# By the vendor's published prices, 15 refunds with five lines each, in both currencies, come to about 700 points.
PARTS_PER_REQUEST = 15
# The search index lags behind writes.
OVERLAP = timedelta(hours=6)
# What an exported line calls the record that it belongs to.
PART = ("__parentId",)


def _token(connection: Connection) -> HeaderAuth:
    return HeaderAuth("X-Shopify-Access-Token", connection.password)


def _check(answer: Answer) -> None:
    """Shopify answers 200 for errors too. Raises by what the body says; a throttled query is waited for instead."""
    if answer.request.is_file:
        return
    served = answer.headers.get("x-shopify-api-version", documents.VERSION)
    if served != documents.VERSION:
        raise ConfigError(
            f"shopify served API version {served}, asked was {documents.VERSION}", "upgrade the source to it"
        )
    if not _is_throttled(answer):
        _require_no_errors(answer)


def _is_throttled(answer: Answer) -> bool:
    errors = None if answer.request.is_file else answer.decoded(dict[str, Any]).get("errors")
    return isinstance(errors, list) and any(_code(error) == "THROTTLED" for error in errors)


def _code(error: Any) -> str | None:
    return (error.get("extensions") or {}).get("code") if isinstance(error, dict) else None


def _require_no_errors(answer: Answer) -> None:
    for error in answer.decoded(dict[str, Any]).get("errors") or []:
        raise _error(error)


def _error(error: Any) -> CxError:
    if not isinstance(error, dict):
        return DataError(f"shopify refused the query: {error}", "see the vendor's changelog")
    code, told = _code(error), error["message"]
    if "not approved" in told:
        return ConfigError(
            f"shopify: {told}", "request protected customer data access (name, address, e-mail, phone) for the app"
        )
    if code == "ACCESS_DENIED":
        needed = error["extensions"].get("requiredAccess", "what it names")
        return ConfigError(f"shopify denies access: {told}", f"grant the app {needed}")
    if code in ("THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"):
        return RetriableError(f"shopify: {told}", "run again later")
    if code == "MAX_COST_EXCEEDED":
        return ConfigError(f"shopify: {told}", "lower [options.shopify] orders_per_page, parts_per_request")
    return DataError(f"shopify refused the query: {told} ({code})", "compare shopify_documents with the changelog")


def _quota(answer: Answer) -> Quota | None:
    """The points that would be left after another query like this one: without any, the client waits for them."""
    # The edge in front of the vendor, which answers 429, knows of no points.
    if answer.request.is_file or b'"throttleStatus"' not in answer.body:
        return None
    cost = answer.decoded()["extensions"]["cost"]
    status, asked = cost["throttleStatus"], cost["requestedQueryCost"]
    left = status["currentlyAvailable"] - asked
    return Quota(left, status["maximumAvailable"], cost["actualQueryCost"] or 0, max(0, -left) / status["restoreRate"])


def _read(walk: Bulk | Parts, answer: Answer) -> Page:
    """What the walk makes of an answer. A throttled query is asked again, for as long as the stream may take."""
    if not _is_throttled(answer):
        return walk.read(answer)
    # The quota says how long; streams that were refused together must not all come back together.
    return Page(0, (answer.request.but(wait_seconds=random.uniform(0.2, 1)),), bodies=NOTHING)


def _sizes() -> tuple[int, int]:
    """Orders on a page of the listing, and parts in one request."""
    options = load_settings().options.get("shopify", {})
    return options.get("orders_per_page", ORDERS_PER_PAGE), options.get("parts_per_request", PARTS_PER_REQUEST)


def _judged(judge: Callable[[Answer], str]) -> Callable[[Answer], str]:
    """The judge of an answer that is no error."""

    def judged(answer: Answer) -> str:
        _require_no_errors(answer)
        return judge(answer)

    return judged


def _updated_at(record: Any) -> datetime:
    return record.updated_at


def _stream(
    name: str,
    walk: Bulk | Parts,
    *tables: Table,
    found_by: str = "updatedAt",
    version_at: Callable[[Any], datetime] = _updated_at,
) -> Stream:
    return Stream(
        name=name,
        tables=tables,
        start=walk.start,
        read=partial(_read, walk),
        split=walk.split,
        version_at=version_at,
        overlap=OVERLAP,
        found_by=found_by,
    )


STREAMS = (
    _stream(
        "orders",
        Bulk(
            documents.ORDERS,
            scopes=(*access.ORDERS, "read_customers", "read_fulfillments"),
            tables={"LineItem": 1},
            poll=documents.POLL_WITH_PERSON,
        ),
        Table("shopify__orders", records.Order, "id"),
        Table("shopify__line_items", records.LineItem, "id", PART),
    ),
    _stream(
        "customers",
        Bulk(documents.CUSTOMERS, scopes=("read_customers",), poll=documents.POLL_WITH_PERSON),
        Table("shopify__customers", records.Customer, "id"),
    ),
    _stream(
        "fulfillments",
        Parts(
            documents.FULFILLMENT_IDS,
            documents.FULFILLMENTS,
            documents.FULFILLMENT_EVENTS,
            parts="fulfillments",
            part="fulfillment",
            inner="events",
            scopes=(*access.ORDERS, "read_fulfillments"),
            sizes=_sizes,
        ),
        Table("shopify__fulfillments", followups.Fulfillment, "id"),
        Table("shopify__fulfillment_events", followups.FulfillmentEvent, "id", PART),
        found_by="order__updatedAt",
    ),
    _stream(
        "fulfillment_orders",
        Bulk(
            documents.FULFILLMENT_ORDERS,
            scopes=access.FULFILLMENT_ORDERS,
            tables={"FulfillmentOrderLineItem": 1, "Fulfillment": 2},
        ),
        Table("shopify__fulfillment_orders", followups.FulfillmentOrder, "id"),
        Table("shopify__fulfillment_order_lines", followups.FulfillmentOrderLine, "id", PART),
        Table(
            "shopify__fulfillment_order_fulfillments", followups.FulfillmentOrderFulfillment, ("id", "__parentId"), PART
        ),
    ),
    _stream(
        "refunds",
        Parts(
            documents.REFUND_IDS,
            documents.REFUNDS,
            documents.REFUND_LINE_ITEMS,
            parts="refunds",
            part="refund",
            inner="refundLineItems",
            scopes=access.ORDERS,
            sizes=_sizes,
        ),
        Table("shopify__refunds", followups.Refund, "id"),
        Table("shopify__refund_line_items", followups.RefundLineItem, "id", PART),
        found_by="order__updatedAt",
    ),
    _stream(
        "returns",
        Bulk(
            documents.RETURNS,
            scopes=(*access.ORDERS, "read_returns"),
            tables={"ReturnLineItem": 1, "UnverifiedReturnLineItem": 1, "ReverseFulfillmentOrder": 2},
            passed_over="Order",
        ),
        Table("shopify__returns", followups.Return, "id"),
        Table("shopify__return_line_items", followups.ReturnLineItem, "id", PART),
        Table("shopify__reverse_fulfillment_orders", followups.ReverseFulfillmentOrder, "id", PART),
        found_by="order__updatedAt",
        version_at=lambda each: each.order.updated_at,
    ),
    _stream(
        "abandoned_checkouts",
        Bulk(
            documents.ABANDONED_CHECKOUTS,
            scopes=("read_orders", "read_customers"),
            tables={"AbandonedCheckoutLineItem": 1},
            poll=documents.POLL_WITH_PERSON,
        ),
        Table("shopify__abandoned_checkouts", records.AbandonedCheckout, "id"),
        Table("shopify__abandoned_checkout_lines", records.AbandonedCheckoutLine, "id", PART),
    ),
)

SOURCE = Source(
    name="shopify",
    auth=_token,
    check=_check,
    quota=_quota,
    budgets=(Budget("query points of the standard plan", calls=100, seconds=1),),
    probes=(
        Probe("credentials and version", graphql(documents.SHOP, {}), _judged(access.judge_shop)),
        Probe("access scopes", graphql(documents.GRANTED, {}), _judged(access.judge_scopes)),
        Probe("protected customer data", graphql(documents.PROTECTED, {}), _judged(access.judge_person)),
    ),
    streams=STREAMS,
)
