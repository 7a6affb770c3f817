"""Visits per day and channel: parts of the sessions, every day up to the as-of date."""

from expectations import at_least, between, not_emptied, not_shrunk, reaches_as_of

FED_BY = """
select count(*), max(date)
from raw.ga4__channel_days
where _deleted_at is null and date < %(as_of_date)s
"""

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("web"),
    reaches_as_of("business_date"),
    between("sessions", 0, None, "a count"),
    at_least("sessions", "engaged_sessions", "engaged sessions are sessions"),
    at_least("sessions", "converted_sessions", "sessions with a key event are sessions"),
    between("bounce_rate", 0, 1, "a share of the sessions"),
    between("conversion_rate", 0, 1, "a share of the sessions"),
    between(
        "conversion_rate",
        0,
        0.5,
        "more than half of a channel's sessions convert when an event that everybody triggers is called a key event",
        "warning",
        mostly=0.95,
    ),
)
