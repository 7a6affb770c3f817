"""The score re-weighted to the invited, and what the silent could do to it: possible scores, in their order."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk, one_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    not_after_as_of("period_start"),
    one_of("grain", ("month", "all_time"), "cohorts are those of a month, or all"),
    at_least("invited", "answers", "only the invited can answer"),
    between("nps_poststratified", -100, 100, "net promoter score is in points from -100 to 100"),
    at_least("nps_if_silent_promote", "nps_if_silent_detract", "the best case is not worse than the worst"),
)
