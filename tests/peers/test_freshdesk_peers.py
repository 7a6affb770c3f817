"""Freshdesk as a published open-source connector reads it."""

from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import Connector
from sandboxes import Sandbox

CONNECTOR = Connector(
    "airbyte_freshdesk",
    "source_freshdesk",
    "https://{{ config['domain'] }}",
    # The CDK that runs here hands the size of a page and its last record over, not the page.
    mended=(
        (
            "response: requests.Response, last_records: List[Mapping[str, Any]]) -> Optional[Any]:",
            "response, size, last):\n        last_records = [last] * size",
        ),
    ),
)
CONFIG = {
    "domain": "unused.freshdesk.com",
    "api_key": "token-of-a-peer",
    "start_date": "2020-01-01T00:00:00Z",
}
# Their lists are the ordinary ones: ours also hold what was deleted, is spam, or is blocked.
ROWS = {
    "tickets": """
        select
            id, subject, description_text, status, priority, source, type, requester_id, responder_id, group_id,
            company_id, due_by, spam, created_at, updated_at, stats__first_responded_at, stats__resolved_at,
            requester__email
        from raw.freshdesk__tickets
        where filter = ''
    """,
    "conversations": """
        select note.id, note.ticket_id, note.user_id, note.incoming, note.private, note.body_text, note.created_at
        from raw.freshdesk__conversations as note
        inner join raw.freshdesk__tickets as ticket on note.ticket_id = ticket.id
        where ticket.filter = ''
    """,
    "satisfaction_ratings": """
        select id, ticket_id, user_id, agent_id, feedback, ratings__default_question, created_at, updated_at
        from raw.freshdesk__satisfaction_ratings
    """,
    "surveys": "select id, title, created_at, updated_at from raw.freshdesk__surveys where _deleted_at is null",
    "contacts": """
        select id, name, email, phone, active, company_id, language, time_zone, created_at, updated_at
        from raw.freshdesk__contacts
        where state = ''
    """,
    "agents": "select id, type, ticket_scope, contact__email, updated_at from raw.freshdesk__agents",
    "groups": "select id, name, group_type, updated_at from raw.freshdesk__groups",
    "companies": "select id, name, industry, health_score, updated_at from raw.freshdesk__companies",
}


@pytest.mark.peer("airbyte_freshdesk")
def test_another_connector_brings_the_same_rows(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = CONNECTOR.read(f"{sandbox.url}/freshdesk", CONFIG, list(ROWS), folder)
    for stream, sql in ROWS.items():
        assert_same_rows(ours("freshdesk", stream, sql), theirs[stream])
