"""A small Shopify world full of awkward orders, and the slow way to say what is in it."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.records import shopify, shopify_followups
from sandbox.records.shopify import Currency, Record
from sandbox.records.writer import stamp

START = datetime(2026, 10, 1, 12, tzinfo=UTC)
NIGHT_END = datetime(2026, 11, 21, tzinfo=UTC)
POUNDS = Currency("EUR", "GBP", 0.86)
EUROS = Currency("EUR")
LINES, PARCELS, REFUNDS, SCANS = 300, 120, 120, 130
SETTINGS = 'name = "awkward"\ntime_zone = "UTC"\nfirst_night = 2026-10-01\nlast_night = 2026-11-20\ncurrency = "EUR"\n'
Lines = dict[str, list[dict[str, Any]]]

# Each order is there for one reason.
HUGE, REFUNDED_LATE, ACCOUNT_DELETED, GUEST, IMPORTED, EDITED, CANCELLED, DELETED, FOREIGN, UNDATED = range(1, 11)
PLAIN = range(11, 41)


def order(number: int, at: datetime, created: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """A version of an order; what the builder does not know is changed in its record."""
    record = shopify.order(
        number=number,
        name=f"#{number}",
        created_at=created or START + timedelta(minutes=number),
        updated_at=at,
        currency=changes.pop("currency", EUROS),
        email=f"customer.{number}@mail.example",
        customer=number,
        ship_to=shopify.address("PT", "PT-11", "Lisboa"),
        lines=changes.pop("lines", [line(number * 1000)]),
        subtotal_cents=3990,
        discount_cents=0,
        shipping_cents=490,
        financial_status="PAID",
        fulfillment_status="FULFILLED",
        returns=changes.pop("returns", []),
        refunded_cents=changes.pop("refunded_cents", 0),
    )
    return {"at": stamp(at), "record": record | changes}


def line(number: int) -> Record:
    return shopify.line_item(
        number=number, title="Manta de lã 🧶", sku="SKU", quantity=1, unit_cents=3990, currency=EUROS, product=7
    )


def parcel(number: int, at: datetime, scans: int = 2, **changes: Any) -> Record:
    """A fulfillment with so many scans, each told a minute after it happened."""
    events = [
        shopify_followups.event(
            number * 1000 + n,
            "IN_TRANSIT",
            at + timedelta(minutes=n),
            at + timedelta(minutes=n + 1),
            ("IN", "ਅੰਮ੍ਰਿਤਸਰ"),
        )
        for n in range(scans)
    ]
    times = {"created_at": at, "updated_at": at, "in_transit_at": at, "delivered_at": None, "estimated_at": None}
    tracking = [shopify_followups.tracking("CTT", f"{number}-{n}") for n in range(2)]
    return shopify_followups.fulfillment(number=number, **times, events=events, tracking=tracking) | changes


def told_backwards(shipment: Record) -> Record:
    """The carrier reported the last scan first."""
    return shipment | {"events": {"nodes": shipment["events"]["nodes"][::-1]}}


def refund(number: int, at: datetime, lines: list[Record], **changes: Any) -> Record:
    back = [shopify_followups.refund_line(number * 1000 + n, one, 3990, EUROS, "RETURN") for n, one in enumerate(lines)]
    return shopify_followups.refund(number, at, 3990 * len(lines), EUROS, back) | changes


def huge_order() -> dict[str, Any]:
    """More of everything than any page holds."""
    lines = [line(HUGE * 1000 + n) for n in range(LINES)]
    parcels = [parcel(10_000 + n, START, SCANS if n == 3 else 2) for n in range(PARCELS)]
    refunds = [refund(20_000 + n, START, lines if n == 5 else lines[:1]) for n in range(REFUNDS)]
    returned = shopify_followups.return_(30_000, START, lines, ("damaged", "Damaged"), "não presta 😡")
    unverified = {**returned["returnLineItems"]["nodes"][0], "id": shopify.gid("UnverifiedReturnLineItem", 1)}
    returned["returnLineItems"]["nodes"].append(unverified)
    returned["reverseFulfillmentOrders"]["nodes"].append(
        {"id": shopify.gid("ReverseFulfillmentOrder", 1), "status": "OPEN"}
    )
    return order(HUGE, START, lines=lines, fulfillments=parcels, refunds=refunds, returns=[returned])


def declined_return() -> Record:
    returned = shopify_followups.return_(40_000, START, [line(1)], ("late", "Too late"), None)
    return returned | {"status": "DECLINED", "decline": {"reason": "FINAL_SALE", "note": "sorry"}}


def make_orders() -> list[dict[str, Any]]:
    """All versions; most orders were touched last on the day they were placed."""
    late = datetime(2026, 11, 20, 15, tzinfo=UTC)
    foreign = shopify.address("PK", "PK-PB", "لاہور")
    return [
        huge_order(),
        order(REFUNDED_LATE, START),
        order(REFUNDED_LATE, late, refunds=[refund(20_900, late, [line(1)])], refunded_cents=3990),
        order(ACCOUNT_DELETED, START),
        order(GUEST, START, email=None, customer=None),
        order(IMPORTED, START, processedAt="2019-03-01T08:00:00Z"),
        order(EDITED, START, fulfillments=[parcel(10_900, START)]),
        order(EDITED, late, fulfillments=[parcel(10_900, START)], edited=True, tags=["gift"]),
        order(
            EDITED,
            late + timedelta(minutes=2),
            fulfillments=[told_backwards(parcel(10_900, START, 5))],
            edited=True,
            tags=["ok"],
        ),
        order(CANCELLED, START, cancelledAt=stamp(START), cancelReason="FRAUD", cancellation={"staffNote": "fraude"}),
        order(DELETED, START, fulfillments=[parcel(10_901, START)]),
        {"at": "2026-11-20T10:00:00Z", "deleted": True, "id": shopify.gid("Order", DELETED)},
        order(FOREIGN, START, currency=POUNDS, shippingAddress=foreign, returns=[declined_return()]),
        order(UNDATED, START, refunds=[refund(20_901, START, [line(2)], createdAt=None)]),
        *(
            order(number, START + timedelta(minutes=number // 3), fulfillments=[parcel(number, START)])
            for number in PLAIN
        ),
    ]


def fulfillment_order(number: int, at: datetime, status: str) -> dict[str, Any]:
    record = shopify_followups.fulfillment_order(
        number=number,
        order=number,
        name=f"#{number}",
        placed_at=START,
        updated_at=at,
        status=status,
        promised_at=START + timedelta(days=5),
        lines=[line(number * 1000)],
        is_sent=status == "CLOSED",
        holds=[shopify_followups.hold(number, "INCORRECT_ADDRESS", "?")] if status == "ON_HOLD" else [],
    )
    return {"at": stamp(at), "record": record}


def customer(number: int, at: datetime) -> dict[str, Any]:
    names = {FOREIGN: "عائشہ خان", ACCOUNT_DELETED: "Zoë"}
    record = shopify.customer(
        number=number,
        created_at=START,
        updated_at=at,
        name=names.get(number, "Inês Gonçalves"),
        email=f"Customer.{number}@Mail.Example",
        orders=2**40,
        spent_cents=123_456_789_012,
        currency=EUROS,
        home=None,
        phone="+351912345678",
        consent="UNSUBSCRIBED",
    )
    return {"at": stamp(at), "record": record}


def checkout(number: int, at: datetime, completed: datetime | None = None) -> dict[str, Any]:
    record = shopify_followups.abandoned_checkout(
        number=number,
        created_at=START,
        updated_at=at,
        completed_at=completed,
        customer=None,
        ship_to=None,
        lines=[shopify_followups.checkout_line(number * 10 + n, "☕", "SKU", 2, 500, POUNDS, 7) for n in range(3)],
        cents=3000,
        currency=POUNDS,
    )
    return {"at": stamp(at), "record": record}


def make_lines() -> Lines:
    later = START + timedelta(days=3)
    states = ("OPEN", "ON_HOLD", "CLOSED", "CANCELLED")
    gone = {"at": "2026-11-19T09:00:00Z", "deleted": True, "id": shopify.gid("Customer", ACCOUNT_DELETED)}
    return {
        "shopify/orders": make_orders(),
        "shopify/customers": [*(customer(number, START) for number in range(1, 11)), gone],
        "shopify/fulfillment_orders": [
            *(fulfillment_order(number, START, "OPEN") for number in range(1, 41)),
            *(fulfillment_order(number, later, states[number % 4]) for number in range(1, 41)),
        ],
        "shopify/abandoned_checkouts": [
            *(checkout(number, START) for number in range(1, 8)),
            checkout(7, later, later),
        ],
    }


def write_world(folder: Path, lines: Lines) -> Path:
    (folder / "shopify").mkdir(parents=True)
    (folder / "dataset.toml").write_text(SETTINGS, encoding="utf-8")
    for name, rows in lines.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def parts(orders: list[dict[str, Any]], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every entry of a list or connection of the records, with the id of the record it is in."""
    for record in orders:
        found = record.get(name) or []
        for part in found["nodes"] if isinstance(found, dict) else found:
            yield record["id"], part
