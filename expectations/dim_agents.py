"""Agents: nobody disappears, those who leave stay."""

from expectations import not_emptied, not_shrunk, one_of

FED_BY = """
select count(*), max(created_at)::date
from (
    select created_at from raw.zendesk__users where role in ('agent', 'admin')
    union all
    select created_at from raw.freshdesk__agents
    union all
    select created_datetime from raw.gorgias__users
) as agents
where created_at < %(as_of_date)s
"""

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("support"),
    one_of("source", ("zendesk", "freshdesk", "gorgias"), "a helpdesk that nobody has described"),
)
