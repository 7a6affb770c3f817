"""Customer health: as of the last night, scores and probabilities in their ranges, known names, fitted models."""

from expectations import between, not_after_as_of, not_emptied, not_shrunk, one_of, reaches_as_of

_SEGMENTS = (
    *("champion", "loyal", "potential_loyal", "new", "promising", "need_attention"),
    *("about_to_sleep", "at_risk", "cannot_lose", "hibernating"),
)

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("retention"),
    reaches_as_of("as_of_date"),
    not_after_as_of("last_order_date"),
    between("rfm_recency_days", 0, None, "an order after the as-of date would be from the future"),
    between("r_score", 1, 5, "a fifth"),
    between("f_score", 1, 5, "a fifth"),
    between("m_score", 1, 5, "a fifth"),
    between("rfm_monetary", 0, None, "returns are counted up to the price of the goods: below zero they count twice"),
    between("p_alive", 0, 1, "a probability"),
    between("expected_orders_90d", 0, None, "an expected number"),
    between("clv_predicted", 0, None, "an expected value of expected orders"),
    between("health_score", 0, 100, "a mean of components from 0 to 100"),
    one_of("rfm_segment", _SEGMENTS, "each pair of scores has one of these names"),
    one_of(
        "lifetime_status",
        ("fitted", "too_few_customers"),
        "a likelihood without a clear maximum predicts nothing: look at inference.lifetime_parameters",
        "warning",
    ),
)
