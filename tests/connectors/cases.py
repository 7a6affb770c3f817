"""Every stream as a case of the connector suite: which requests bring its records, and how to make its pages small."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Case:
    """``path`` is part of the path of the requests that bring records, under the sandbox's ``system`` (the source's
    name unless said). ``small`` sets attributes of the source's module so that the small dataset fills several pages.
    ``required`` is a field of the vendor's record without which the contract does not hold, ``text`` one that holds a
    person's text.
    """

    source: str
    stream: str
    path: str
    required: str
    text: str = ""
    system: str = ""
    small: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.source}/{self.stream}"


# The small dataset begins on 24 July.
SHIPROCKET = {"PER_PAGE": "20", "AWBS_PER_CALL": 7, "FIRST_DAY": date(2026, 7, 20)}
CASES = (
    Case("zendesk", "tickets", "incremental/tickets", "created_at", "subject", small={"EXPORT_PAGE_SIZE": "20"}),
    Case("zendesk", "ticket_events", "ticket_events", "ticket_id"),
    Case("zendesk", "users", "incremental/users", "id", "name", small={"EXPORT_PAGE_SIZE": "7"}),
    Case("zendesk", "satisfaction_ratings", "satisfaction_ratings", "ticket_id", "comment"),
    Case("shopify", "orders", "_bulk", "createdAt", "name"),
    Case("shopify", "customers", "_bulk", "updatedAt", "displayName"),
    Case("asknicely", "responses", "/sent", "question_type", "comment", small={"PAGE_SIZE": 40}),
    Case("typeform", "forms", "/forms", "title", "title"),
    Case("typeform", "responses", "/responses", "submitted_at", small={"PAGE_SIZE": 10}),
    Case("woocommerce", "orders", "/orders", "date_created_gmt", "customer_note", small={"PAGE_SIZE": 20}),
    Case("woocommerce", "refunds", "/refunds", "date_created_gmt", "reason", small={"PAGE_SIZE": 20}),
    Case("woocommerce", "customers", "/customers", "id", "first_name", small={"PAGE_SIZE": 10}),
    Case("woocommerce", "products", "/products", "id", "name", small={"PAGE_SIZE": 3}),
    Case("shiprocket", "orders", "external/orders", "created_at", "customer_name", small=SHIPROCKET),
    Case("shiprocket", "shipments", "/shipments", "created_at", "channel_name", small=SHIPROCKET),
    Case("shiprocket", "tracking", "track/awbs", "tracking_data.track_status", small=SHIPROCKET),
    Case("shiprocket", "returns", "/processing/return", "created_at", "customer_name", small=SHIPROCKET),
    Case("shiprocket", "ndr", "/ndr", "status", "reason", small=SHIPROCKET),
)
