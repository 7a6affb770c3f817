"""How far our figures agree with the helpdesk's: counts that fit together."""

from expectations import at_least, between, not_after_as_of, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("support"),
    not_after_as_of("month"),
    between("agreeing", 0, None, "a count"),
    at_least("compared", "agreeing", "what agrees was compared"),
)
