"""Effects of the quarantine: what is held back could move the figures so far, and not further than people accept."""

from expectations import between

EXPECTATIONS = (
    between("records_held", 1, None, "a figure without held records has no row"),
    between(
        "records_held",
        None,
        100,
        "each record was rejected for a reason that `cx quarantine list` tells; a hundred are a contract that changed",
        "warning",
    ),
)
