"""Detractors and what followed: contacts after the answer and within their window."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    not_after_as_of("business_date"),
    between("hours_to_contact", 0, 14 * 24, "a contact counts from the answer until 14 days after it"),
    at_least("next_responded_at", "responded_at", "the next answer comes later"),
)
