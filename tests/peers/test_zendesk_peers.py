"""Zendesk as a published open-source connector reads it: every stream that it shares with ours, row by row."""

from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import Connector
from sandboxes import Sandbox

CONNECTOR = Connector("airbyte_zendesk", "source_zendesk_support", "https://{{ config['subdomain'] }}.zendesk.com")
CONFIG = {
    "subdomain": "unused",
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"credentials": "api_token", "email": "robot@example.com", "api_token": "token-of-a-peer"},
}
# By stream, the columns that both connectors have.
COLUMNS = {
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


@pytest.mark.peer("airbyte_zendesk")
def test_another_connector_brings_the_same_rows(sandbox: Sandbox, ours, folder: Path) -> None:
    streams = [*COLUMNS, "ticket_comments", "ticket_metrics"]
    theirs = CONNECTOR.read(f"{sandbox.url}/zendesk", CONFIG, streams, folder)
    for stream, columns in COLUMNS.items():
        assert_same_rows(ours("zendesk", stream, f"select {columns} from raw.zendesk__{stream}"), theirs[stream])
    assert_same_rows(ours("zendesk", "ticket_events", COMMENTS), theirs["ticket_comments"])
    assert_same_rows(ours("zendesk", "tickets", METRICS), theirs["ticket_metrics"])
