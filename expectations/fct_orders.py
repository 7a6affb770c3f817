"""Orders: all that were loaded, none from the future, money that can be added up."""

from expectations import (
    Check,
    between,
    has_newest_loaded,
    not_emptied,
    not_from_the_future,
    not_quiet,
    not_shrunk,
)

FED_BY = """
with loaded as (
    select coalesce("processedAt", "createdAt") as ordered_at
    from raw.shopify__orders
    where _deleted_at is null and not test
    union all
    select date_created_gmt as ordered_at
    from raw.woocommerce__orders
    where _deleted_at is null and status not in ('auto-draft', 'checkout-draft', 'draft')
)

select count(*), max(ordered_at)::date
from loaded
where ordered_at < %(as_of_date)s
"""

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("store"),
    not_from_the_future("business_date"),
    has_newest_loaded("business_date", "store"),
    not_quiet("business_date", "store"),
    between("gross_sales", 0, None, "a sum of prices"),
    between("net_sales", 0, None, "returns are counted up to the price of the goods: below zero they count twice"),
    between("order_number_of_customer", 1, None, "counted from one"),
    between(
        "delivery_days",
        0,
        366,
        "a parcel that arrives before it is paid, or a year after, is a wrong time at the carrier",
        "warning",
        mostly=0.99,
    ),
    Check(
        "expect_column_values_to_match_regex",
        {"column": "currency", "regex": "^[A-Z]{3}$"},
        "money without an ISO 4217 currency cannot be added up",
    ),
    Check(
        "expect_column_unique_value_count_to_be_between",
        {"column": "currency", "max_value": 1},
        "sums over orders mix currencies when there are several: read them per currency, or give exchange rates",
        "info",
        "store",
    ),
)
