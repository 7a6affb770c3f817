"""Response by the day surveys were sent: shares, every day up to the as-of date."""

from expectations import at_least, between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    reaches_as_of("business_date"),
    between("sent", 0, None, "a count"),
    at_least("sent", "answered", "only what was sent can be answered"),
    at_least("answered", "commented", "only an answer carries a comment"),
    between("response_rate", 0, 1, "a share of the surveys sent"),
)
