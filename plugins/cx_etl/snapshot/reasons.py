"""Why a figure was restated, in words."""

# By the reasons of the restatement ledger: one changed fact, and several.
OF_FACTS = {
    "late_response": ("late answer", "late answers"),
    "late_invitation": ("survey that was sent", "surveys that were sent"),
    "response_withdrawn": ("answer withdrawn", "answers withdrawn"),
    "response_corrected": ("answer corrected", "answers corrected"),
    "comment_judged_anew": ("comment judged anew", "comments judged anew"),
    "followed_up": ("answer followed up", "answers followed up"),
    "customers_merged_or_split": ("record of another customer now", "records of other customers now"),
    "late_ticket": ("late ticket", "late tickets"),
    "ticket_went_on": ("ticket that went on", "tickets that went on"),
    "ticket_deleted": ("ticket deleted", "tickets deleted"),
    "ticket_excluded_or_counted_again": ("ticket excluded or counted again", "tickets excluded or counted again"),
    "ticket_corrected": ("ticket corrected", "tickets corrected"),
    "late_order": ("late order", "late orders"),
    "order_cancelled": ("order cancelled", "orders cancelled"),
    "refund": ("order returned or refunded", "orders returned or refunded"),
    "delivery_news": ("delivery with news", "deliveries with news"),
    "order_deleted": ("order deleted", "orders deleted"),
    "order_corrected": ("order corrected", "orders corrected"),
    "parcel_removed": ("parcel of no order now", "parcels of no order now"),
    "web_sessions_settled": ("day of web sessions settled", "days of web sessions settled"),
    "web_sessions_corrected": ("day of web sessions corrected", "days of web sessions corrected"),
}
WITHOUT_FACTS = {
    "definition_changed": "the definition changed",
    "models_changed": "the models or settings changed",
    "time_passed": "a window ended that was open",
    "moved_between_segments": "observations moved between segments",
    "unexplained": "unexplained",
}


def because(reasons: dict[str, int]) -> str:
    """The reasons with their counts, the most frequent first: "12 late answers, 1 order deleted"."""
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(_words(reason, facts) for reason, facts in ordered) or "no reason on record"


def _words(reason: str, facts: int) -> str:
    if reason in WITHOUT_FACTS:
        return WITHOUT_FACTS[reason]
    one, many = OF_FACTS[reason]
    return f"{facts:,} {one if facts == 1 else many}"
