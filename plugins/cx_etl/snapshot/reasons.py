"""Why a figure was restated, in words."""

from cx_etl.language.catalogue import N_, NN_, gettext, ngettext

# By the reasons of the restatement ledger: one changed fact, and several.
OF_FACTS = {
    "late_response": NN_("%(count)s late answer", "%(count)s late answers"),
    "late_invitation": NN_("%(count)s survey that was sent", "%(count)s surveys that were sent"),
    "response_withdrawn": NN_("%(count)s answer withdrawn", "%(count)s answers withdrawn"),
    "response_corrected": NN_("%(count)s answer corrected", "%(count)s answers corrected"),
    "comment_judged_anew": NN_("%(count)s comment judged anew", "%(count)s comments judged anew"),
    "followed_up": NN_("%(count)s answer followed up", "%(count)s answers followed up"),
    "customers_merged_or_split": NN_(
        "%(count)s record of another customer now", "%(count)s records of other customers now"
    ),
    "late_ticket": NN_("%(count)s late ticket", "%(count)s late tickets"),
    "ticket_went_on": NN_("%(count)s ticket that went on", "%(count)s tickets that went on"),
    "ticket_deleted": NN_("%(count)s ticket deleted", "%(count)s tickets deleted"),
    "ticket_excluded_or_counted_again": NN_(
        "%(count)s ticket excluded or counted again", "%(count)s tickets excluded or counted again"
    ),
    "ticket_corrected": NN_("%(count)s ticket corrected", "%(count)s tickets corrected"),
    "late_order": NN_("%(count)s late order", "%(count)s late orders"),
    "order_cancelled": NN_("%(count)s order cancelled", "%(count)s orders cancelled"),
    "refund": NN_("%(count)s order returned or refunded", "%(count)s orders returned or refunded"),
    "delivery_news": NN_("%(count)s delivery with news", "%(count)s deliveries with news"),
    "order_deleted": NN_("%(count)s order deleted", "%(count)s orders deleted"),
    "order_corrected": NN_("%(count)s order corrected", "%(count)s orders corrected"),
    "parcel_removed": NN_("%(count)s parcel of no order now", "%(count)s parcels of no order now"),
    "web_sessions_settled": NN_("%(count)s day of web sessions settled", "%(count)s days of web sessions settled"),
    "web_sessions_corrected": NN_(
        "%(count)s day of web sessions corrected", "%(count)s days of web sessions corrected"
    ),
}
WITHOUT_FACTS = {
    "definition_changed": N_("the definition changed"),
    "models_changed": N_("the models or settings changed"),
    "time_passed": N_("a window ended that was open"),
    "moved_between_segments": N_("observations moved between segments"),
    "unexplained": N_("unexplained"),
}


def because(reasons: dict[str, int]) -> str:
    """The reasons with their counts, the most frequent first: "12 late answers, 1 order deleted"."""
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return gettext(", ").join(_words(reason, facts) for reason, facts in ordered) or gettext("no reason on record")


def _words(reason: str, facts: int) -> str:
    if reason in WITHOUT_FACTS:
        return gettext(WITHOUT_FACTS[reason])
    return ngettext(*OF_FACTS[reason], facts)
