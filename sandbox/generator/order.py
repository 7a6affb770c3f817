"""An order in the making, and the record that it is at each step."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.generator.people import Person
from sandbox.records import shopify, shopify_followups
from sandbox.records.shopify import Currency, Record
from sandbox.records.writer import stamp

FIRST_ORDER = 5_000_000_001
FIRST_CUSTOMER = 7_000_000_000
# The shop counts in euros; its customers are shown their own money.
CURRENCIES = {
    "PT": Currency("EUR"),
    "GB": Currency("EUR", "GBP", 0.86),
    "AE": Currency("EUR", "AED", 4.01),
    "PK": Currency("EUR", "PKR", 305.5),
    "IN": Currency("EUR", "INR", 91.2),
}


@dataclass
class Order:
    """The state after the latest step; each change is followed by a version. ``paid_for`` is cents per line."""

    number: int
    person: Person
    placed: datetime
    email: str | None
    as_guest: bool
    lines: list[Record]
    paid_for: list[int]
    discount: int
    test: bool
    financial: str = "PENDING"
    cancelled: datetime | None = None
    edited: bool = False
    paid: datetime | None = None
    shipped: datetime | None = None
    promised: datetime | None = None
    delivered: datetime | None = None
    return_status: str = "NO_RETURN"
    refunded: int = 0
    transactions: list[Record] = field(default_factory=list)
    tracking: list[Record] = field(default_factory=list)
    events: list[Record] = field(default_factory=list)
    refunds: list[Record] = field(default_factory=list)
    returns: list[Record] = field(default_factory=list)

    @property
    def subtotal(self) -> int:
        return sum(self.paid_for)

    @property
    def shipping(self) -> int:
        return 0 if self.subtotal > 8000 else 490

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping

    @property
    def is_late(self) -> bool:
        return bool(self.delivered and self.promised and self.delivered > self.promised)

    @property
    def gid(self) -> str:
        return shopify.gid("Order", self.number)

    @property
    def name(self) -> str:
        return f"#{self.number - FIRST_ORDER + 1001}"

    @property
    def currency(self) -> Currency:
        return CURRENCIES[self.person.place[0]]


def order_record(order: Order, at: datetime) -> Record:
    """The order as the vendor returns it at ``at``."""
    fulfillments = [] if order.shipped is None else [_shipment(order, order.shipped, at)]
    return shopify.order(
        number=order.number,
        name=order.name,
        created_at=order.placed,
        updated_at=at,
        currency=order.currency,
        email=order.email,
        customer=None if order.as_guest else FIRST_CUSTOMER + order.person.index,
        ship_to=shopify.address(*order.person.place),
        lines=order.lines,
        subtotal_cents=order.subtotal,
        discount_cents=order.discount,
        shipping_cents=order.shipping,
        financial_status=order.financial,
        fulfillment_status="FULFILLED" if fulfillments else "UNFULFILLED",
        refunded_cents=order.refunded,
        test=order.test,
        locale=order.person.language,
        edited=order.edited,
        tags=["gift"] if order.edited else [],
        discount_codes=["AUTUMN10"] if order.discount else [],
        return_status=order.return_status,
        cancelled_at=order.cancelled,
        cancel_reason="CUSTOMER" if order.cancelled else None,
        transactions=order.transactions,
        fulfillments=fulfillments,
        refunds=order.refunds,
        returns=order.returns,
    )


def _shipment(order: Order, shipped: datetime, at: datetime) -> Record:
    scanned = max((datetime.fromisoformat(event["createdAt"]) for event in order.events), default=shipped)
    return shopify_followups.fulfillment(
        number=order.number,
        created_at=shipped,
        updated_at=min(at, scanned),
        in_transit_at=shipped,
        delivered_at=order.delivered,
        estimated_at=order.promised,
        name=f"{order.name}-F1",
        quantity=sum(line["quantity"] for line in order.lines),
        display_status="DELIVERED" if order.delivered else order.events[-1]["status"],
        tracking=order.tracking,
        events=order.events,
    )


def refunded_lines(order: Order, is_returned: bool) -> list[Record]:
    """Every line of the order, at the price that was paid for it."""
    restock = "RETURN" if is_returned else "NO_RESTOCK"
    return [
        shopify_followups.refund_line(order.number * 10 + number, line, paid, order.currency, restock)
        for number, (line, paid) in enumerate(zip(order.lines, order.paid_for, strict=True))
    ]


def close_return(order: Order, returned: Record, at: datetime) -> None:
    """The goods are back: what was returned is refunded."""
    returned |= {"status": "CLOSED", "closedAt": stamp(at)}
    for line in returned["returnLineItems"]["nodes"]:
        line["refundedQuantity"] = line["quantity"]
    for reverse in returned["reverseFulfillmentOrders"]["nodes"]:
        reverse["status"] = "CLOSED"
    order.return_status = "RETURNED"
