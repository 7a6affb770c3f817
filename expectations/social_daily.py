"""Social networks per day and profile: counts, every day up to the as-of date."""

from expectations import at_least, between, not_emptied, not_shrunk, reaches_as_of

FED_BY = """
select count(*), max("createdAt")::date
from raw.hootsuite__post_analytics
where "createdAt" < %(as_of_date)s
"""

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("social"),
    reaches_as_of("business_date"),
    between("posts", 0, None, "a count"),
    between("messages_sent", 0, None, "a count"),
    between("engagement", 0, None, "a count of reactions, comments and shares"),
    at_least(
        "first_response_seconds_slowest_team", "first_response_seconds_fastest_team", "a range runs from low to high"
    ),
)
