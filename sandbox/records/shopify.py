"""Shopify Admin GraphQL 2026-10 orders and customers, with connections as {"nodes": […]} and money as text.

What becomes of an order is in ``shopify_followups``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.records.writer import stamp
from sandbox.records.zendesk import when

Record = dict[str, Any]


def gid(kind: str, number: int | str) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


@dataclass(frozen=True)
class Currency:
    """The shop's money, and what the customer was shown: how much of it one unit of the shop's buys."""

    shop: str
    shown: str = ""
    rate: float = 1.0


def money(cents: int, currency: Currency) -> Record:
    """An amount in both currencies; the sandbox counts in cents, the vendor writes decimals as text."""
    shown = currency.shown or currency.shop
    return {
        "shopMoney": {"amount": decimal(cents), "currencyCode": currency.shop},
        "presentmentMoney": {"amount": decimal(round(cents * currency.rate)), "currencyCode": shown},
    }


def decimal(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


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
    currency: Currency,
    product: int | None,
    discount_cents: int = 0,
    current_quantity: int | None = None,
) -> Record:
    """One line of an order. ``current_quantity`` falls when units are refunded."""
    return {
        "id": gid("LineItem", number),
        "title": title,
        "name": title,
        "variantTitle": None,
        "vendor": "Casa",
        "sku": sku,
        "isGiftCard": False,
        "requiresShipping": True,
        "quantity": quantity,
        "currentQuantity": quantity if current_quantity is None else current_quantity,
        "originalUnitPriceSet": money(unit_cents, currency),
        "totalDiscountSet": money(discount_cents, currency),
        "product": None if product is None else {"id": gid("Product", product)},
    }


def transaction(number: int, kind: str, status: str, at: datetime, cents: int, currency: Currency) -> Record:
    """A payment or a refund of money."""
    return {
        "id": gid("OrderTransaction", number),
        "kind": kind,
        "status": status,
        "gateway": "shopify_payments",
        "createdAt": stamp(at),
        "processedAt": stamp(at),
        "amountSet": money(cents, currency),
    }


def shipping_line(cents: int, currency: Currency) -> Record:
    """The way of delivery that the customer chose."""
    price = money(cents, currency)
    return {
        "title": "Standard",
        "code": "standard",
        "carrierIdentifier": None,
        "custom": False,
        "originalPriceSet": price,
        "discountedPriceSet": price,
    }


def order(
    *,
    number: int,
    name: str,
    created_at: datetime,
    updated_at: datetime,
    currency: Currency,
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
    locale: str | None = None,
    edited: bool = False,
    discount_codes: Sequence[str] = (),
    return_status: str = "NO_RETURN",
    tags: Sequence[str] = (),
    transactions: Sequence[Record] = (),
    fulfillments: Sequence[Record] = (),
    refunds: Sequence[Record] = (),
    returns: Sequence[Record] = (),
) -> Record:
    """An order as of one version. Subtotal is after discounts, prices include tax, goods are refunded first."""
    goods_back = min(refunded_cents, subtotal_cents)
    return {
        "id": gid("Order", number),
        "legacyResourceId": str(number),
        "name": name,
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "processedAt": stamp(created_at),
        "cancelledAt": when(cancelled_at),
        "cancelReason": cancel_reason,
        "cancellation": {"staffNote": None} if cancelled_at else None,
        "closedAt": None,
        "edited": edited,
        "currencyCode": currency.shop,
        "presentmentCurrencyCode": currency.shown or currency.shop,
        "test": test,
        "email": email,
        "customerLocale": locale,
        "sourceName": source_name,
        "displayFinancialStatus": financial_status,
        "displayFulfillmentStatus": fulfillment_status,
        "returnStatus": return_status,
        "tags": list(tags),
        "discountCodes": list(discount_codes),
        "paymentGatewayNames": ["shopify_payments"] if transactions else [],
        "customer": None if customer is None else {"id": gid("Customer", customer)},
        "shippingAddress": ship_to,
        "shippingLine": shipping_line(shipping_cents, currency),
        "subtotalPriceSet": money(subtotal_cents, currency),
        "totalDiscountsSet": money(discount_cents, currency),
        "totalShippingPriceSet": money(shipping_cents, currency),
        "totalTaxSet": money(0, currency),
        "totalPriceSet": money(subtotal_cents + shipping_cents, currency),
        "totalRefundedSet": money(refunded_cents, currency),
        "totalRefundedShippingSet": money(refunded_cents - goods_back, currency),
        "currentSubtotalPriceSet": money(subtotal_cents - goods_back, currency),
        "currentTotalPriceSet": money(subtotal_cents + shipping_cents - refunded_cents, currency),
        "lineItems": {"nodes": list(lines)},
        "transactions": list(transactions),
        "fulfillments": list(fulfillments),
        "refunds": list(refunds),
        "returns": {"nodes": list(returns)},
    }


def customer(
    *,
    number: int,
    created_at: datetime,
    updated_at: datetime,
    name: str | None,
    email: str | None,
    orders: int,
    spent_cents: int,
    currency: Currency,
    home: Record | None,
    locale: str = "en",
    phone: str | None = None,
    consent: str = "NOT_SUBSCRIBED",
) -> Record:
    """A customer account. The vendor names one without a name by its e-mail, and always has a locale."""
    return {
        "id": gid("Customer", number),
        "displayName": name or email or "",
        "createdAt": stamp(created_at),
        "updatedAt": stamp(updated_at),
        "locale": locale,
        "state": "ENABLED",
        "verifiedEmail": email is not None,
        "tags": [],
        "numberOfOrders": str(orders),
        "amountSpent": {"amount": decimal(spent_cents), "currencyCode": currency.shop},
        "defaultEmailAddress": None if email is None else email_address(email, consent, created_at),
        "defaultPhoneNumber": None if phone is None else phone_number(phone, created_at),
        "defaultAddress": home,
    }


def email_address(email: str, consent: str, at: datetime) -> Record:
    """An address, and whether newsletters may be sent to it."""
    asked = consent != "NOT_SUBSCRIBED"
    return {
        "emailAddress": email,
        "marketingState": consent,
        "marketingOptInLevel": "SINGLE_OPT_IN" if asked else None,
        "marketingUpdatedAt": stamp(at) if asked else None,
        "validFormat": True,
    }


def phone_number(phone: str, at: datetime) -> Record:
    consent = {"state": "SUBSCRIBED", "optInLevel": "SINGLE_OPT_IN", "updatedAt": stamp(at)}
    return {"phoneNumber": phone, "smsMarketingConsent": consent}
