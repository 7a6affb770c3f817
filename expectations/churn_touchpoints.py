"""Last contacts before a loss: shares, counts, no month that is not over."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk, one_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("retention"),
    not_after_as_of("month"),
    between("share_of_lost", 0, 1, "a share of the customers lost"),
    between("share_of_stayed", 0, 1, "a share of the customers who stayed"),
    between("loss_rate", 0, 1, "a share of the customers with that contact"),
    between("lift", 0, None, "a ratio of two shares"),
    at_least("loss_rate_ci_high", "loss_rate_ci_low", "an interval runs from low to high"),
    one_of("outcome", ("positive", "neutral", "negative"), "readers add these three up"),
)
