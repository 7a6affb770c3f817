"""Google Analytics as Google's own client and a published open-source connector read it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from rows import assert_same_rows

from peers import Connector, run_script
from sandbox.connections import EXTRAS
from sandboxes import Sandbox

CHANNEL, DEVICE = "sessionDefaultChannelGroup", "deviceCategory"
COUNTS = ("sessions", "engagedSessions", "keyEvents", "activeUsers", "totalUsers", "newUsers", "screenPageViews")
KEY_EVENTS = {"filter": {"field_name": "isKeyEvent", "string_filter": {"match_type": "EXACT", "value": "true"}}}
REPORTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]] = {
    "channel_days": (("date", CHANNEL), COUNTS, {}),
    "device_days": (("date", DEVICE), COUNTS, {}),
    "channel_conversions": (("date", CHANNEL), ("sessions",), {"dimension_filter": KEY_EVENTS}),
}

CONNECTOR = Connector("airbyte_analytics", "source_google_analytics_data_api", "https://analyticsdata.googleapis.com")
TOKENS = "https://oauth2.googleapis.com/token"


@pytest.mark.peer("clients")
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
    rows = ours("ga4", stream, _select(stream))
    assert len(rows) == len(theirs["rows"]) == theirs["count"] > 100
    assert_same_rows(rows, theirs["rows"])
    assert theirs["zone"] == "America/New_York"


@pytest.mark.peer("airbyte_analytics")
def test_another_connector_logs_in_with_the_key_file_and_brings_the_same_rows(
    sandbox: Sandbox, ours, folder: Path
) -> None:
    reports = [
        {"name": stream, "dimensions": dimensions, "metrics": metrics}
        for stream, (dimensions, metrics, more) in REPORTS.items()
        if not more
    ]
    config = {
        "credentials": {"auth_type": "Service", "credentials_json": httpx.get(f"{sandbox.url}/ga4/key-file").text},
        "property_ids": [EXTRAS["ga4"]["property_id"]],
        "date_ranges_start_date": "2026-07-01",
        "date_ranges_end_date": "2026-11-21",
        "custom_reports_array": reports,
    }
    connector = replace(CONNECTOR, mended=((TOKENS, f"{sandbox.url}/ga4/token"),))
    theirs = connector.read(f"{sandbox.url}/ga4", config, [report["name"] for report in reports], folder)
    for stream, records in theirs.items():
        assert_same_rows(ours("ga4", stream, _select(stream)), records)


def _select(stream: str) -> str:
    dimensions, metrics, _ = REPORTS[stream]
    columns = ", ".join(f'"{name}"' for name in (*dimensions, *metrics))
    return f"select {columns} from raw.ga4__{stream} where _deleted_at is null"
