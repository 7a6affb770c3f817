"""Revenue churn of subscriptions: shares of what there was, no month that has not begun."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("retention"),
    not_after_as_of("month"),
    between("customers_at_start", 1, None, "a row is of somebody with a subscription"),
    between("revenue_at_start", 0, None, "a sum of monthly amounts"),
    between("gross_revenue_churn_rate", 0, 1, "a share of the revenue at the start"),
    at_least("customers_at_start", "customers_lost", "only who was there at the start can be lost"),
    at_least("revenue_at_start", "revenue_cancelled", "only what was paid at the start can be cancelled"),
)
