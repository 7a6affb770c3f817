"""Response times per day: counts, every day up to the as-of date."""

from expectations import at_least, between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("support"),
    reaches_as_of("business_date"),
    between("tickets", 0, None, "a count"),
    between("answered", 0, None, "a count"),
    at_least("first_reply_minutes_sum", "first_reply_business_minutes_sum", "business time is part of calendar time"),
    at_least("first_reply_minutes_p90", "first_reply_minutes_median", "a quantile grows with its share"),
    at_least("solved", "solved_reopened", "only what was solved can be reopened"),
)
