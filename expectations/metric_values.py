"""Published figures: possible values, known grains, and no leap that the last publication's interval excludes."""

from expectations import Check, at_least, between, not_after_as_of, not_emptied, not_shrunk, one_of

# An all-time figure moves by one night's records; leaving its own 95 % interval overnight is an event or a fault.
# Below 30 answers the interval is too rough to say so.
_LEAPT = """
select candidate.metric_variant, candidate.value
from {batch} as candidate
inner join marts.metric_values as published
    using (metric_variant, grain, period_start, segment_name, segment_value)
where
    candidate.grain = 'all_time'
    and candidate.segment_name = 'all'
    and published.n >= 30
    and candidate.value not between published.ci_low and published.ci_high
"""

EXPECTATIONS = (
    not_emptied(),
    not_shrunk(),
    not_after_as_of("period_start"),
    one_of("grain", ("day", "week", "month", "rolling_30d", "all_time"), "readers choose rows by grain"),
    between("n", 0, None, "a count"),
    at_least("ci_high", "ci_low", "an interval runs from low to high"),
    between("value", -100, 100, "net promoter score is in points", where=("metric_variant", "nps")),
    Check(
        "unexpected_rows_expectation",
        {"unexpected_rows_query": _LEAPT},
        "either something happened that readers must be told, or a definition or a source changed",
        "warning",
        "insights",
        words="no all-time figure leaves the 95 % interval of the last publication",
    ),
)
