"""Response times per day: counts, every day up to the as-of date."""

from expectations import between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("support"),
    reaches_as_of("business_date"),
    between("tickets", 0, None, "a count"),
    between("answered", 0, None, "a count"),
)
