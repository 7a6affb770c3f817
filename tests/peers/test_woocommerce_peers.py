"""WooCommerce as a published open-source connector and the vendor's own client read it."""

import json
from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import Connector, run_script
from sandbox.connections import KEYS
from sandboxes import Sandbox

CONNECTOR = Connector(
    "airbyte_woocommerce",
    "source_woocommerce",
    "https://{{ config['shop'] }}",
    mended=(
        # It logs in as over TLS, which a proxy in front of the site would say.
        ('    request_parameters:\n      orderby: "id"', '    request_headers:\n      X-Forwarded-Proto: "https"\n'
         '    request_parameters:\n      orderby: "id"'),
        # Its last window ends at the sandbox's time, whatever the time is here.
        ("{{ now_utc().strftime('%Y-%m-%dT%H:%M:%S') }}", "2026-11-21T02:00:00"),
    ),
)  # fmt: skip
CONFIG = {
    "api_key": KEYS["woocommerce"][0],
    "api_secret": KEYS["woocommerce"][1],
    "shop": "unused",
    "start_date": "2026-07-01",
}
# What lies in the trash is in none of their lists; the list of customers is, unasked, of those with that role only.
ROWS = {
    "orders": """
        select
            id, number, status, currency, total, discount_total, customer_id, billing__email, customer_note,
            date_created_gmt, date_modified_gmt, date_paid_gmt, date_completed_gmt
        from raw.woocommerce__orders
        where _deleted_at is null
    """,
    # Theirs are asked order by order, so those of orders in the trash are missing.
    "refunds": """
        select refund.id, refund.amount, refund.reason, refund.refunded_by, refund.date_created_gmt
        from raw.woocommerce__refunds as refund
        inner join raw.woocommerce__orders as placed on refund.parent_id = placed.id
        where refund._deleted_at is null and placed._deleted_at is null
    """,
    "customers": """
        select
            id, email, first_name, last_name, role, username, is_paying_customer, billing__city,
            date_created_gmt, date_modified_gmt
        from raw.woocommerce__customers
        where _deleted_at is null and role = 'customer'
    """,
    "products": """
        select id, name, status, sku, price, date_created_gmt, date_modified_gmt
        from raw.woocommerce__products
        where _deleted_at is null
    """,
}
LINE_ITEMS = """
    select line.id, line.product_id, line.name, line.quantity, line.total, line.sku, placed.id as of_order
    from raw.woocommerce__orders as placed
    inner join raw.woocommerce__orders__line_items as line on placed.id::text = line._parent_key
    where placed._deleted_at is null
"""
# A time has colons, which its signature escapes twice.
LISTS = {
    "orders": {
        "status": "any", "orderby": "modified", "order": "asc", "dates_are_gmt": "true",
        "modified_after": "2026-07-01T00:00:00",
    },
    "refunds": {"orderby": "date", "order": "asc", "after": "2026-07-01T00:00:00"},
    "customers": {"role": "all", "orderby": "id", "order": "asc"},
    "products": {"orderby": "id", "order": "asc"},
}  # fmt: skip
LIST_COLUMNS = {
    "orders": "id, number, status, total, customer_id, billing__email, date_modified_gmt, date_paid_gmt",
    "refunds": "id, parent_id, amount, reason, date_created_gmt",
    "customers": "id, email, role, is_paying_customer, date_created_gmt",
    "products": "id, name, sku, price, date_modified_gmt",
}


@pytest.mark.peer("airbyte_woocommerce")
def test_another_connector_brings_the_same_rows(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = CONNECTOR.read(f"{sandbox.url}/woocommerce", CONFIG, list(ROWS), folder)
    for stream, sql in ROWS.items():
        assert_same_rows(ours("woocommerce", stream, sql), theirs[stream])
    lines = [{**line, "of_order": order["id"]} for order in theirs["orders"] for line in order["line_items"]]
    assert_same_rows(ours("woocommerce", "orders", LINE_ITEMS), lines)


@pytest.mark.peer("clients")
def test_the_vendors_client_walks_the_same_lists(sandbox: Sandbox, ours) -> None:
    key, secret = KEYS["woocommerce"]
    lists = json.dumps(LISTS)
    theirs = run_script("clients", "read_woocommerce.py", f"{sandbox.url}/woocommerce", key, secret, lists)
    for stream, columns in LIST_COLUMNS.items():
        rows = ours("woocommerce", stream, f"select {columns} from raw.woocommerce__{stream} where _deleted_at is null")
        assert_same_rows(rows, theirs[stream])
