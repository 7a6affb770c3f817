"""Parcels: all that were loaded, known outcomes, times in their order."""

from expectations import at_least, between, has_newest_loaded, not_emptied, not_from_the_future, not_shrunk, one_of

FED_BY = """
select count(*), max(fulfillments."createdAt")::date
from raw.shopify__orders__fulfillments as fulfillments
inner join raw.shopify__orders as orders
    on fulfillments._account = orders._account and fulfillments._parent_key = orders.id
where orders._deleted_at is null and not orders.test and fulfillments."createdAt" < %(as_of_date)s
"""
OUTCOMES = ("cancelled", "returned_to_origin", "late", "delivered", "failed_attempt", "in_transit", "pending")

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("delivery"),
    not_from_the_future("business_date"),
    has_newest_loaded("business_date", "delivery"),
    one_of("outcome", OUTCOMES, "another outcome is a rule that readers do not know"),
    between("failed_attempts", 0, None, "a count"),
    between("late_days", 0, 366, "a parcel that is a year late has a wrong promise", "warning", mostly=0.99),
    at_least(
        "delivered_at",
        "shipped_at",
        "carriers date a delivery before its pickup now and then: their clocks, and worth a look",
        "info",
    ),
)
