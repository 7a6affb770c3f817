"""Who answers, of those who were asked: shares, possible scores."""

from expectations import at_least, between, not_emptied, not_shrunk, one_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    one_of("trait", ("all", "order_value_band", "delivery_outcome", "tickets"), "readers choose rows by trait"),
    between("invited", 1, None, "a trait's value is that of somebody invited"),
    at_least("invited", "answers", "only the invited can answer"),
    between("response_rate", 0, 1, "a share of the invited"),
    between("nps", -100, 100, "net promoter score is in points from -100 to 100"),
)
