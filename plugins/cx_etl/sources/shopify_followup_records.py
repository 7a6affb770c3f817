"""What becomes of a Shopify order: fulfillments and their scans, fulfillment orders, refunds, returns."""

from datetime import datetime

import msgspec

from cx_etl.sources.shopify_records import Id, MoneyBag


class ChangedOrder(msgspec.Struct, rename="camel"):
    """The order of a record that is found through it; its clock is the one that the vendor's filter reads."""

    id: str
    updated_at: datetime


class TrackingInfo(msgspec.Struct):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class Fulfillment(msgspec.Struct, rename="camel"):
    id: str
    status: str
    created_at: datetime
    updated_at: datetime
    order: ChangedOrder
    name: str | None = None
    display_status: str | None = None
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    estimated_delivery_at: datetime | None = None
    total_quantity: int | None = None
    tracking: list[TrackingInfo] | None = None


class FulfillmentEvent(msgspec.Struct, rename="camel"):
    """A scan. Carriers report late: it ``happenedAt`` before it was ``createdAt``."""

    id: str
    status: str
    happened_at: datetime
    created_at: datetime
    parent_id: str = msgspec.field(name="__parentId")
    estimated_delivery_at: datetime | None = None
    message: str | None = None
    city: str | None = None
    province: str | None = None
    country: str | None = None


class Refund(msgspec.Struct, rename="camel"):
    """``createdAt`` may be missing, ``processedAt`` of an imported refund lies before it."""

    id: str
    updated_at: datetime
    processed_at: datetime
    order: ChangedOrder
    created_at: datetime | None = None
    note: str | None = None
    total_refunded_set: MoneyBag | None = None
    return_: Id | None = msgspec.field(name="return", default=None)


class RefundLineItem(msgspec.Struct, rename="camel"):
    """What was refunded of one line of the order."""

    id: str
    quantity: int
    parent_id: str = msgspec.field(name="__parentId")
    restock_type: str | None = None
    restocked: bool | None = None
    subtotal_set: MoneyBag | None = None
    total_tax_set: MoneyBag | None = None
    line_item: Id | None = None


class Decline(msgspec.Struct):
    reason: str | None = None
    note: str | None = None


class Return(msgspec.Struct, rename="camel"):
    """A return has no clock of its own: its order's moves with it."""

    id: str
    status: str
    created_at: datetime
    order: ChangedOrder
    parent_id: str = msgspec.field(name="__parentId")
    name: str | None = None
    closed_at: datetime | None = None
    request_approved_at: datetime | None = None
    total_quantity: int | None = None
    decline: Decline | None = None


class ReturnReason(msgspec.Struct):
    handle: str | None = None
    name: str | None = None


class ReturnedLine(msgspec.Struct, rename="camel"):
    line_item: Id | None = None


class ReturnLineItem(msgspec.Struct, rename="camel"):
    """One line of a return; one that the store has not verified names no line of the order."""

    id: str
    quantity: int
    parent_id: str = msgspec.field(name="__parentId")
    refunded_quantity: int | None = None
    customer_note: str | None = None
    return_reason_note: str | None = None
    return_reason_definition: ReturnReason | None = None
    fulfillment_line_item: ReturnedLine | None = None


class ReverseFulfillmentOrder(msgspec.Struct, rename="camel"):
    """Where the returned goods are in the store's own handling."""

    id: str
    status: str
    parent_id: str = msgspec.field(name="__parentId")


class Location(msgspec.Struct, rename="camel"):
    name: str | None = None
    country_code: str | None = None
    location: Id | None = None


class DeliveryMethod(msgspec.Struct, rename="camel"):
    """How the customer chose to get it, and the promise that was made."""

    method_type: str | None = None
    presented_name: str | None = None
    service_code: str | None = None
    min_delivery_date_time: datetime | None = None
    max_delivery_date_time: datetime | None = None


class Hold(msgspec.Struct, rename="camel"):
    id: str
    reason: str | None = None
    reason_notes: str | None = None


class FulfillmentOrder(msgspec.Struct, rename="camel"):
    """What is to be fulfilled from one place: how long it lay there, on hold or not, and what was promised."""

    id: str
    order_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    order_name: str | None = None
    order_processed_at: datetime | None = None
    request_status: str | None = None
    fulfill_at: datetime | None = None
    fulfill_by: datetime | None = None
    assigned_location: Location | None = None
    delivery_method: DeliveryMethod | None = None
    holds: list[Hold] | None = None


class FulfillmentOrderLine(msgspec.Struct, rename="camel"):
    id: str
    total_quantity: int
    remaining_quantity: int
    parent_id: str = msgspec.field(name="__parentId")
    sku: str | None = None
    line_item: Id | None = None


class FulfillmentOrderFulfillment(msgspec.Struct, rename="camel"):
    """That a fulfillment serves a fulfillment order; one may serve several."""

    id: str
    parent_id: str = msgspec.field(name="__parentId")
