"""The calendar: there, growing, and not beyond the last complete night."""

from expectations import not_after_as_of, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk(),
    not_after_as_of("business_date"),
)
