"""Shopify's orders, customers and abandoned checkouts; what becomes of an order is in shopify_followup_records.

Amounts come twice: in the shop's money, and in the money that the customer was shown. A record that arrives as a line
of its own names the one it belongs to in ``__parentId``, as bulk files do. What an older page of the landing was not
asked for may be missing.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from cx_etl.contract import IntText


class Money(msgspec.Struct, rename="camel"):
    amount: Decimal
    currency_code: str | None = None


class MoneyBag(msgspec.Struct, rename="camel"):
    shop_money: Money
    presentment_money: Money | None = None


class Id(msgspec.Struct):
    """A record that is only named."""

    id: str


class Count(msgspec.Struct):
    count: int


class Address(msgspec.Struct, rename="camel"):
    country_code_v2: str | None = None
    province_code: str | None = None
    city: str | None = None


class Cancellation(msgspec.Struct, rename="camel"):
    staff_note: str | None = None


class ShippingLine(msgspec.Struct, rename="camel"):
    title: str | None = None
    code: str | None = None
    carrier_identifier: str | None = None
    original_price_set: MoneyBag | None = None
    discounted_price_set: MoneyBag | None = None


class Transaction(msgspec.Struct, rename="camel"):
    id: str
    kind: str
    status: str
    processed_at: datetime | None = None
    gateway: str | None = None
    amount_set: MoneyBag | None = None


class OrderFulfillment(msgspec.Struct, rename="camel"):
    """A shipment as its order lists it; the stream ``fulfillments`` brings its tracking numbers and scans."""

    id: str
    status: str
    created_at: datetime
    updated_at: datetime
    display_status: str | None = None
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    estimated_delivery_at: datetime | None = None


class OrderRefund(msgspec.Struct, rename="camel"):
    """A refund as its order lists it; the stream ``refunds`` brings what was refunded."""

    id: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    processed_at: datetime | None = None
    total_refunded_set: MoneyBag | None = None


class Order(msgspec.Struct, rename="camel"):
    """``currentX`` is after edits, returns and refunds, the others before. Guests and deleted customers are null."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    currency_code: str
    test: bool
    presentment_currency_code: str | None = None
    processed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    cancellation: Cancellation | None = None
    closed_at: datetime | None = None
    edited: bool | None = None
    email: str | None = None
    customer_locale: str | None = None
    source_name: str | None = None
    display_financial_status: str | None = None
    display_fulfillment_status: str | None = None
    return_status: str | None = None
    tags: list[str] | None = None
    discount_codes: list[str] | None = None
    payment_gateway_names: list[str] | None = None
    customer: Id | None = None
    shipping_address: Address | None = None
    shipping_line: ShippingLine | None = None
    subtotal_price_set: MoneyBag | None = None
    total_discounts_set: MoneyBag | None = None
    total_shipping_price_set: MoneyBag | None = None
    total_tax_set: MoneyBag | None = None
    total_price_set: MoneyBag | None = None
    total_refunded_set: MoneyBag | None = None
    total_refunded_shipping_set: MoneyBag | None = None
    current_subtotal_price_set: MoneyBag | None = None
    current_total_price_set: MoneyBag | None = None
    # The lists below say how long they are, so that one cut short is seen.
    transactions_count: Count | None = None
    fulfillments_count: Count | None = None
    transactions: list[Transaction] | None = None
    fulfillments: list[OrderFulfillment] | None = None
    refunds: list[OrderRefund] | None = None


class LineItem(msgspec.Struct, rename="camel"):
    """One line of an order. ``quantity`` includes refunded and removed units, ``currentQuantity`` does not."""

    id: str
    quantity: int
    parent_id: str = msgspec.field(name="__parentId")
    title: str | None = None
    variant_title: str | None = None
    vendor: str | None = None
    sku: str | None = None
    current_quantity: int | None = None
    is_gift_card: bool | None = None
    requires_shipping: bool | None = None
    original_unit_price_set: MoneyBag | None = None
    total_discount_set: MoneyBag | None = None
    product: Id | None = None


class EmailAddress(msgspec.Struct, rename="camel"):
    email_address: str | None = None
    marketing_state: str | None = None
    marketing_opt_in_level: str | None = None
    marketing_updated_at: datetime | None = None


class SmsConsent(msgspec.Struct, rename="camel"):
    state: str | None = None
    updated_at: datetime | None = None


class PhoneNumber(msgspec.Struct, rename="camel"):
    phone_number: str | None = None
    sms_marketing_consent: SmsConsent | None = None


class Customer(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime
    updated_at: datetime
    display_name: str | None = None
    locale: str | None = None
    state: str | None = None
    verified_email: bool | None = None
    tags: list[str] | None = None
    number_of_orders: IntText | None = None
    amount_spent: Money | None = None
    default_email_address: EmailAddress | None = None
    default_phone_number: PhoneNumber | None = None
    default_address: Address | None = None


class AbandonedCheckout(msgspec.Struct, rename="camel"):
    """A checkout that was not completed, or later than it was abandoned (``completedAt``)."""

    id: str
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    completed_at: datetime | None = None
    discount_codes: list[str] | None = None
    customer: Id | None = None
    shipping_address: Address | None = None
    subtotal_price_set: MoneyBag | None = None
    total_discount_set: MoneyBag | None = None
    total_price_set: MoneyBag | None = None


class AbandonedCheckoutLine(msgspec.Struct, rename="camel"):
    id: str
    quantity: int
    parent_id: str = msgspec.field(name="__parentId")
    title: str | None = None
    variant_title: str | None = None
    sku: str | None = None
    original_unit_price_set: MoneyBag | None = None
    discounted_total_price_set: MoneyBag | None = None
    product: Id | None = None
