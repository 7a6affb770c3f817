"""The Data API of Google Analytics 4: reports of text, pages by offset, dates of the property, tokens, errors."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from openapi import ANALYTICS, needs_analytics, validate
from sandboxes import serving

REPORT = "/ga4/v1beta/properties/271828182:runReport"
CHANNELS = ("Direct", "Organic Search", "Email", "Ünïcode 🧭", "(not set)")
FIRST = date(2026, 10, 20)
METRICS = ("sessions", "engagedSessions", "keyEvents", "activeUsers", "totalUsers", "newUsers", "screenPageViews")
Cells = dict[str, dict[str, Any]]


def cell(day: date, channel: str, sessions: int, at: str) -> dict[str, Any]:
    record = {"id": f"{day}|{channel}", "date": str(day), "sessionDefaultChannelGroup": channel}
    return {"at": at, "record": record | {name: sessions + number for number, name in enumerate(METRICS)}}


def make_lines() -> dict[str, list[dict[str, Any]]]:
    """Thirteen dates around the end of summer time in New York (1 November); each settles at 05:00 UTC, two nights."""
    days = [FIRST + timedelta(days=number) for number in range(13)]
    channels, devices, conversions = [], [], []
    for day in days:
        for number, channel in enumerate(CHANNELS):
            sessions = 10 * (number + 1) + day.day
            for nights, more in ((1, 0), (2, 3), (3, 4)):
                at = f"{day + timedelta(days=nights)}T05:00:00Z"
                channels.append(cell(day, channel, sessions + more, at))
                record = channels[-1]["record"]
                conversions.append({"at": at, "record": {key: record[key] for key in record if key not in METRICS[1:]}})
        devices.append(cell(day, "mobile", 100, f"{day}T15:00:00Z"))
        devices[-1]["record"]["deviceCategory"] = devices[-1]["record"].pop("sessionDefaultChannelGroup")
    channels.append({"at": "2026-10-24T05:00:00Z", "deleted": True, "id": "2026-10-21|Email"})
    empty = cell(FIRST, "Empty", 0, "2026-10-21T05:00:00Z")
    empty["record"] |= dict.fromkeys(METRICS, 0)
    return {
        "ga4/channel_days": [*channels, empty],
        "ga4/channel_conversions": conversions,
        "ga4/device_days": devices,
    }


def write(folder: Path, extra: str = "") -> Path:
    (folder / "ga4").mkdir(parents=True)
    for name, lines in make_lines().items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    head = 'name = "site"\ntime_zone = "UTC"\nfirst_night = 2026-10-20\nlast_night = 2026-11-20\n'
    (folder / "dataset.toml").write_text(f"{head}\n[ga4]\n{extra}\n")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(write(tmp_path_factory.mktemp("site") / "set")) as sandbox:
        yield sandbox.url


@pytest.fixture
def http(site: str) -> Iterator[httpx.Client]:
    with client_of(site) as client:
        client.delete("/_control/faults")
        at(client, "2026-11-20T02:00:00Z")
        yield client


def client_of(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, headers={"Authorization": "Bearer from-elsewhere"}, timeout=10)


def at(http: httpx.Client, now: str) -> None:
    http.put("/_control/clock", json={"now": now}).raise_for_status()


def asked(**more: Any) -> dict[str, Any]:
    return {
        "dimensions": [{"name": "date"}, {"name": "sessionDefaultChannelGroup"}],
        "metrics": [{"name": "sessions"}, {"name": "keyEvents"}],
        "dateRanges": [{"startDate": "2026-10-01", "endDate": "today"}],
        "orderBys": [{"dimension": {"dimensionName": name}} for name in ("date", "sessionDefaultChannelGroup")],
        **more,
    }


def report(http: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = http.post(REPORT, json=asked(**more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def values(page: dict[str, Any]) -> list[list[str]]:
    return [[each["value"] for each in (*row["dimensionValues"], *row["metricValues"])] for row in page.get("rows", [])]


def reference(now: str) -> Cells:
    """The slow way: what the lines hold at that time, without cells of nothing."""
    found: Cells = {}
    for line in sorted(make_lines()["ga4/channel_days"], key=lambda line: line["at"]):
        if line["at"] <= now:
            found[line.get("id") or line["record"]["id"]] = line.get("record", {})
    return {key: record for key, record in found.items() if record.get("sessions")}


def expected(cells: Cells) -> list[list[str]]:
    names = ("sessionDefaultChannelGroup", "sessions", "keyEvents")
    return sorted([cell["date"].replace("-", ""), *(str(cell[name]) for name in names)] for cell in cells.values())


@pytest.mark.parametrize("limit", [1, 7, 64, 10_000])
def test_pages_by_offset_lose_and_double_nothing(http: httpx.Client, limit: int) -> None:
    found: list[list[str]] = []
    page = report(http, limit=str(limit), offset="0")
    while page.get("rows"):
        assert page["rowCount"] == 64
        found += values(page)
        page = report(http, limit=str(limit), offset=str(len(found)))
    assert found == expected(reference("2026-11-20T02:00:00Z"))


def test_a_dates_numbers_change_over_the_following_nights_and_then_stand(http: httpx.Client) -> None:
    seen = []
    for now in ("2026-10-21T05:00:00Z", "2026-10-22T05:00:00Z", "2026-10-23T05:00:00Z", "2026-10-28T05:00:00Z"):
        at(http, now)
        rows = values(report(http, dateRanges=[{"startDate": str(FIRST), "endDate": str(FIRST)}]))
        assert rows == expected({key: cell for key, cell in reference(now).items() if cell["date"] == str(FIRST)})
        seen.append([row[2] for row in rows])
    assert seen[0] != seen[1] != seen[2] == seen[3]


def test_a_row_may_disappear_while_its_date_settles(http: httpx.Client) -> None:
    where = {"dateRanges": [{"startDate": "2026-10-21", "endDate": "2026-10-21"}]}
    at(http, "2026-10-24T04:59:59Z")
    assert report(http, **where)["rowCount"] == 5
    at(http, "2026-10-24T05:00:00Z")
    assert report(http, **where)["rowCount"] == 4


@pytest.mark.parametrize(
    ("now", "today"),
    [
        ("2026-10-31T03:59:59Z", "20261030"),
        ("2026-10-31T04:00:00Z", "20261031"),
        ("2026-11-01T03:59:59Z", "20261031"),
        # Winter time has begun: midnight is at 05:00 UTC.
        ("2026-11-02T04:59:59Z", "20261101"),
        ("2026-11-02T05:00:00Z", "20261102"),
    ],
)
def test_today_is_the_propertys_today(http: httpx.Client, now: str, today: str) -> None:
    at(http, now)
    page = report(
        http,
        dimensions=[{"name": "date"}],
        dimensionFilter=None,
        orderBys=[],
        dateRanges=[{"startDate": "7daysAgo", "endDate": "today"}],
    )
    day = datetime.strptime(today, "%Y%m%d").replace(tzinfo=UTC).date()
    earliest = min(row[0] for row in values(page))
    assert earliest == f"{day - timedelta(days=7):%Y%m%d}"
    assert page["metadata"]["timeZone"] == "America/New_York"


def test_everything_is_text_and_an_empty_report_has_no_rows_and_no_count(http: httpx.Client) -> None:
    page = report(http, limit="2")
    assert all(isinstance(text, str) for row in values(page) for text in row)
    assert page["metricHeaders"] == [
        {"name": "sessions", "type": "TYPE_INTEGER"},
        {"name": "keyEvents", "type": "TYPE_FLOAT"},
    ]
    nothing = report(http, dateRanges=[{"startDate": "2026-01-01", "endDate": "2026-01-31"}])
    assert "rows" not in nothing
    assert "rowCount" not in nothing
    assert [header["name"] for header in nothing["dimensionHeaders"]] == ["date", "sessionDefaultChannelGroup"]
    beyond = report(http, offset="64")
    assert "rows" not in beyond
    assert beyond["rowCount"] == 64


def test_rows_of_nothing_come_only_when_asked_for(http: httpx.Client) -> None:
    assert report(http, keepEmptyRows=True)["rowCount"] == report(http)["rowCount"] + 1


def test_rows_are_summed_over_what_is_not_asked_for(http: httpx.Client) -> None:
    sums: dict[str, int] = defaultdict(int)
    for record in reference("2026-11-20T02:00:00Z").values():
        sums[record["sessionDefaultChannelGroup"]] += record["sessions"]
    page = report(
        http,
        dimensions=[{"name": "sessionDefaultChannelGroup"}],
        metrics=[{"name": "sessions"}],
        orderBys=[{"metric": {"metricName": "sessions"}, "desc": True}],
    )
    assert values(page) == [[name, str(total)] for name, total in sorted(sums.items(), key=lambda each: -each[1])]


def test_filters_choose_rows(http: httpx.Client) -> None:
    def channels(expression: dict[str, Any]) -> set[str]:
        return {row[1] for row in values(report(http, dimensionFilter=expression))}

    def named(kind: str, value: str) -> dict[str, Any]:
        string = {"matchType": kind, "value": value}
        return {"filter": {"fieldName": "sessionDefaultChannelGroup", "stringFilter": string}}

    assert channels(named("EXACT", "direct")) == {"Direct"}
    assert channels(named("CONTAINS", "e")) == {"Direct", "Organic Search", "Email", "Ünïcode 🧭", "(not set)"}
    assert channels(named("PARTIAL_REGEXP", "^[od]")) == {"Direct", "Organic Search"}
    assert channels({"notExpression": named("BEGINS_WITH", "(")}) == set(CHANNELS) - {"(not set)"}
    listed = {"fieldName": "sessionDefaultChannelGroup", "inListFilter": {"values": ["Email", "x"]}}
    both = {"orGroup": {"expressions": [{"filter": listed}, named("ENDS_WITH", "🧭")]}}
    assert channels(both) == {"Email", "Ünïcode 🧭"}
    assert channels({"andGroup": {"expressions": [{"filter": listed}, named("EXACT", "Direct")]}}) == set()


def test_sessions_with_a_key_event_are_counted_by_a_filter(http: httpx.Client) -> None:
    only = {"filter": {"fieldName": "isKeyEvent", "stringFilter": {"matchType": "EXACT", "value": "true"}}}
    page = report(http, dimensionFilter=only, metrics=[{"name": "sessions"}])
    assert page["rowCount"] == 65
    refused = http.post(REPORT, json=asked(dimensionFilter=only))
    assert "incompatible" in refused.json()["error"]["message"]


def test_a_host_of_its_own_and_enums_by_number_are_understood(http: httpx.Client) -> None:
    """What Google's own client sends over REST, to the root of the host."""
    http.headers.pop("authorization")
    string = {"matchType": 1, "value": "Email", "caseSensitive": True}
    body = asked(dimensionFilter={"filter": {"fieldName": "sessionDefaultChannelGroup", "stringFilter": string}})
    path = "/v1beta/properties/271828182:runReport?$alt=json;enum-encoding=int"
    answer = http.post(path, json={**body, "limit": "3"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["metricHeaders"] == [{"name": "sessions", "type": 1}, {"name": "keyEvents", "type": 2}]
    assert {row[1] for row in values(answer.json())} == {"Email"}
    assert answer.json()["rowCount"] == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": [{"name": "conversions"}]}, "Field conversions is not a valid metric"),
        ({"dimensions": [{"name": "chanel"}]}, "Field chanel is not a valid dimension"),
        ({"dimensions": [{"name": "deviceCategory"}, {"name": "sessionDefaultChannelGroup"}]}, "incompatible"),
        ({"dateRanges": [{"startDate": "2026-10-02", "endDate": "2026-10-01"}]}, "cannot be after"),
        ({"dateRanges": [{"startDate": "2015-08-13", "endDate": "today"}]}, "before 2015-08-14"),
        ({"dateRanges": [{"startDate": "20261001", "endDate": "today"}]}, "Invalid date"),
        ({"dateRanges": []}, "date ranges"),
        ({"limit": "0"}, "limit must be at least 1"),
        ({"limit": "many"}, "TYPE_INT64"),
        ({"pageSize": 5}, "Invalid JSON payload"),
        ({"orderBys": [{"dimension": {"dimensionName": "country"}}]}, "orderBys"),
    ],
)
def test_what_is_asked_wrongly_is_refused(http: httpx.Client, change: dict[str, Any], message: str) -> None:
    answer = http.post(REPORT, json=asked(**change))
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message in answer.json()["error"]["message"]


def test_who_may_not_read_is_told_so(http: httpx.Client) -> None:
    other = http.post(REPORT.replace("271828182", "1"), json=asked())
    assert (other.status_code, other.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert http.post(REPORT.replace("271828182", "UA-1"), json=asked()).status_code == 400
    assert http.post(REPORT.replace("runReport", "runMagic"), json=asked()).status_code == 404
    http.headers.pop("authorization")
    nobody = http.post(REPORT, json=asked())
    assert (nobody.status_code, nobody.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_thresholds_hide_rows_and_say_so(tmp_path: Path) -> None:
    with serving(write(tmp_path / "set", "thresholding = 40")) as sandbox, client_of(sandbox.url) as client:
        page = report(client)
    shown = [cell for cell in reference("2026-11-21T02:00:00Z").values() if cell["sessions"] >= 40]
    assert page["metadata"]["subjectToThresholding"] is True
    assert 0 < page["rowCount"] == len(shown) < 64


def test_a_crowded_date_has_an_other_row_and_says_so(tmp_path: Path) -> None:
    with (
        serving(write(tmp_path / "set", "rows_kept = 2\nsampled = [70, 100]")) as sandbox,
        client_of(sandbox.url) as client,
    ):
        page = report(client)
    assert page["metadata"]["dataLossFromOtherRow"] is True
    assert page["metadata"]["samplingMetadatas"] == [{"samplesReadCount": "70", "samplingSpaceSize": "100"}]
    cells = reference("2026-11-21T02:00:00Z").values()
    assert sum(int(row[2]) for row in values(page)) == sum(cell["sessions"] for cell in cells)
    assert {row[1] for row in values(page)} == {"(not set)", "Ünïcode 🧭", "(other)"}


def test_tokens_are_spent_told_and_come_back_with_the_hour_and_the_day(tmp_path: Path) -> None:
    tokens = "tokens_per_hour = 12\ntokens_per_day = 20\ntokens_per_project_per_hour = 100"
    with serving(write(tmp_path / "set", tokens), limited=True) as sandbox, client_of(sandbox.url) as client:
        at(client, "2026-11-20T06:30:00Z")
        first = report(client, returnPropertyQuota=True)["propertyQuota"]
        assert first["tokensPerHour"] == {"consumed": 4, "remaining": 8}
        assert first["tokensPerDay"] == {"consumed": 4, "remaining": 16}
        assert "propertyQuota" not in report(client)
        report(client)
        hourly = client.post(REPORT, json=asked())
        assert (hourly.status_code, hourly.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert "per hour" in hourly.json()["error"]["message"]
        assert "retry-after" not in hourly.headers
        at(client, "2026-11-20T07:00:00Z")
        report(client)
        report(client)
        assert "per day" in client.post(REPORT, json=asked()).json()["error"]["message"]
        at(client, "2026-11-20T07:59:59Z")
        assert client.post(REPORT, json=asked()).status_code == 429
        # Midnight in Los Angeles.
        at(client, "2026-11-20T08:00:00Z")
        report(client)


@needs_analytics
def test_answers_are_what_the_vendors_document_says(http: httpx.Client) -> None:
    january = [{"startDate": "2026-01-01", "endDate": "2026-01-31"}]
    for page in (report(http, returnPropertyQuota=True), report(http, dateRanges=january)):
        validate(ANALYTICS, "RunReportResponse", page)
    validate(ANALYTICS, "Metadata", http.get("/ga4/v1beta/properties/271828182/metadata").json())
    fields = {key: asked()[key] for key in ("dimensions", "metrics")}
    checked = http.post("/ga4/v1beta/properties/271828182:checkCompatibility", json=fields).json()
    validate(ANALYTICS, "CheckCompatibilityResponse", checked)
    assert {each["compatibility"] for each in checked["metricCompatibilities"]} == {"COMPATIBLE"}


@needs_analytics
def test_the_judge_notices_a_field_that_the_vendor_does_not_have() -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(ANALYTICS, "RunReportResponse", {"rowsCount": 1})
    with pytest.raises(jsonschema.ValidationError):
        validate(ANALYTICS, "RunReportResponse", {"rows": [{"metricValues": [{"value": 5}]}]})
