"""Shopify Admin GraphQL 2026-10, by bulk operations: customers; orders with lines, payments, fulfillments, refunds.

Scopes: read_orders, read_all_orders (without it only 60 days), read_customers, protected customer data.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from cx_etl.auth import HeaderAuth
from cx_etl.errors import ConfigError, DataError, RestartError, RetriableError
from cx_etl.files import count_lines, line_parts
from cx_etl.settings import Connection
from cx_etl.sources.base import NOTHING, Answer, Page, Request, Source, Stream, Table, Window


class Money(msgspec.Struct):
    amount: Decimal


class ShopMoney(msgspec.Struct, rename="camel"):
    shop_money: Money


class CustomerId(msgspec.Struct):
    id: str


class Address(msgspec.Struct, rename="camel"):
    country_code_v2: str | None = None
    province_code: str | None = None
    city: str | None = None


class Transaction(msgspec.Struct, rename="camel"):
    id: str
    kind: str
    status: str
    processed_at: datetime | None = None
    amount_set: ShopMoney | None = None


class Fulfillment(msgspec.Struct, rename="camel"):
    id: str
    status: str
    created_at: datetime
    updated_at: datetime
    display_status: str | None = None
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    estimated_delivery_at: datetime | None = None


class Refund(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime | None = None
    total_refunded_set: ShopMoney | None = None


class Order(msgspec.Struct, rename="camel"):
    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    currency_code: str
    test: bool
    processed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    email: str | None = None
    source_name: str | None = None
    display_financial_status: str | None = None
    display_fulfillment_status: str | None = None
    return_status: str | None = None
    tags: list[str] | None = None
    customer: CustomerId | None = None
    shipping_address: Address | None = None
    subtotal_price_set: ShopMoney | None = None
    total_discounts_set: ShopMoney | None = None
    total_shipping_price_set: ShopMoney | None = None
    total_tax_set: ShopMoney | None = None
    total_price_set: ShopMoney | None = None
    total_refunded_set: ShopMoney | None = None
    transactions: list[Transaction] | None = None
    fulfillments: list[Fulfillment] | None = None
    refunds: list[Refund] | None = None


class ProductId(msgspec.Struct):
    id: str


class LineItem(msgspec.Struct, rename="camel"):
    """One line of an order; a bulk file sends it as a line of its own that names its order in ``__parentId``."""

    id: str
    quantity: int
    parent_id: str = msgspec.field(name="__parentId")
    title: str | None = None
    sku: str | None = None
    current_quantity: int | None = None
    original_unit_price_set: ShopMoney | None = None
    total_discount_set: ShopMoney | None = None
    product: ProductId | None = None


class EmailAddress(msgspec.Struct, rename="camel"):
    email_address: str | None = None


class PhoneNumber(msgspec.Struct, rename="camel"):
    phone_number: str | None = None


class Customer(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime
    updated_at: datetime
    display_name: str | None = None
    locale: str | None = None
    tags: list[str] | None = None
    number_of_orders: str | None = None
    default_email_address: EmailAddress | None = None
    default_phone_number: PhoneNumber | None = None
    default_address: Address | None = None


VERSION = "2026-10"
GRAPHQL = f"/admin/api/{VERSION}/graphql.json"
LONGEST_WAIT_SECONDS = 10.0

START = """
mutation($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}"""
POLL = """
query($id: ID!) {
  bulkOperation(id: $id) { id status errorCode objectCount url partialDataUrl }
}"""
MONEY = "{ shopMoney { amount } }"
ORDERS = f"""
  id name createdAt updatedAt currencyCode test processedAt cancelledAt cancelReason closedAt email sourceName
  displayFinancialStatus displayFulfillmentStatus returnStatus tags customer {{ id }}
  shippingAddress {{ countryCodeV2 provinceCode city }}
  subtotalPriceSet {MONEY} totalDiscountsSet {MONEY} totalShippingPriceSet {MONEY} totalTaxSet {MONEY}
  totalPriceSet {MONEY} totalRefundedSet {MONEY}
  transactions {{ id kind status processedAt amountSet {MONEY} }}
  fulfillments {{ id status displayStatus createdAt updatedAt inTransitAt deliveredAt estimatedDeliveryAt }}
  refunds {{ id createdAt totalRefundedSet {MONEY} }}
  lineItems {{ edges {{ node {{
    id title sku quantity currentQuantity originalUnitPriceSet {MONEY} totalDiscountSet {MONEY} product {{ id }}
  }} }} }}"""
CUSTOMERS = """
  id createdAt updatedAt displayName locale tags numberOfOrders
  defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber }
  defaultAddress { countryCodeV2 provinceCode city }"""


def _token(connection: Connection) -> HeaderAuth:
    return HeaderAuth("X-Shopify-Access-Token", connection.password)


def _graphql(query: str, variables: Mapping[str, Any], step: str, wait_seconds: float = 0.0) -> Request:
    body = {"query": query, "variables": dict(variables)}
    return Request(GRAPHQL, "POST", json=body, context={"step": step}, wait_seconds=wait_seconds)


def _bulk(collection: str, fields: str) -> Callable[[Window], tuple[Request, ...]]:
    """A bulk export of everything updated since the window's start, in three steps: start, poll, file."""

    def start(window: Window) -> tuple[Request, ...]:
        since = window.start.strftime("%Y-%m-%dT%H:%M:%SZ")
        query = f"{{ {collection}(query: \"updated_at:>='{since}'\") {{ edges {{ node {{ {fields} }} }} }} }}"
        return (_graphql(START, {"query": query}, "start"),)

    return start


def _read(answer: Answer) -> Page:
    step = answer.request.context["step"]
    if step == "file":
        return _read_file(answer)
    data = answer.decoded()["data"]
    if step == "start":
        operation = data["bulkOperationRunQuery"]["bulkOperation"]
        return Page(0, (_graphql(POLL, {"id": operation["id"]}, "poll"),), bodies=NOTHING)
    return _read_poll(answer, data["bulkOperation"])


def _read_poll(answer: Answer, operation: Mapping[str, Any]) -> Page:
    if operation["status"] in ("CREATED", "RUNNING"):
        wait = min(LONGEST_WAIT_SECONDS, max(0.1, answer.request.wait_seconds * 2))
        return Page(0, (answer.request.but(wait_seconds=wait),), bodies=NOTHING)
    if operation["status"] != "COMPLETED":
        # The partial file of a failed export is never loaded: it would look like a quiet night.
        raise RestartError(
            f"shopify bulk export ended as {operation['status']} ({operation['errorCode']})", "run the night again"
        )
    if operation["url"] is None:
        return Page(0, vendor_total=int(operation["objectCount"]), bodies=NOTHING)
    context = {"step": "file", "objects": operation["objectCount"]}
    return Page(0, (Request(operation["url"], context=context, is_file=True),), bodies=NOTHING)


def _read_file(answer: Answer) -> Page:
    """The lines of a bulk file, in parts. Fewer than the operation counted is a cut file, not a quiet night."""
    assert answer.file is not None
    objects = int(answer.request.context["objects"])
    lines, is_whole = count_lines(answer.file)
    if lines != objects or not is_whole:
        raise RetriableError(f"shopify bulk file is cut: {lines} of {objects} lines")
    return Page(objects, vendor_total=objects, bodies=line_parts(answer.file))


def _check(answer: Answer) -> None:
    """Shopify answers 200 for errors too. Raises by what the body says."""
    if answer.request.is_file:
        return
    served = answer.headers.get("x-shopify-api-version", VERSION)
    if served != VERSION:
        raise ConfigError(f"shopify served API version {served}, asked was {VERSION}", "upgrade the source to it")
    body = answer.decoded()
    for error in body.get("errors") or []:
        _raise_error(error, body)
    for error in ((body["data"].get("bulkOperationRunQuery") or {}).get("userErrors")) or []:
        if error["code"] in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED"):
            raise RetriableError(f"shopify: {error['message']}", wait_seconds=LONGEST_WAIT_SECONDS)
        raise DataError(f"shopify refused the bulk query: {error['message']} ({error['code']})")


def _raise_error(error: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    code = (error.get("extensions") or {}).get("code")
    if code == "ACCESS_DENIED":
        raise ConfigError(f"shopify denies access: {error['message']}", "grant the scope to the app, see its docstring")
    if code in ("THROTTLED", "INTERNAL_SERVER_ERROR"):
        raise RetriableError(f"shopify: {error['message']}", wait_seconds=_restore_seconds(body))
    raise DataError(f"shopify refused the query: {error['message']} ({code})")


def _restore_seconds(body: Mapping[str, Any]) -> float | None:
    """How long until the bucket holds what the query asks for, by the throttle status in the answer."""
    cost = (body.get("extensions") or {}).get("cost")
    if not cost:
        return None
    status = cost["throttleStatus"]
    return max(0.0, cost["requestedQueryCost"] - status["currentlyAvailable"]) / status["restoreRate"]


def _lines(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """One JSON object per line; a line that names its parent belongs to the second table."""
    for line in body.splitlines():
        yield (1 if b'"__parentId"' in line else 0), msgspec.Raw(line)


SOURCE = Source(
    name="shopify",
    auth=_token,
    check=_check,
    streams=(
        Stream(
            name="orders",
            tables=(Table("shopify__orders", Order, "id"), Table("shopify__line_items", LineItem, "id")),
            start=_bulk("orders", ORDERS),
            read=_read,
            split=_lines,
            version_at=lambda record: getattr(record, "updated_at", None),
            # The search index lags behind writes.
            overlap=timedelta(hours=6),
        ),
        Stream(
            name="customers",
            tables=(Table("shopify__customers", Customer, "id"),),
            start=_bulk("customers", CUSTOMERS),
            read=_read,
            split=_lines,
            version_at=lambda customer: customer.updated_at,
            overlap=timedelta(hours=6),
        ),
    ),
)
