"""Retention per cohort: shares, no cohort that has not begun."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("retention"),
    not_after_as_of("cohort_month"),
    between("month_number", 0, None, "counted from the first order's month"),
    between("retention_rate", 0, 1, "a share of the cohort"),
    between("cumulative_rate", 0, 1, "a share of the cohort"),
    between("customers", 1, None, "a cohort is made of its customers"),
    at_least("customers", "returned_customers", "who came back is of the cohort"),
)
