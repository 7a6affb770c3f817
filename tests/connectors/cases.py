"""Every stream as a case of the connector suite: which requests bring its records, and how to make its pages small."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """``path`` is part of the path of the requests that bring records, under the sandbox's ``system`` (the source's
    name unless said). ``small`` sets attributes of the source's module so that the small dataset fills several pages.
    """

    source: str
    stream: str
    path: str
    system: str = ""
    small: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.source}/{self.stream}"


CASES = (
    Case("zendesk", "tickets", "incremental/tickets", small={"EXPORT_PAGE_SIZE": "20"}),
    Case("zendesk", "ticket_events", "ticket_events"),
    Case("zendesk", "users", "incremental/users", small={"EXPORT_PAGE_SIZE": "7"}),
    Case("zendesk", "satisfaction_ratings", "satisfaction_ratings"),
    Case("shopify", "orders", "_bulk"),
    Case("shopify", "customers", "_bulk"),
    Case("asknicely", "responses", "/responses/", small={"PAGE_SIZE": 40}),
    Case("typeform", "forms", "/forms"),
    Case("typeform", "responses", "/responses", small={"PAGE_SIZE": 10}),
)
