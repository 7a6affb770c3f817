"""Where our figures are not the helpdesk's: each difference has a reason."""

from expectations import one_of

EXPECTATIONS = (
    one_of("source", ("zendesk", "freshdesk"), "a helpdesk whose own figures nobody has described"),
    one_of(
        "reason",
        (
            *("deleted", "merged", "spam", "test", "events_missing", "reply_before_creation", "opened_by_agent"),
            *("reply_not_found", "not_resolved_now", "schedule_missing", "schedule_or_holiday", "former_agent"),
            *("rounding", "reopened_after_closing"),
        ),
        "figures that differ for no known reason are the first complaint about such marts: look at some of the tickets",
        "warning",
        mostly=0.95,
    ),
)
