"""What becomes of a Shopify order, as its nodes: fulfillments and scans, fulfillment orders, refunds, returns; and
checkouts that became no order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.records.shopify import Currency, Record, gid, money
from sandbox.records.writer import stamp
from sandbox.records.zendesk import when


def fulfillment(
    *,
    number: int,
    created_at: datetime,
    updated_at: datetime,
    in_transit_at: datetime | None,
    delivered_at: datetime | None,
    estimated_at: datetime | None,
    name: str = "",
    quantity: int = 1,
    display_status: str | None = None,
    tracking: Sequence[Record] = (),
    events: Sequence[Record] = (),
) -> Record:
    """A shipment; ``estimated_at`` is the promise."""
    return {
        "id": gid("Fulfillment", number),
        "name": name or f"F{number}",
        "status": "SUCCESS",
        "displayStatus": display_status or ("IN_TRANSIT" if delivered_at is None else "DELIVERED"),
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "inTransitAt": when(in_transit_at),
        "deliveredAt": when(delivered_at),
        "estimatedDeliveryAt": when(estimated_at),
        "totalQuantity": quantity,
        "requiresShipping": True,
        "trackingInfo": list(tracking),
        "events": {"nodes": list(events)},
    }


def tracking(company: str, number: str) -> Record:
    return {"company": company, "number": number, "url": f"https://track.example/{number}"}


def event(
    number: int, status: str, happened_at: datetime, created_at: datetime, place: tuple[str, str], message: str = ""
) -> Record:
    """A scan of a parcel at a place (country, city)."""
    return {
        "id": gid("FulfillmentEvent", number),
        "status": status,
        "happenedAt": stamp(happened_at),
        "createdAt": stamp(created_at),
        "estimatedDeliveryAt": None,
        "message": message or None,
        "city": place[1],
        "province": None,
        "country": place[0],
    }


def refund(
    number: int,
    at: datetime,
    cents: int,
    currency: Currency,
    lines: Sequence[Record] = (),
    note: str | None = None,
    returned: Record | None = None,
) -> Record:
    """Money given back, for a return or without one."""
    return {
        "id": gid("Refund", number),
        "createdAt": stamp(at),
        "updatedAt": stamp(at),
        "processedAt": stamp(at),
        "note": note,
        "totalRefundedSet": money(cents, currency),
        "return": None if returned is None else {"id": returned["id"]},
        "refundLineItems": {"nodes": list(lines)},
    }


def refund_line(number: int, line: Record, cents: int, currency: Currency, restock_type: str) -> Record:
    """A whole line of the order, refunded."""
    return {
        "id": gid("RefundLineItem", number),
        "quantity": line["quantity"],
        "restockType": restock_type,
        "restocked": restock_type == "RETURN",
        "subtotalSet": money(cents, currency),
        "totalTaxSet": money(0, currency),
        "lineItem": {"id": line["id"]},
    }


def return_(
    number: int, at: datetime, lines: Sequence[Record], reason: tuple[str, str], note: str | None
) -> dict[str, Any]:
    """A requested return of some lines of the order; ``reason`` is a handle and what the customer reads."""
    handle, name = reason
    definition = {"id": gid("ReturnReasonDefinition", handle), "handle": handle, "name": name, "deleted": False}
    return {
        "id": gid("Return", number),
        "name": f"R{number}",
        "status": "REQUESTED",
        "createdAt": stamp(at),
        "closedAt": None,
        "requestApprovedAt": None,
        "totalQuantity": sum(line["quantity"] for line in lines),
        "decline": None,
        "returnLineItems": {
            "nodes": [return_line(number * 10 + n, line, definition, note) for n, line in enumerate(lines)]
        },
        "reverseFulfillmentOrders": {"nodes": []},
    }


def return_line(number: int, line: Record, reason: Record, note: str | None) -> Record:
    return {
        "id": gid("ReturnLineItem", number),
        "quantity": line["quantity"],
        "refundedQuantity": 0,
        "customerNote": note,
        "returnReasonNote": "",
        "returnReasonDefinition": reason,
        "fulfillmentLineItem": {"id": gid("FulfillmentLineItem", number), "lineItem": {"id": line["id"]}},
    }


def fulfillment_order(
    *,
    number: int,
    order: int,
    name: str,
    placed_at: datetime,
    updated_at: datetime,
    status: str,
    promised_at: datetime | None,
    lines: Sequence[Record],
    is_sent: bool,
    holds: Sequence[Record] = (),
) -> Record:
    """What the shop's warehouse has to send for an order: all of its lines, in the fulfillment of the same number."""
    return {
        "id": gid("FulfillmentOrder", number),
        "orderId": gid("Order", order),
        "orderName": name,
        "orderProcessedAt": stamp(placed_at),
        "status": status,
        "requestStatus": "UNSUBMITTED",
        "createdAt": stamp(placed_at),
        "updatedAt": stamp(updated_at),
        "fulfillAt": stamp(placed_at),
        "fulfillBy": None,
        "assignedLocation": {"name": "Armazém de Setúbal", "countryCode": "PT", "location": {"id": gid("Location", 1)}},
        "deliveryMethod": {
            "id": gid("DeliveryMethod", number),
            "methodType": "SHIPPING",
            "presentedName": "Standard",
            "serviceCode": "standard",
            "minDeliveryDateTime": None,
            "maxDeliveryDateTime": when(promised_at),
        },
        "fulfillmentHolds": list(holds),
        "lineItems": {
            "nodes": [fulfillment_order_line(number * 10 + n, line, is_sent) for n, line in enumerate(lines)]
        },
        "fulfillments": {"nodes": [{"id": gid("Fulfillment", number)}] if is_sent else []},
    }


def fulfillment_order_line(number: int, line: Record, is_sent: bool) -> Record:
    return {
        "id": gid("FulfillmentOrderLineItem", number),
        "totalQuantity": line["quantity"],
        "remainingQuantity": 0 if is_sent else line["quantity"],
        "sku": line["sku"],
        "lineItem": {"id": line["id"]},
    }


def hold(number: int, reason: str, notes: str) -> Record:
    return {"id": gid("FulfillmentHold", number), "reason": reason, "reasonNotes": notes, "displayReason": reason}


def abandoned_checkout(
    *,
    number: int,
    created_at: datetime,
    updated_at: datetime,
    completed_at: datetime | None,
    customer: int | None,
    ship_to: Record | None,
    lines: Sequence[Record],
    cents: int,
    currency: Currency,
) -> Record:
    """A cart that was left with contact details in it."""
    return {
        "id": gid("AbandonedCheckout", number),
        "name": f"#{number}",
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "completedAt": when(completed_at),
        "abandonedCheckoutUrl": f"https://shop.example/checkouts/{number}",
        "note": "",
        "discountCodes": [],
        "customer": None if customer is None else {"id": gid("Customer", customer)},
        "shippingAddress": ship_to,
        "subtotalPriceSet": money(cents, currency),
        "totalDiscountSet": money(0, currency),
        "totalLineItemsPriceSet": money(cents, currency),
        "totalPriceSet": money(cents, currency),
        "lineItems": {"nodes": list(lines)},
    }


def checkout_line(
    number: int, title: str, sku: str, quantity: int, cents: int, currency: Currency, product: int
) -> Record:
    return {
        "id": gid("AbandonedCheckoutLineItem", number),
        "title": title,
        "variantTitle": None,
        "sku": sku,
        "quantity": quantity,
        "product": {"id": gid("Product", product)},
        "originalUnitPriceSet": money(cents, currency),
        "discountedTotalPriceSet": money(cents * quantity, currency),
    }
