"""Delivery per day: counts, every day up to the as-of date."""

from expectations import between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("store"),
    reaches_as_of("business_date"),
    between("orders", 0, None, "a count"),
    between("delivered", 0, None, "a count"),
    between("late", 0, None, "a count"),
    between("refund_days_median", 0, 366, "a refund a year after its return is a wrong time", "warning", mostly=0.99),
)
