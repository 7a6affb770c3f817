"""Churn per month and rule: rates, counts, no month that has not begun."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk, one_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("retention"),
    not_after_as_of("month"),
    between("churn_rate", 0, 1, "a share of the customers at the start"),
    between("churn_rate_of_known", 0, 1, "a share of the customers whose window has elapsed"),
    between("newly_lost_rate", 0, 1, "a share of the customers who could be lost in the month"),
    between("customers_at_start", 0, None, "a count"),
    between("customers_unknown", 0, None, "a count"),
    at_least("ci_high", "ci_low", "an interval runs from low to high"),
    one_of(
        "churn_rule",
        ("inactive_90d", "inactive_180d", "cadence", "p_alive", "contractual"),
        "the snapshot explains these rules; a new one needs its sentence there",
        "warning",
    ),
)
