"""WooCommerce's records. Times are read from the ``_gmt`` fields alone, which are UTC without saying so.

``meta_data`` is left to the landing: its values may be of any JSON type.
"""

from datetime import datetime

import msgspec

from cx_etl.contract import IntText, NumberText


class Address(msgspec.Struct):
    """What is not known is empty text, not null."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None


class LineItem(msgspec.Struct):
    id: int
    name: str | None = None
    product_id: int | None = None
    variation_id: int | None = None
    quantity: NumberText | None = None
    subtotal: NumberText | None = None
    total: NumberText | None = None
    total_tax: NumberText | None = None
    sku: str | None = None
    price: NumberText | None = None


class RefundSummary(msgspec.Struct):
    """A refund as its order tells of it; ``total`` is negative."""

    id: int
    reason: str | None = None
    total: NumberText | None = None


class CouponLine(msgspec.Struct):
    id: int
    code: str | None = None
    discount: NumberText | None = None


class ShippingLine(msgspec.Struct):
    id: int
    method_title: str | None = None
    total: NumberText | None = None


class Order(msgspec.Struct):
    """An order; ``customer_id`` is 0 for a guest, ``status`` is trash for a deleted one that can still come back."""

    id: int
    status: str
    date_created_gmt: datetime
    date_modified_gmt: datetime
    number: str | None = None
    parent_id: int | None = None
    currency: str | None = None
    created_via: str | None = None
    customer_id: int | None = None
    customer_note: str | None = None
    payment_method: str | None = None
    transaction_id: str | None = None
    date_paid_gmt: datetime | None = None
    date_completed_gmt: datetime | None = None
    discount_total: NumberText | None = None
    shipping_total: NumberText | None = None
    total_tax: NumberText | None = None
    total: NumberText | None = None
    billing: Address | None = None
    shipping: Address | None = None
    line_items: list[LineItem] | None = None
    refunds: list[RefundSummary] | None = None
    coupon_lines: list[CouponLine] | None = None
    shipping_lines: list[ShippingLine] | None = None


class RefundLine(msgspec.Struct):
    id: int
    product_id: int | None = None
    quantity: NumberText | None = None
    total: NumberText | None = None


class Refund(msgspec.Struct):
    """A refund. The list of all refunds says whose each is in ``parent_id``; the list of one order's does not, there
    ``order_id`` is what the request asked for.
    """

    id: int
    date_created_gmt: datetime
    parent_id: int | None = None
    order_id: IntText = ""
    amount: NumberText | None = None
    reason: str | None = None
    refunded_by: int | None = None
    refunded_payment: bool | None = None
    line_items: list[RefundLine] | None = None


class Customer(msgspec.Struct):
    id: int
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role: str | None = None
    username: str | None = None
    is_paying_customer: bool | None = None
    billing: Address | None = None
    shipping: Address | None = None


class Category(msgspec.Struct):
    id: int
    name: str | None = None


class Product(msgspec.Struct):
    id: int
    name: str | None = None
    type: str | None = None
    status: str | None = None
    sku: str | None = None
    price: NumberText | None = None
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    categories: list[Category] | None = None
