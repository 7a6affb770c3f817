"""Published open-source connectors read the sandbox: they accept it as the vendor, and bring the same rows as ours."""

from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import Connector
from sandbox.connections import KEYS
from sandboxes import Sandbox

ZENDESK = Connector("airbyte_zendesk", "source_zendesk_support", "https://{{ config['subdomain'] }}.zendesk.com")
ZENDESK_CONFIG = {
    "subdomain": "unused",
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"credentials": "api_token", "email": "robot@example.com", "api_token": "token-of-a-peer"},
}
# By stream, the columns that both connectors have.
ZENDESK_COLUMNS = {
    "tickets": (
        "id, status, priority, type, subject, description, via__channel, created_at, updated_at, generated_timestamp,"
        " requester_id, submitter_id, assignee_id, group_id, organization_id, satisfaction_rating__score"
    ),
    "ticket_metric_events": "id, ticket_id, metric, instance_id, type, time, status__calendar, sla__policy__title",
    "users": "id, name, email, role, active, organization_id, created_at, updated_at",
    "organizations": "id, name, deleted_at, external_id, created_at, updated_at",
    "groups": "id, name, deleted, is_public, created_at, updated_at",
    "group_memberships": 'id, user_id, group_id, "default", updated_at',
    "satisfaction_ratings": "id, ticket_id, score, comment, reason, requester_id, assignee_id, created_at, updated_at",
    "sla_policies": "id, title, description, position, created_at, updated_at",
    "schedules": "id, name, time_zone, created_at, updated_at",
    "ticket_fields": "id, type, title, active, position, created_at, updated_at",
    "ticket_forms": "id, name, display_name, active, position, created_at, updated_at",
}
# Ours come inside events and tickets. Their list of metrics has no deleted ticket, and none closed for 120 days.
COMMENTS = """
    select comment.id, event.ticket_id, comment.author_id, comment.body, comment.public, event.timestamp
    from raw.zendesk__ticket_events as event
    inner join raw.zendesk__ticket_events__child_events as comment on event.id::text = comment._parent_key
    where comment.event_type = 'Comment'
"""
METRICS = """
    select
        id as ticket_id,
        metric_set__reopens as reopens,
        metric_set__replies as replies,
        metric_set__assigned_at as assigned_at,
        metric_set__solved_at as solved_at,
        metric_set__reply_time_in_minutes__calendar as reply_time_in_minutes__calendar,
        metric_set__full_resolution_time_in_minutes__business as full_resolution_time_in_minutes__business
    from raw.zendesk__tickets
    where
        metric_set__replies is not null and _deleted_at is null
        and not (status = 'closed' and updated_at < timestamptz '2026-11-21T02:00Z' - interval '120 days')
"""
TYPEFORM = Connector(
    "airbyte_typeform",
    "source_typeform",
    "https://api.typeform.com",
    # With the CDK that runs here the last record stays the last one seen, and an empty page no longer ends the walk.
    mended=(("{{ not last_record }}", "{{ last_page_size == 0 }}"),),
)
TYPEFORM_CONFIG = {
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"auth_type": "access_token", "access_token": "token-of-a-peer"},
}
WOOCOMMERCE = Connector(
    "airbyte_woocommerce",
    "source_woocommerce",
    "https://{{ config['shop'] }}",
    mended=(
        # It logs in as over TLS, which a proxy in front of the site would say.
        ('    request_parameters:\n      orderby: "id"', '    request_headers:\n      X-Forwarded-Proto: "https"\n'
         '    request_parameters:\n      orderby: "id"'),
        # Its last window ends at the sandbox's time, whatever the time is here.
        ("{{ now_utc().strftime('%Y-%m-%dT%H:%M:%S') }}", "2026-11-21T02:00:00"),
    ),
)  # fmt: skip
WOOCOMMERCE_CONFIG = {
    "api_key": KEYS["woocommerce"][0],
    "api_secret": KEYS["woocommerce"][1],
    "shop": "unused",
    "start_date": "2026-07-01",
}
# What lies in the trash is in none of their lists; the list of customers is, unasked, of those with that role only.
WOOCOMMERCE_ROWS = {
    "orders": """
        select
            id, number, status, currency, total, discount_total, customer_id, billing__email, customer_note,
            date_created_gmt, date_modified_gmt, date_paid_gmt, date_completed_gmt
        from raw.woocommerce__orders
        where _deleted_at is null
    """,
    # Theirs are asked order by order, so those of orders in the trash are missing.
    "refunds": """
        select refund.id, refund.amount, refund.reason, refund.refunded_by, refund.date_created_gmt
        from raw.woocommerce__refunds as refund
        inner join raw.woocommerce__orders as placed on refund.parent_id = placed.id
        where refund._deleted_at is null and placed._deleted_at is null
    """,
    "customers": """
        select
            id, email, first_name, last_name, role, username, is_paying_customer, billing__city,
            date_created_gmt, date_modified_gmt
        from raw.woocommerce__customers
        where _deleted_at is null and role = 'customer'
    """,
    "products": """
        select id, name, status, sku, price, date_created_gmt, date_modified_gmt
        from raw.woocommerce__products
        where _deleted_at is null
    """,
}
LINE_ITEMS = """
    select line.id, line.product_id, line.name, line.quantity, line.total, line.sku, placed.id as of_order
    from raw.woocommerce__orders as placed
    inner join raw.woocommerce__orders__line_items as line on placed.id::text = line._parent_key
    where placed._deleted_at is null
"""


@pytest.mark.peer("airbyte_zendesk")
def test_zendesk_as_another_connector_reads_it(sandbox: Sandbox, ours, folder: Path) -> None:
    streams = [*ZENDESK_COLUMNS, "ticket_comments", "ticket_metrics"]
    theirs = ZENDESK.read(f"{sandbox.url}/zendesk", ZENDESK_CONFIG, streams, folder)
    for stream, columns in ZENDESK_COLUMNS.items():
        assert_same_rows(ours("zendesk", stream, f"select {columns} from raw.zendesk__{stream}"), theirs[stream])
    assert_same_rows(ours("zendesk", "ticket_events", COMMENTS), theirs["ticket_comments"])
    assert_same_rows(ours("zendesk", "tickets", METRICS), theirs["ticket_metrics"])


@pytest.mark.peer("airbyte_typeform")
def test_typeform_as_another_connector_reads_it(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = TYPEFORM.read(f"{sandbox.url}/typeform", TYPEFORM_CONFIG, ["forms", "responses"], folder)
    assert_same_rows(ours("typeform", "forms", "select id, title from raw.typeform__forms"), theirs["forms"])
    columns = "response_id, form_id, landed_at, submitted_at"
    responses = ours("typeform", "responses", f"select {columns} from raw.typeform__responses")
    assert len(responses) > 10
    assert_same_rows(responses, theirs["responses"])


@pytest.mark.peer("airbyte_woocommerce")
def test_woocommerce_as_another_connector_reads_it(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = WOOCOMMERCE.read(f"{sandbox.url}/woocommerce", WOOCOMMERCE_CONFIG, list(WOOCOMMERCE_ROWS), folder)
    for stream, sql in WOOCOMMERCE_ROWS.items():
        assert_same_rows(ours("woocommerce", stream, sql), theirs[stream])
    lines = [{**line, "of_order": order["id"]} for order in theirs["orders"] for line in order["line_items"]]
    assert_same_rows(ours("woocommerce", "orders", LINE_ITEMS), lines)
