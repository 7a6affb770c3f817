"""Olist's marketplace orders and reviews as Shopify orders and AskNicely five-star responses.

Each known time of an order is a version: purchase, approval, carrier, delivery. Before its time a value is absent.
The files have no cancellation time: an order that was cancelled or never available is cancelled at the latest time
known of it. A review id may cover several orders; (review_id, order_id) loses no row and is the response's id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sandbox.adapters import Adapter, distinct_numbers, number_of, rows
from sandbox.records import shopify, shopify_followups
from sandbox.records.shopify import Currency, Record
from sandbox.records.surveys import nicely_response
from sandbox.records.writer import DatasetWriter

CURRENCY = Currency("BRL")
CANCEL_REASONS = {"canceled": "OTHER", "unavailable": "INVENTORY"}


@dataclass
class Order:
    """Everything the files say of one order."""

    id: str
    status: str
    purchased: datetime
    approved: datetime | None
    carrier: datetime | None
    delivered: datetime | None
    promised: datetime
    shopper: dict[str, str]
    items: list[dict[str, str]] = field(default_factory=list)
    payments: list[dict[str, str]] = field(default_factory=list)

    @property
    def times(self) -> list[datetime]:
        """When something of the order became known, in order and without repeats."""
        return sorted({t for t in (self.purchased, self.approved, self.carrier, self.delivered) if t})

    @property
    def cancelled(self) -> datetime | None:
        """The latest known time of an order that was cancelled or never available."""
        return self.times[-1] if self.status in CANCEL_REASONS else None


def convert(folder: Path, out: DatasetWriter) -> None:
    """Write the orders, customers and reviews of the folder."""
    orders = _orders(folder)
    distinct_numbers(set(orders), "order_id")
    distinct_numbers({order.shopper["customer_unique_id"] for order in orders.values()}, "customer_unique_id")
    for order in orders.values():
        for at in order.times:
            out.version("shopify/orders", at, _order_record(order, at))
    for at, record in _customers(orders):
        out.version("shopify/customers", at, record)
    _reviews(folder, orders, out)


def _orders(folder: Path) -> dict[str, Order]:
    shoppers = {row["customer_id"]: row for row in rows(folder / "olist_customers_dataset.csv.gz")}
    orders = {}
    for row in rows(folder / "olist_orders_dataset.csv.gz"):
        orders[row["order_id"]] = Order(
            id=row["order_id"],
            status=row["order_status"],
            purchased=_known_time(row["order_purchase_timestamp"]),
            approved=_time(row["order_approved_at"]),
            carrier=_time(row["order_delivered_carrier_date"]),
            delivered=_time(row["order_delivered_customer_date"]),
            promised=_known_time(row["order_estimated_delivery_date"]),
            shopper=shoppers[row["customer_id"]],
        )
    for row in rows(folder / "olist_order_items_dataset.csv.gz"):
        orders[row["order_id"]].items.append(row)
    for row in rows(folder / "olist_order_payments_dataset.csv.gz"):
        orders[row["order_id"]].payments.append(row)
    return orders


def _order_record(order: Order, at: datetime) -> Record:
    number = number_of(order.id)
    cancelled = order.cancelled if order.cancelled and order.cancelled <= at else None
    paid = order.approved is not None and order.approved <= at
    fulfillments = _fulfillments(order, number, at)
    return shopify.order(
        number=number,
        name=order.id,
        created_at=order.purchased,
        updated_at=at,
        currency=CURRENCY,
        email=_email(order.shopper),
        customer=number_of(order.shopper["customer_unique_id"]),
        ship_to=_address(order.shopper),
        lines=[_line(number, item) for item in order.items],
        subtotal_cents=sum(_cents(item["price"]) for item in order.items),
        discount_cents=0,
        shipping_cents=sum(_cents(item["freight_value"]) for item in order.items),
        financial_status="PAID" if paid else "VOIDED" if cancelled else "PENDING",
        fulfillment_status="FULFILLED" if fulfillments else "UNFULFILLED",
        cancelled_at=cancelled,
        cancel_reason=CANCEL_REASONS[order.status] if cancelled else None,
        transactions=_payments(order, number) if paid else [],
        fulfillments=fulfillments,
    )


def _line(order: int, item: dict[str, str]) -> Record:
    return shopify.line_item(
        number=order * 100 + int(item["order_item_id"]),
        title=item["product_id"],
        sku=item["product_id"],
        quantity=1,
        unit_cents=_cents(item["price"]),
        currency=CURRENCY,
        product=number_of(item["product_id"]),
    )


def _payments(order: Order, number: int) -> list[Record]:
    """One successful sale per payment, at approval. Payments may differ from the total, as in the files."""
    return [
        shopify.transaction(
            number * 100 + int(row["payment_sequential"]),
            "SALE",
            "SUCCESS",
            order.approved or order.purchased,
            _cents(row["payment_value"]),
            CURRENCY,
        )
        for row in order.payments
    ]


def _fulfillments(order: Order, number: int, at: datetime) -> list[Record]:
    """The one shipment once carrier or delivery is known; a delivery before the carrier stays as it is."""
    carrier = order.carrier if order.carrier and order.carrier <= at else None
    delivered = order.delivered if order.delivered and order.delivered <= at else None
    created = carrier or delivered
    if created is None:
        return []
    return [
        shopify_followups.fulfillment(
            number=number,
            created_at=created,
            updated_at=at,
            in_transit_at=carrier,
            delivered_at=delivered,
            estimated_at=order.promised,
        )
    ]


def _customers(orders: dict[str, Order]) -> Iterator[tuple[datetime, Record]]:
    """A version of the customer at each of its orders, with the count and the address of that moment."""
    first: dict[str, datetime] = {}
    counts: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for order in sorted(orders.values(), key=lambda one: (one.purchased, one.id)):
        key = order.shopper["customer_unique_id"]
        counts[key] += 1
        spent[key] += sum(_cents(item["price"]) + _cents(item["freight_value"]) for item in order.items)
        yield (
            order.purchased,
            shopify.customer(
                number=number_of(key),
                created_at=first.setdefault(key, order.purchased),
                updated_at=order.purchased,
                name=None,
                email=_email(order.shopper),
                orders=counts[key],
                spent_cents=spent[key],
                currency=CURRENCY,
                home=_address(order.shopper),
                locale="pt-BR",
            ),
        )


def _reviews(folder: Path, orders: dict[str, Order], out: DatasetWriter) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "olist_order_reviews_dataset.csv.gz"):
        if row["order_id"] in seen[row["review_id"]]:
            raise ValueError(f"review {row['review_id']} comes twice for order {row['order_id']}")
        seen[row["review_id"]].add(row["order_id"])
        sent, answered = _known_time(row["review_creation_date"]), _known_time(row["review_answer_timestamp"])
        asked = {
            "response_id": f"olist-{row['review_id']}-{row['order_id']}",
            "question_type": "fivestar",
            "contact_id": orders[row["order_id"]].shopper["customer_unique_id"],
            "email": _email(orders[row["order_id"]].shopper),
            "sent": sent,
            "segment": "olist",
            "order_id": shopify.gid("Order", number_of(row["order_id"])),
        }
        out.version("asknicely/responses", sent, nicely_response(**asked))
        answer = {"answer": int(row["review_score"]), "comment": row["review_comment_message"]}
        out.version("asknicely/responses", answered, nicely_response(**asked, responded=answered, **answer))


def _email(shopper: dict[str, str]) -> str:
    return f"{shopper['customer_unique_id']}@olist.example"


def _address(shopper: dict[str, str]) -> Record:
    return shopify.address("BR", shopper["customer_state"], shopper["customer_city"])


def _known_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _time(text: str) -> datetime | None:
    return _known_time(text) if text else None


def _cents(amount: str) -> int:
    return round(float(amount) * 100)


ADAPTER = Adapter(
    name="olist",
    licence="CC BY-NC-SA 4.0 (Olist)",
    marker="olist_orders_dataset.csv.gz",
    convert=convert,
    metrics=(
        {
            "source": "asknicely",
            "form": "*",
            "field": "fivestar",
            "metric": "csat",
            "scale": [1, 5],
            "direction": "high_is_good",
        },
    ),
)
