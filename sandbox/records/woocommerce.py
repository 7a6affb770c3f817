"""WooCommerce REST v3 records: money as text, each time in the site's zone and in GMT, empty text for none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]

# Where the site stands: another zone than the business's, with summer time.
SITE_ZONE = ZoneInfo("America/New_York")
CURRENCY, SYMBOL = "USD", "$"


def times(name: str, moment: datetime | None) -> Record:
    """The two fields of one time: local to the site, and GMT."""
    if moment is None:
        return {name: None, f"{name}_gmt": None}
    return {name: _plain(moment.astimezone(SITE_ZONE)), f"{name}_gmt": _plain(moment.astimezone(UTC))}


def _plain(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def money(cents: int) -> str:
    """An amount as the vendor writes it."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def address(*, name: str = "", city: str = "", country: str = "", email: str | None = None) -> Record:
    """A billing address if an e-mail is given (it may be ""), else a shipping one. What is not known is empty text."""
    first, _, last = name.partition(" ")
    fields = {
        **{"first_name": first, "last_name": last, "company": "", "address_1": "", "address_2": "", "city": city},
        **{"state": "", "postcode": "", "country": country, "phone": ""},
    }
    return fields if email is None else {**fields, "email": email}


def line_item(*, number: int, product: int, title: str, sku: str | None, quantity: int, cents: int, off: int) -> Record:
    """One line. ``price`` is a number, all other money is text; ``off`` is what a coupon took from the line."""
    total = cents * quantity - off
    return {
        "id": number,
        "name": title,
        "product_id": product,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": money(cents * quantity),
        "subtotal_tax": "0.00",
        "total": money(total),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [{"id": number, "key": "_reduced_stock", "value": str(quantity)}],
        "sku": sku,
        "global_unique_id": "",
        "price": round(total / quantity / 100, 4),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def order(
    *,
    number: int,
    status: str,
    created: datetime,
    modified: datetime,
    paid: datetime | None,
    completed: datetime | None,
    customer: int,
    billing: Record,
    shipping: Record,
    lines: Sequence[Record],
    discount_cents: int,
    shipping_cents: int,
    coupon: str | None = None,
    refunds: Sequence[Record] = (),
    note: str = "",
    meta_data: Sequence[Record] = (),
) -> Record:
    """An order as of one version; ``customer`` is 0 for a guest, ``refunds`` are those that refund() makes."""
    goods = sum(round(float(line["total"]) * 100) for line in lines)
    summaries = [{"id": each["id"], "reason": each["reason"], "total": f"-{each['amount']}"} for each in refunds]
    coupons = [] if coupon is None else [{"id": number * 10 + 9, "code": coupon, "discount": money(discount_cents)}]
    return {
        "id": number,
        "parent_id": 0,
        "status": status,
        "currency": CURRENCY,
        "version": "10.7.0",
        "prices_include_tax": False,
        **times("date_created", created),
        **times("date_modified", modified),
        "discount_total": money(discount_cents),
        "discount_tax": "0.00",
        "shipping_total": money(shipping_cents),
        "shipping_tax": "0.00",
        "cart_tax": "0.00",
        "total": money(goods + shipping_cents),
        "total_tax": "0.00",
        "customer_id": customer,
        "order_key": f"wc_order_{number:013d}",
        "billing": billing,
        "shipping": shipping,
        "payment_method": "stripe",
        "payment_method_title": "Credit card",
        "transaction_id": f"ch_{number}" if paid else "",
        "created_via": "checkout",
        "customer_note": note,
        **times("date_completed", completed),
        **times("date_paid", paid),
        "number": str(number),
        "meta_data": list(meta_data),
        "line_items": list(lines),
        "tax_lines": [],
        "shipping_lines": [{"id": number * 10 + 8, "method_title": "Flat rate", "total": money(shipping_cents)}],
        "fee_lines": [],
        "coupon_lines": coupons,
        "refunds": summaries,
        "is_editable": status in ("pending", "on-hold"),
        "needs_payment": status in ("pending", "failed"),
        "needs_processing": True,
        "currency_symbol": SYMBOL,
    }


def refund(*, number: int, order: int, created: datetime, cents: int, reason: str, refunded_by: int) -> Record:
    """Money given back; the list of one order's refunds leaves ``parent_id`` out."""
    return {
        "id": number,
        "parent_id": order,
        **times("date_created", created),
        "amount": money(cents),
        "reason": reason,
        "refunded_by": refunded_by,
        "refunded_payment": True,
        "meta_data": [],
        "line_items": [],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
    }


def customer(
    *, number: int, created: datetime, modified: datetime, email: str, name: str, billing: Record, is_paying: bool
) -> Record:
    """An account of the site; only customers are customers to the vendor, but staff are listed with them."""
    first, _, last = name.partition(" ")
    return {
        "id": number,
        **times("date_created", created),
        **times("date_modified", modified),
        "email": email,
        "first_name": first,
        "last_name": last,
        "role": "customer",
        "username": f"customer{number}",
        "billing": billing,
        "shipping": address(),
        "is_paying_customer": is_paying,
        "avatar_url": "",
        "meta_data": [],
    }


def product(*, number: int, created: datetime, modified: datetime, title: str, sku: str, cents: int | None) -> Record:
    """A product; one that is not for sale has an empty price."""
    price = "" if cents is None else money(cents)
    return {
        "id": number,
        "name": title,
        "slug": f"product-{number}",
        "type": "simple",
        "status": "publish",
        **times("date_created", created),
        **times("date_modified", modified),
        "sku": sku,
        "price": price,
        "regular_price": price,
        "sale_price": "",
        "total_sales": "0",
        "parent_id": 0,
        "categories": [{"id": 15, "name": "Home & living", "slug": "home-living"}],
    }
