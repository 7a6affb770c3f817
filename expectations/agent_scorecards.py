"""Agents' months: shares, counts, no month that has not begun."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("support"),
    not_after_as_of("month"),
    between("csat_rate", 0, 1, "a share of the ratings"),
    between("reopen_rate", 0, 1, "a share of the solved tickets"),
    between("n", 0, None, "a count"),
    at_least("csat_rate_ci_high", "csat_rate_ci_low", "an interval runs from low to high"),
    at_least("ratings", "satisfied", "the satisfied are among those who rated"),
)
