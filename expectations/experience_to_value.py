"""What customers do after an experience: rates, scores and differences within their scales."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk, one_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("retention"),
    not_after_as_of("cohort_month"),
    between("repeat_rate", 0, 1, "a share of the customers"),
    between("next_csat_rate", 0, 1, "a share of the answers"),
    between("next_nps", -100, 100, "points"),
    between("repeat_rate_difference", -1, 1, "a difference of two shares"),
    at_least("difference_ci_high", "difference_ci_low", "an interval runs from low to high"),
    one_of(
        "experience_event",
        ("late_delivery", "first_reply", "reopen", "first_contact_resolution", "refund", "nps_score"),
        "the snapshot explains these; a new one needs its sentence there",
        "warning",
    ),
)
