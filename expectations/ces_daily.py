"""Customer effort per day: possible scores with their intervals, every day up to the as-of date."""

from expectations import at_least, between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    reaches_as_of("business_date"),
    between("n", 0, None, "a count"),
    between("score", 0, 100, "a percentage"),
    at_least("ci_high", "ci_low", "an interval runs from low to high"),
)
