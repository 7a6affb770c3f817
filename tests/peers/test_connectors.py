"""Published open-source connectors read the sandbox: they accept it as the vendor, and bring the same rows as ours."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from peers import Connector
from sandboxes import Sandbox

ZENDESK = Connector("airbyte_zendesk", "source_zendesk_support", "https://{{ config['subdomain'] }}.zendesk.com")
ZENDESK_CONFIG = {
    "subdomain": "unused",
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"credentials": "api_token", "email": "robot@example.com", "api_token": "t"},
}
TYPEFORM = Connector(
    "airbyte_typeform",
    "source_typeform",
    "https://api.typeform.com",
    # With the CDK that runs here the last record stays the last one seen, and an empty page no longer ends the walk.
    mended=(("{{ not last_record }}", "{{ last_page_size == 0 }}"),),
)
TYPEFORM_CONFIG = {
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"auth_type": "access_token", "access_token": "t"},
}


def _storable(text: str) -> str:
    """PostgreSQL's text has no NUL; a visible character stands for it."""
    return text.replace("\x00", "\ufffd")


def _instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@pytest.mark.peer("airbyte_zendesk")
def test_zendesk_as_another_connector_reads_it(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = ZENDESK.read(
        f"{sandbox.url}/zendesk", ZENDESK_CONFIG, ["tickets", "users", "satisfaction_ratings"], folder
    )
    tickets = ours(
        "zendesk",
        "tickets",
        "select id, status, priority, subject, updated_at, requester_id from raw.zendesk__tickets",
    )
    assert _set(tickets) == {
        (r["id"], r["status"], r.get("priority"), _storable(r["subject"]), _instant(r["updated_at"]), r["requester_id"])
        for r in theirs["tickets"]
    }
    users = ours("zendesk", "users", "select id, email, role, active from raw.zendesk__users")
    assert _set(users) == {(r["id"], r.get("email"), r["role"], r["active"]) for r in theirs["users"]}
    ratings = ours(
        "zendesk",
        "satisfaction_ratings",
        "select id, ticket_id, score, comment, updated_at from raw.zendesk__satisfaction_ratings",
    )
    assert _set(ratings) == {
        (r["id"], r["ticket_id"], r["score"], r.get("comment"), _instant(r["updated_at"]))
        for r in theirs["satisfaction_ratings"]
    }


@pytest.mark.peer("airbyte_typeform")
def test_typeform_as_another_connector_reads_it(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = TYPEFORM.read(f"{sandbox.url}/typeform", TYPEFORM_CONFIG, ["forms", "responses"], folder)
    forms = ours("typeform", "forms", "select id, title from raw.typeform__forms")
    assert _set(forms) == {(r["id"], r["title"]) for r in theirs["forms"]}
    responses = ours("typeform", "responses", "select response_id, form_id, submitted_at from raw.typeform__responses")
    assert len(responses) > 10
    assert _set(responses) == {
        (r["response_id"], r["form_id"], _instant(r["submitted_at"])) for r in theirs["responses"]
    }


def _set(rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    found = {tuple(row.values()) for row in rows}
    assert len(found) == len(rows) > 0
    return found
