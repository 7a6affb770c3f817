"""Shopify Admin GraphQL 2026-10 nodes, with connections as {"nodes": […]} and money as text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.records.writer import stamp
from sandbox.records.zendesk import when

Record = dict[str, Any]


def gid(kind: str, number: int | str) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


def money(cents: int, currency: str) -> Record:
    """An amount in the shop's currency; the sandbox counts in cents, the vendor writes decimals as text."""
    sign = "-" if cents < 0 else ""
    amount = f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def address(country: str, province: str | None, city: str | None) -> Record:
    """A postal address, as coarse as the pipeline asks for."""
    return {"countryCodeV2": country, "provinceCode": province, "city": city}


def line_item(
    *,
    number: int,
    title: str,
    sku: str | None,
    quantity: int,
    unit_cents: int,
    currency: str,
    product: int | None,
    discount_cents: int = 0,
    current_quantity: int | None = None,
) -> Record:
    """One line of an order. ``current_quantity`` falls when units are refunded."""
    return {
        "id": gid("LineItem", number),
        "title": title,
        "sku": sku,
        "quantity": quantity,
        "currentQuantity": quantity if current_quantity is None else current_quantity,
        "originalUnitPriceSet": money(unit_cents, currency),
        "totalDiscountSet": money(discount_cents, currency),
        "product": None if product is None else {"id": gid("Product", product)},
    }


def transaction(number: int, kind: str, status: str, at: datetime, cents: int, currency: str) -> Record:
    """A payment or a refund of money."""
    return {
        "id": gid("OrderTransaction", number),
        "kind": kind,
        "status": status,
        "processedAt": stamp(at),
        "amountSet": money(cents, currency),
    }


def fulfillment(
    *,
    number: int,
    created_at: datetime,
    updated_at: datetime,
    in_transit_at: datetime | None,
    delivered_at: datetime | None,
    estimated_at: datetime | None,
) -> Record:
    """A shipment; ``estimated_at`` is the promise."""
    return {
        "id": gid("Fulfillment", number),
        "status": "SUCCESS",
        "displayStatus": "IN_TRANSIT" if delivered_at is None else "DELIVERED",
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "inTransitAt": when(in_transit_at),
        "deliveredAt": when(delivered_at),
        "estimatedDeliveryAt": when(estimated_at),
    }


def refund(number: int, at: datetime, cents: int, currency: str) -> Record:
    """Money given back."""
    return {
        "id": gid("Refund", number),
        "createdAt": stamp(at),
        "totalRefundedSet": money(cents, currency),
    }


def order(
    *,
    number: int,
    name: str,
    created_at: datetime,
    updated_at: datetime,
    currency: str,
    email: str | None,
    customer: int | None,
    ship_to: Record | None,
    lines: Sequence[Record],
    subtotal_cents: int,
    discount_cents: int,
    shipping_cents: int,
    financial_status: str,
    fulfillment_status: str,
    refunded_cents: int = 0,
    test: bool = False,
    cancelled_at: datetime | None = None,
    cancel_reason: str | None = None,
    source_name: str = "web",
    tags: Sequence[str] = (),
    transactions: Sequence[Record] = (),
    fulfillments: Sequence[Record] = (),
    refunds: Sequence[Record] = (),
) -> Record:
    """An order as of one version. Subtotal is after discounts; prices include tax."""
    return {
        "id": gid("Order", number),
        "legacyResourceId": str(number),
        "name": name,
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "processedAt": stamp(created_at),
        "cancelledAt": when(cancelled_at),
        "cancelReason": cancel_reason,
        "closedAt": None,
        "currencyCode": currency,
        "test": test,
        "email": email,
        "sourceName": source_name,
        "displayFinancialStatus": financial_status,
        "displayFulfillmentStatus": fulfillment_status,
        "returnStatus": "NO_RETURN" if not refunds else "RETURNED",
        "tags": list(tags),
        "customer": None if customer is None else {"id": gid("Customer", customer)},
        "shippingAddress": ship_to,
        "subtotalPriceSet": money(subtotal_cents, currency),
        "totalDiscountsSet": money(discount_cents, currency),
        "totalShippingPriceSet": money(shipping_cents, currency),
        "totalTaxSet": money(0, currency),
        "totalPriceSet": money(subtotal_cents + shipping_cents, currency),
        "totalRefundedSet": money(refunded_cents, currency),
        "lineItems": {"nodes": list(lines)},
        "transactions": list(transactions),
        "fulfillments": list(fulfillments),
        "refunds": list(refunds),
    }


def customer(
    *,
    number: int,
    created_at: datetime,
    updated_at: datetime,
    name: str | None,
    email: str | None,
    orders: int,
    home: Record | None,
    locale: str = "en",
) -> Record:
    """A customer account. The vendor names one without a name by its e-mail, and always has a locale."""
    return {
        "id": gid("Customer", number),
        "displayName": name or email or "",
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "locale": locale,
        "tags": [],
        "numberOfOrders": str(orders),
        "defaultEmailAddress": None if email is None else {"emailAddress": email},
        "defaultPhoneNumber": None,
        "defaultAddress": home,
    }
