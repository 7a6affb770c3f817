"""Themes per day: every day up to the as-of date, shares that are shares."""

from expectations import between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    reaches_as_of("business_date"),
    between("theme_share", 0, 1, "a fraction of the day's comments"),
    between("mean_scaled_score", 0, 100, "scores are scaled from 0 to 100"),
)
