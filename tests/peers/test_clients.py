"""The vendors' own clients, or others', read the sandbox: they accept its answers, and get what our connectors get."""

import json
from pathlib import Path
from typing import Any

import pytest
from rows import assert_same_rows

from peers import run_script
from sandbox.connections import EXTRAS, KEYS
from sandboxes import PASSWORD, Sandbox

pytestmark = pytest.mark.peer("clients")

CHANNEL, DEVICE = "sessionDefaultChannelGroup", "deviceCategory"
COUNTS = ("sessions", "engagedSessions", "keyEvents", "activeUsers", "totalUsers", "newUsers", "screenPageViews")
KEY_EVENTS = {"filter": {"field_name": "isKeyEvent", "string_filter": {"match_type": "EXACT", "value": "true"}}}
REPORTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]] = {
    "channel_days": (("date", CHANNEL), COUNTS, {}),
    "device_days": (("date", DEVICE), COUNTS, {}),
    "channel_conversions": (("date", CHANNEL), ("sessions",), {"dimension_filter": KEY_EVENTS}),
}
# Times with colons and a plus have to be signed too.
WOOCOMMERCE_LISTS = {
    "orders": {
        "status": "any", "orderby": "modified", "order": "asc", "dates_are_gmt": "true",
        "modified_after": "2026-07-01T00:00:00",
    },
    "refunds": {"orderby": "date", "order": "asc", "after": "2026-07-01T00:00:00"},
    "customers": {"role": "all", "orderby": "id", "order": "asc"},
    "products": {"orderby": "id", "order": "asc"},
}  # fmt: skip
WOOCOMMERCE_COLUMNS = {
    "orders": "id, number, status, total, customer_id, billing__email, date_modified_gmt, date_paid_gmt",
    "refunds": "id, parent_id, amount, reason, date_created_gmt",
    "customers": "id, email, role, is_paying_customer, date_created_gmt",
    "products": "id, name, sku, price, date_modified_gmt",
}
QUALTRICS_RESPONSES = """
    select
        "surveyId", "responseId", "values__recordedDate", "values__lastModifiedDate", "values__startDate",
        values__finished, values__duration, "values__userLanguage", "values__recipientEmail", labels__status
    from raw.qualtrics__responses
"""
QUALTRICS_ANSWERS = """
    select _parent_key as response, question, value
    from raw.qualtrics__responses__answers
    where question like 'QID%' and value is not null
"""


@pytest.mark.parametrize("stream", REPORTS)
def test_googles_client_runs_the_same_report(sandbox: Sandbox, ours, stream: str) -> None:
    dimensions, metrics, more = REPORTS[stream]
    report = {
        "dimensions": [{"name": name} for name in dimensions],
        "metrics": [{"name": name} for name in metrics],
        "date_ranges": [{"start_date": "2026-01-01", "end_date": "today"}],
        "order_bys": [{"dimension": {"dimension_name": name}} for name in dimensions],
        **more,
    }
    host, property_id = sandbox.url.removeprefix("http://"), EXTRAS["ga4"]["property_id"]
    theirs = run_script("clients", "read_analytics.py", host, property_id, json.dumps(report))
    columns = ", ".join(f'"{name}"' for name in (*dimensions, *metrics))
    rows = ours("ga4", stream, f"select {columns} from raw.ga4__{stream} where _deleted_at is null")
    assert len(rows) == len(theirs["rows"]) == theirs["count"] > 100
    assert_same_rows(rows, theirs["rows"])
    assert theirs["zone"] == "America/New_York"


def test_woocommerces_client_walks_the_same_lists(sandbox: Sandbox, ours) -> None:
    key, secret = KEYS["woocommerce"]
    lists = json.dumps(WOOCOMMERCE_LISTS)
    theirs = run_script("clients", "read_woocommerce.py", f"{sandbox.url}/woocommerce", key, secret, lists)
    for stream, columns in WOOCOMMERCE_COLUMNS.items():
        rows = ours("woocommerce", stream, f"select {columns} from raw.woocommerce__{stream} where _deleted_at is null")
        assert_same_rows(rows, theirs[stream])


def test_a_qualtrics_client_exports_the_same_responses(
    sandbox: Sandbox, ours, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.qualtrics.FIRST_WAIT_SECONDS", 0.01)
    theirs = run_script("clients", "read_qualtrics.py", f"{sandbox.url}/qualtrics/API/v3", PASSWORD, str(folder))
    surveys = 'select id, name, "ownerId", "isActive", "creationDate", "lastModified" from raw.qualtrics__surveys'
    assert_same_rows(ours("qualtrics", "surveys", surveys), theirs["surveys"])
    responses = [
        {**response, "surveyId": survey} for survey, found in theirs["responses"].items() for response in found
    ]
    assert_same_rows(ours("qualtrics", "responses", QUALTRICS_RESPONSES), responses)
    answers = [
        {"response": response["responseId"], "question": name, "value": one}
        for response in responses
        for name, value in response["values"].items()
        if name.startswith("QID")
        for one in (value if isinstance(value, list) else [value])
    ]
    assert_same_rows(ours("qualtrics", "responses", QUALTRICS_ANSWERS), answers)
