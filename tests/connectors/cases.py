"""Every stream as a case of the connector suite: which requests bring its records, and how to make its pages small."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """``path`` is part of the path of the requests that bring records, under the sandbox's ``system`` (the source's
    name unless said). ``small`` sets attributes of the source's module so that the small dataset fills several pages.
    ``required`` is a field of the vendor's record without which the contract does not hold, ``text`` one that holds a
    person's text. ``forgets``: the vendor shows a record for some time only.
    """

    source: str
    stream: str
    path: str
    required: str
    text: str = ""
    system: str = ""
    small: dict[str, Any] = field(default_factory=dict)
    forgets: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}/{self.stream}"


CASES = (
    Case("zendesk", "tickets", "incremental/tickets", "created_at", "subject", small={"EXPORT_PAGE_SIZE": "20"}),
    Case("zendesk", "ticket_events", "incremental/ticket_events", "ticket_id", small={"EXPORT_PAGE_SIZE": "90"}),
    Case("zendesk", "ticket_metric_events", "incremental/ticket_metric", "time", small={"EXPORT_PAGE_SIZE": "70"}),
    Case(
        *("zendesk", "deleted_tickets", "deleted_tickets", "deleted_at", "subject"),
        small={"LIST_PAGE_SIZE": "3"},
        forgets=True,
    ),
    Case("zendesk", "users", "incremental/users", "created_at", "name", small={"EXPORT_PAGE_SIZE": "7"}),
    Case(
        "zendesk", "organizations", "incremental/organizations", "updated_at", "name", small={"EXPORT_PAGE_SIZE": "9"}
    ),
    Case("zendesk", "groups", "/groups", "name", "name", small={"LIST_PAGE_SIZE": "2"}),
    Case("zendesk", "group_memberships", "group_memberships", "user_id", small={"LIST_PAGE_SIZE": "5"}),
    Case("zendesk", "satisfaction_ratings", "ratings", "ticket_id", "comment", small={"LIST_PAGE_SIZE": "20"}),
    Case("zendesk", "survey_responses", "/survey_responses/", "expires_at", small={"EXPORT_PAGE_SIZE": "90"}),
    Case("zendesk", "sla_policies", "slas/policies", "title", "title"),
    Case("zendesk", "schedules", "/schedules", "time_zone", "name"),
    Case("zendesk", "holidays", "/holidays", "start_date", "name"),
    Case("zendesk", "ticket_fields", "ticket_fields", "type", "title", small={"LIST_PAGE_SIZE": "2"}),
    Case("zendesk", "ticket_forms", "ticket_forms", "name", "name"),
    Case("shopify", "orders", "_bulk", "createdAt", "name"),
    Case("shopify", "customers", "_bulk", "updatedAt", "displayName"),
    Case("asknicely", "responses", "/sent", "question_type", "comment", small={"PAGE_SIZE": 40}),
    Case("typeform", "forms", "/forms", "title", "title"),
    Case("typeform", "responses", "/responses", "submitted_at", small={"PAGE_SIZE": 10}),
)
