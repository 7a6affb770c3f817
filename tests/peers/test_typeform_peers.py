"""Typeform as a published open-source connector reads it."""

from pathlib import Path

import pytest
from rows import assert_same_rows

from peers import Connector
from sandboxes import Sandbox

CONNECTOR = Connector(
    "airbyte_typeform",
    "source_typeform",
    "https://api.typeform.com",
    # With the CDK that runs here the last record stays the last one seen, and an empty page no longer ends the walk.
    mended=(("{{ not last_record }}", "{{ last_page_size == 0 }}"),),
)
CONFIG = {
    "start_date": "2020-01-01T00:00:00Z",
    "credentials": {"auth_type": "access_token", "access_token": "token-of-a-peer"},
}


@pytest.mark.peer("airbyte_typeform")
def test_another_connector_brings_the_same_rows(sandbox: Sandbox, ours, folder: Path) -> None:
    theirs = CONNECTOR.read(f"{sandbox.url}/typeform", CONFIG, ["forms", "responses"], folder)
    assert_same_rows(ours("typeform", "forms", "select id, title from raw.typeform__forms"), theirs["forms"])
    columns = "response_id, form_id, landed_at, submitted_at"
    responses = ours("typeform", "responses", f"select {columns} from raw.typeform__responses")
    assert len(responses) > 10
    assert_same_rows(responses, theirs["responses"])
