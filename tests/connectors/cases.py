"""Every stream as a case of the connector suite: which requests bring its records, and how to make its pages small."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Case:
    """``path`` is part of the path of the requests that bring records, under the sandbox's ``system`` (the source's
    name unless said). ``small`` sets attributes of the source's module so that the small dataset fills several pages.
    ``required`` is a field of the vendor's record without which the contract does not hold, ``text`` one that holds a
    person's text. ``lead`` is how many requests of that path come before those that bring records. ``forgets``: the
    vendor shows a record for some time only. ``deletes_silently``: no nightly answer says that a record is gone.
    vendor shows a record for some time only.
    """

    source: str
    stream: str
    path: str
    required: str
    text: str = ""
    system: str = ""
    lead: int = 0
    small: dict[str, Any] = field(default_factory=dict)
    forgets: bool = False
    deletes_silently: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}/{self.stream}"


# The small dataset begins on 24 July.
SHIPROCKET = {"PER_PAGE": "20", "AWBS_PER_CALL": 7, "FIRST_DAY": date(2026, 7, 20)}
HOOTSUITE = {"PAGE_SIZE": 10, "FIRST_DAY": "2026-07-20"}
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
    Case("shopify", "fulfillments", "graphql", "createdAt", "name", lead=1, deletes_silently=True),
    Case("shopify", "fulfillment_orders", "_bulk", "createdAt", "orderName"),
    Case("shopify", "refunds", "graphql", "updatedAt", "note", lead=1, small={"PARTS_PER_REQUEST": 2}),
    Case("shopify", "returns", "_bulk", "createdAt", "name"),
    Case("shopify", "abandoned_checkouts", "_bulk", "createdAt", "name"),
    Case("asknicely", "responses", "/sent", "question_type", "comment", small={"PAGE_SIZE": 40}),
    Case("typeform", "forms", "/forms", "title", "title"),
    Case("typeform", "responses", "/responses", "submitted_at", small={"PAGE_SIZE": 10}),
    Case("woocommerce", "orders", "/orders", "date_created_gmt", "customer_note", small={"PAGE_SIZE": 20}),
    Case("woocommerce", "refunds", "/refunds", "date_created_gmt", "reason", small={"PAGE_SIZE": 20}),
    Case("woocommerce", "customers", "/customers", "id", "first_name", small={"PAGE_SIZE": 10}),
    Case("woocommerce", "products", "/products", "id", "name", small={"PAGE_SIZE": 3}),
    Case("surveymonkey", "surveys", "/surveys", "title", "title", small={"LIST_PAGE_SIZE": 2}),
    Case("surveymonkey", "survey_details", "/details", "title", "title", small={"LIST_PAGE_SIZE": 2}),
    Case("surveymonkey", "responses", "/bulk", "survey_id", "first_name", small={"PAGE_SIZE": 10, "LIST_PAGE_SIZE": 2}),
    Case("qualtrics", "surveys", "/surveys", "name", "name"),
    Case("qualtrics", "responses", "/file", "values.recordedDate", small={"FIRST_WAIT_SECONDS": 0.01}),
    Case("freshdesk", "tickets", "v2/tickets", "status", "subject", small={"PAGE_SIZE": 20}),
    Case("freshdesk", "conversations", "/conversations", "created_at", "body_text", small={"PAGE_SIZE": 20}),
    Case("freshdesk", "satisfaction_ratings", "_ratings", "ticket_id", "feedback", small={"PAGE_SIZE": 10}),
    Case("freshdesk", "surveys", "/surveys", "title", "title"),
    Case("freshdesk", "contacts", "/contacts", "created_at", "name", small={"PAGE_SIZE": 10}),
    Case("freshdesk", "agents", "/agents", "created_at", small={"PAGE_SIZE": 4}),
    Case("freshdesk", "groups", "/groups", "name", "name", small={"PAGE_SIZE": 2}),
    Case("freshdesk", "companies", "/companies", "name", "name", small={"PAGE_SIZE": 3}),
    Case("gorgias", "tickets", "/tickets", "status", "subject", small={"PAGE_SIZE": 20}),
    Case("gorgias", "messages", "/messages", "ticket_id", "body_text", small={"PAGE_SIZE": 70}),
    Case("gorgias", "satisfaction_surveys", "-surveys", "ticket_id", "body_text", small={"PAGE_SIZE": 20}),
    Case("gorgias", "customers", "/customers", "created_datetime", "name", small={"PAGE_SIZE": 10}),
    Case("gorgias", "users", "/users", "created_datetime", "name", small={"PAGE_SIZE": 3}),
    Case("shiprocket", "orders", "external/orders", "created_at", "customer_name", small=SHIPROCKET),
    Case("shiprocket", "shipments", "/shipments", "created_at", "channel_name", small=SHIPROCKET),
    Case("shiprocket", "tracking", "track/awbs", "tracking_data.track_status", small=SHIPROCKET),
    Case("shiprocket", "returns", "/processing/return", "created_at", "customer_name", small=SHIPROCKET),
    Case("shiprocket", "ndr", "/ndr", "status", "reason", small=SHIPROCKET),
    Case("ga4", "channel_days", ":runReport", "sessions", small={"PAGE_SIZE": 300}),
    Case("ga4", "channel_conversions", ":runReport", "sessions", small={"PAGE_SIZE": 80}),
    Case("ga4", "device_days", ":runReport", "sessions", small={"PAGE_SIZE": 150}),
    Case("hootsuite", "social_profiles", "/socialProfiles", "type", "socialNetworkUsername"),
    Case("hootsuite", "messages", "/messages", "state", "text", small=HOOTSUITE),
    Case("hootsuite", "post_analytics", "/analytics/posts", "createdAt", "content", small=HOOTSUITE),
    Case("hootsuite", "profile_analytics", "/analytics/profiles", "externalProfileId", small=HOOTSUITE),
    Case("hootsuite", "inbox_metrics", "/reporting/metrics", "timestamp", forgets=True),
)
