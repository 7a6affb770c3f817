"""Shiprocket's records, and its many ways to write a time and a number, all of them without an offset and in India."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cx_etl.contract import AnyText, number

IST = timezone(timedelta(hours=5, minutes=30), "IST")
NOTHING_SAID = frozenset({"", "NA", "N/A", "0000-00-00", "0000-00-00 00:00:00"})
FORMATS = (
    "%d %b %Y, %I:%M %p",  # orders: 31 Jul 2019, 03:03 PM
    "%d %b %Y %I:%M %p",  # shipments: 28th Aug 2018 07:11 PM
    "%Y-%m-%d %H:%M:%S",  # tracking: 2022-07-19 11:37:00
    "%Y-%m-%d %H:%M:%S.%f",  # inside an object that names its zone
    "%Y-%m-%d",
)
ORDINAL = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)\b")


class PhpTime(msgspec.Struct):
    """A time as PHP writes one out."""

    date: str
    timezone: str | None = None


def ist_time(value: str | PhpTime) -> datetime | None:
    """The moment that the vendor's text stands for, None for its ways to say none. Raises ValueError for other text."""
    if isinstance(value, PhpTime):
        found = ist_time(value.date)
        return found and found.replace(tzinfo=_zone(value.timezone))
    text = ORDINAL.sub(r"\1", value.strip())
    if text.upper() in NOTHING_SAID:
        return None
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=IST)
        except ValueError:
            continue
    raise ValueError(f"{value!r} is in none of the vendor's time formats")


def _zone(name: str | None) -> timezone | ZoneInfo:
    try:
        return ZoneInfo(name) if name else IST
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone") from None


def _number(value: str | float) -> Decimal | None:
    return None if isinstance(value, str) and value.strip().upper() in NOTHING_SAID else number(value)


def _whole(value: str | int) -> int | None:
    found = _number(value)
    return None if found is None else int(found)


Time = Annotated[str | PhpTime, msgspec.Meta(extra={"column": "timestamptz", "convert": ist_time})]
Number = Annotated[str | int | float, msgspec.Meta(extra={"column": "numeric", "convert": _number})]
Whole = Annotated[str | int, msgspec.Meta(extra={"column": "bigint", "convert": _whole})]


class Product(msgspec.Struct):
    id: Whole | None = None
    channel_order_product_id: AnyText | None = None
    name: str | None = None
    channel_sku: AnyText | None = None
    quantity: Number | None = None
    product_id: Whole | None = None
    price: Number | None = None
    status: str | None = None


class OrderShipment(msgspec.Struct):
    """The shipment that an order has now; after a reassignment the earlier one is in the list of shipments only."""

    id: Whole | None = None
    courier: str | None = None
    awb: AnyText | None = None
    return_awb: AnyText | None = None
    weight: Number | None = None
    pickup_scheduled_date: Time | None = None
    etd: Time | None = None
    delivered_date: Time | None = None
    rto_delivered_date: Time | None = None


class Order(msgspec.Struct):
    """An order; ``channel_order_id`` is what the shop calls it."""

    id: Whole
    status: str
    created_at: Time
    channel_order_id: AnyText | None = None
    channel_id: Whole | None = None
    channel_name: str | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    customer_phone: AnyText | None = None
    pickup_location: str | None = None
    payment_method: str | None = None
    payment_status: AnyText | None = None
    status_code: Whole | None = None
    total: Number | None = None
    tax: Number | None = None
    sla: str | None = None
    is_international: Whole | None = None
    channel_created_at: Time | None = None
    products: list[Product] | None = None
    shipments: list[OrderShipment] | None = None
    activities: list[str] | None = None


class ShipmentProduct(msgspec.Struct):
    name: str | None = None
    sku: AnyText | None = None
    quantity: Number | None = None


class Shipment(msgspec.Struct):
    id: Whole
    status: AnyText
    created_at: Time
    order_id: Whole | None = None
    awb: AnyText | None = None
    number: AnyText | None = None
    code: AnyText | None = None
    channel_id: Whole | None = None
    channel_name: str | None = None
    payment_method: str | None = None
    products: list[ShipmentProduct] | None = None


class Return(msgspec.Struct):
    """A return order; its status may go backwards, when a pickup fails."""

    id: Whole
    status: str
    created_at: Time
    channel_order_id: AnyText | None = None
    channel_id: Whole | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    customer_phone: AnyText | None = None
    status_code: Whole | None = None
    payment_method: str | None = None
    total: Number | None = None
    shipment_id: Whole | None = None
    products: list[Product] | None = None
    shipments: list[OrderShipment] | None = None


class Attempt(msgspec.Struct):
    """One failed delivery."""

    id: Whole | None = None
    ndr_id: Whole | None = None
    ndr_attempt: Whole | None = None
    ndr_reason: str | None = None
    comment: str | None = None
    ndr_raised_at: Time | None = None


class NonDelivery(msgspec.Struct):
    """A shipment that could not be delivered at least once; ``id`` is its order's."""

    id: Whole
    shipment_id: Whole
    status: str
    created_at: Time
    awb_code: AnyText | None = None
    courier: str | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    customer_phone: AnyText | None = None
    customer_city: str | None = None
    customer_pincode: AnyText | None = None
    payment_method: str | None = None
    status_code: Whole | None = None
    reason: str | None = None
    attempts: Whole | None = None
    ndr_raised_at: Time | None = None
    escalation_status: AnyText | None = None
    delivered_date: Time | None = None
    history: list[Attempt] | None = None


class TrackedShipment(msgspec.Struct):
    id: Whole | None = None
    awb_code: AnyText | None = None
    courier_company_id: Whole | None = None
    shipment_id: Whole | None = None
    order_id: Whole | None = None
    current_status: str | None = None
    pickup_date: Time | None = None
    delivered_date: Time | None = None
    weight: Number | None = None
    packages: Whole | None = None
    origin: str | None = None
    destination: str | None = None
    delivered_to: str | None = None
    courier_name: str | None = None
    edd: Time | None = None


class Activity(msgspec.Struct):
    """One scan of a courier."""

    date: Time | None = None
    status: AnyText | None = None
    activity: str | None = None
    location: str | None = None
    sr_status: Whole | None = msgspec.field(name="sr-status", default=None)
    sr_status_label: str | None = msgspec.field(name="sr-status-label", default=None)


class Tracking(msgspec.Struct):
    """What the couriers told of one air waybill; ``error`` says that they have told nothing yet."""

    awb: str
    track_status: Whole
    shipment_status: Whole | None = None
    error: str | None = None
    etd: Time | None = None
    shipment_track: list[TrackedShipment] | None = None
    shipment_track_activities: list[Activity] | None = None
