"""Tickets: all that were loaded, known states, times that run forward."""

from expectations import (
    between,
    has_newest_loaded,
    not_emptied,
    not_from_the_future,
    not_quiet,
    not_shrunk,
    one_of,
)

FED_BY = """
select count(*), max(created_at)::date
from (
    select created_at from raw.zendesk__tickets where _deleted_at is null and status <> 'deleted'
    union all
    select created_at from raw.freshdesk__tickets where _deleted_at is null
    union all
    select created_datetime from raw.gorgias__tickets where _deleted_at is null
) as tickets
where created_at < %(as_of_date)s
"""

_RUNS_FORWARD = "a clock skew at the helpdesk does this to single tickets; more than 1 % is a wrong calculation"

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("support"),
    not_from_the_future("business_date"),
    has_newest_loaded("business_date", "support"),
    not_quiet("business_date", "support"),
    one_of(
        "status",
        ("new", "open", "pending", "hold", "solved", "closed", "deleted"),
        "backlog and resolution are rules over these states; an unknown one would be in neither",
    ),
    one_of("priority", ("low", "normal", "high", "urgent"), "SLA targets are set per priority", "warning"),
    between("full_resolution_minutes", 0, None, _RUNS_FORWARD, mostly=0.99),
    between("full_resolution_business_minutes", 0, None, _RUNS_FORWARD, mostly=0.99),
    between("first_reply_business_minutes", 0, None, "a reply is not before its ticket"),
    between("public_agent_replies", 0, None, "a count"),
    between("reopens", 0, None, "a count"),
    one_of(
        "csat_bucket",
        ("satisfied", "neutral", "dissatisfied"),
        "a rating outside its scale is a scale that changed",
    ),
    one_of(
        "is_excluded",
        (False,),
        "when the exclusion rules take more than half of the tickets, the figures describe the rules",
        "warning",
        mostly=0.5,
    ),
)
