"""Survey answers: every score in a known bucket, none from the future."""

from expectations import at_least, not_emptied, not_from_the_future, not_quiet, not_shrunk, one_of

_BUCKETS = (
    "promoter",
    "passive",
    "detractor",
    "satisfied",
    "neutral",
    "dissatisfied",
    "easy",
    "hard",
)

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    not_from_the_future("business_date"),
    not_quiet("business_date", "insights"),
    one_of("bucket", _BUCKETS, "every score falls in one bucket of its metric"),
    at_least(
        "responded_at",
        "sent_at",
        "an answer before its question is a wrong time zone in the export",
        "warning",
    ),
)
