"""Contacts: one list of all that customers noticed, none from the future, each judged by a known rule."""

from expectations import has_newest_loaded, not_emptied, not_from_the_future, not_quiet, not_shrunk, one_of

FED_BY = """
select count(*), max(coalesce("processedAt", "createdAt"))::date
from raw.shopify__orders
where _deleted_at is null and not test and coalesce("processedAt", "createdAt") < %(as_of_date)s
"""

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("journey"),
    not_from_the_future("business_date"),
    has_newest_loaded("business_date", "journey"),
    not_quiet("business_date", "journey"),
    one_of("outcome", ("positive", "neutral", "negative"), "readers add these three up"),
)
