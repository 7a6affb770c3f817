"""Google Analytics 4 from the Data API to the raw tables: settling dates, zones, flags, tokens, logins."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from cx_etl import doctor, landing
from cx_etl.connections import connection
from cx_etl.errors import ConfigError, CxError, QuotaError, RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.sources import ga4
from cx_etl.sources.base import Window
from openapi import ANALYTICS, needs_analytics, validate
from raw_state import answer, versions
from sandboxes import Sandbox, serving

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
CHANNEL = "sessionDefaultChannelGroup"
COUNTS = ("sessions", "engagedSessions", "keyEvents", "activeUsers", "totalUsers", "newUsers", "screenPageViews")
STREAMS = {"channel_days": CHANNEL, "channel_conversions": CHANNEL, "device_days": "deviceCategory"}
Line = dict[str, Any]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")


def line(day: str, channel: str, sessions: int, at: str) -> Line:
    record = {"id": f"{day}|{channel}", "date": day, CHANNEL: channel} | dict.fromkeys(COUNTS, sessions)
    return {"at": at, "record": record}


def gone(day: str, channel: str, at: str) -> Line:
    return {"at": at, "deleted": True, "id": f"{day}|{channel}"}


@contextmanager
def site(
    folder: Path, lines: list[Line], patch: pytest.MonkeyPatch, settings: str = "", limited: bool = False
) -> Iterator[Sandbox]:
    """A sandbox whose property has these cells by channel, connected by a token."""
    (folder / "ga4").mkdir(parents=True)
    (folder / "ga4" / "channel_days.jsonl").write_text("\n".join(map(json.dumps, lines)))
    head = 'name = "site"\ntime_zone = "UTC"\nfirst_night = 2026-10-01\nlast_night = 2026-11-20\n'
    (folder / "dataset.toml").write_text(f"{head}[ga4]\n{settings}\n")
    with serving(folder, limited) as server:
        server.connect(patch)
        yield server


def bring_in(night: date = NIGHT, stream: str = "channel_days") -> tuple[ExtractReport, LoadReport]:
    return extract("ga4", stream, night), load("ga4", stream, night)


def living(dsn: str, table: str = "channel_days", columns: str = "sessions") -> dict[str, Any]:
    with psycopg.connect(dsn) as opened:
        rows = opened.execute(
            f'select "date", "{STREAMS[table]}", {columns} from raw.ga4__{table} where _deleted_at is null'
        ).fetchall()
    return {f"{day}|{name}": value for day, name, value in rows}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("size", [7, 100_000])
def test_what_the_property_shows_arrives(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, stream: str, size: int
) -> None:
    monkeypatch.setattr(ga4, "PAGE_SIZE", size)
    report, _ = bring_in(stream=stream)
    expected = sandbox.records(f"ga4/{stream}", NOW)
    assert len(expected) > 40
    assert report.pages == -(-len(expected) // size)
    assert living(warehouse, stream) == {key: cell["sessions"] for key, cell in expected.items()}
    assert answer(warehouse, "select vendor_total from ops.loads") == len(expected)
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0


def test_every_count_is_the_column_of_its_name(sandbox: Sandbox, warehouse: str) -> None:
    bring_in()
    for name in COUNTS:
        expected = {key: cell[name] for key, cell in sandbox.records("ga4/channel_days", NOW).items()}
        assert living(warehouse, columns=f'"{name}"') == expected, name


def test_sessions_with_a_key_event_are_no_more_than_sessions(sandbox: Sandbox, warehouse: str) -> None:
    """A rate is computed from both tables: key events themselves may be more than sessions."""
    bring_in()
    bring_in(stream="channel_conversions")
    sessions, converted = living(warehouse), living(warehouse, "channel_conversions")
    assert converted
    assert all(converted[key] <= sessions[key] for key in converted)


def test_a_night_run_twice_touches_no_row(sandbox: Sandbox, warehouse: str) -> None:
    bring_in()
    before = versions(warehouse)
    bring_in()
    assert versions(warehouse) == before


SETTLING = [
    line("2026-11-15", "Direct", 90, "2026-11-15T20:00:00Z"),
    line("2026-11-15", "Direct", 100, "2026-11-16T20:00:00Z"),
    line("2026-11-17", "Direct", 40, "2026-11-17T20:00:00Z"),
    line("2026-11-17", "Email", 1, "2026-11-17T20:00:00Z"),
    line("2026-11-17", "Direct", 48, "2026-11-18T20:00:00Z"),
    line("2026-11-17", "Direct", 50, "2026-11-19T20:00:00Z"),
    line("2026-11-17", "Referral", 2, "2026-11-19T20:00:00Z"),
    gone("2026-11-17", "Email", "2026-11-19T20:00:00Z"),
    line("2026-11-18", "Direct", 70, "2026-11-18T20:00:00Z"),
]


def test_a_dates_numbers_replace_those_of_the_night_before(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    with site(tmp_path / "site", SETTLING, monkeypatch) as server:
        for day in (17, 18, 19):
            server.at_end_of(date(2026, 11, day))
            bring_in(date(2026, 11, day))
            seen.append(living(warehouse))
    assert seen == [
        {"2026-11-15|Direct": 100, "2026-11-17|Direct": 40, "2026-11-17|Email": 1},
        {"2026-11-15|Direct": 100, "2026-11-17|Direct": 48, "2026-11-17|Email": 1, "2026-11-18|Direct": 70},
        {"2026-11-15|Direct": 100, "2026-11-17|Direct": 50, "2026-11-17|Referral": 2, "2026-11-18|Direct": 70},
    ]
    hidden = (
        f"select \"{CHANNEL}\" || ' ' || _deleted_at::date from raw.ga4__channel_days where _deleted_at is not null"
    )
    assert answer(warehouse, hidden) == "Email 2026-11-20"


def test_an_older_night_read_again_takes_no_later_date_for_deleted(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor shows nothing of today for a while; yesterday's window says nothing of it."""
    shown = line("2026-11-20", "Direct", 5, "2026-11-20T20:00:00Z")
    hidden = gone("2026-11-20", "Direct", "2026-11-21T04:00:00Z")
    with site(tmp_path / "site", [*SETTLING, shown, hidden], monkeypatch) as server:
        server.at_end_of(NIGHT)
        bring_in()
        server.set_clock(datetime(2026, 11, 21, 5, tzinfo=UTC))
        bring_in(date(2026, 11, 18))
        assert living(warehouse)["2026-11-20|Direct"] == 5
        bring_in()
        assert "2026-11-20|Direct" not in living(warehouse)


def test_what_is_older_than_the_dates_read_again_stays(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = line("2026-11-01", "Direct", 9, "2026-11-02T00:00:00Z")
    hidden = gone("2026-11-01", "Direct", "2026-11-19T05:00:00Z")
    with site(tmp_path / "site", [shown, hidden], monkeypatch) as server:
        for day in (18, 20):
            server.at_end_of(date(2026, 11, day))
            bring_in(date(2026, 11, day))
    assert living(warehouse) == {"2026-11-01|Direct": 9}


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Pacific/Kiritimati", -14), ("America/New_York", 4), ("Pacific/Pago_Pago", 11), ("Asia/Kolkata", -5.5)],
)
def test_dates_are_the_propertys_own_wherever_it_is(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, midnight: float
) -> None:
    """Each date shows when it is over there and changes for two more days; New York leaves summer time meanwhile."""
    begin = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(hours=midnight)
    lines = []
    for number in range(12):
        day, over = date(2026, 10, 25) + timedelta(days=number), begin + timedelta(days=number + 1)
        for more, hours in ((0, 0), (1, 24), (2, 48)):
            lines.append(
                line(str(day), "Direct", 10 * number + more, f"{over + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}")
            )
    with site(tmp_path / "site", lines, monkeypatch, f'time_zone = "{zone}"') as server:
        for day in range(1, 10):
            server.at_end_of(date(2026, 11, day))
            bring_in(date(2026, 11, day))
    final = {f"{date(2026, 10, 25) + timedelta(days=number)}|Direct": 10 * number + 2 for number in range(12)}
    assert living(warehouse) == final
    assert answer(warehouse, "select string_agg(distinct \"timeZone\", ',') from raw.ga4__channel_days") == zone


def test_a_property_without_data_is_a_quiet_night(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site(tmp_path / "site", [], monkeypatch) as server:
        server.at_end_of(NIGHT)
        report, loaded = bring_in()
    assert (report.records, loaded.read) == (0, 0)
    assert answer(warehouse, "select vendor_total from ops.loads") == 0


def test_what_makes_a_report_less_than_the_whole_is_on_every_row(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = '"subjectToThresholding", "dataLossFromOtherRow", "samplesReadCount", "samplingSpaceSize"'
    with site(tmp_path / "plain", SETTLING, monkeypatch) as server:
        server.at_end_of(NIGHT)
        bring_in()
    assert set(living(warehouse, columns=f"row({flags})::text").values()) == {"(f,f,,)"}
    with site(tmp_path / "less", SETTLING, monkeypatch, "thresholding = 2\nrows_kept = 1\nsampled = [7, 10]") as server:
        server.at_end_of(NIGHT)
        bring_in()
    after = living(warehouse, columns=f"row({flags}, sessions)::text")
    assert after["2026-11-17|(other)"] == "(t,t,7,10,2)"
    assert after["2026-11-18|Direct"] == "(t,t,7,10,70)"


def test_a_report_that_grows_between_two_pages_is_read_anew(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ga4, "PAGE_SIZE", 100)
    sandbox.at_end_of(date(2026, 11, 10))
    sandbox.spoil({"system": "ga4", "kind": "advance_clock", "seconds": 86_400, "after": 2})
    bring_in(date(2026, 11, 10))
    expected = sandbox.records("ga4/channel_days", datetime(2026, 11, 12, 2, tzinfo=UTC))
    assert living(warehouse) == {key: cell["sessions"] for key, cell in expected.items()}
    given_up, finished = landing.runs("ga4", "channel_days", date(2026, 11, 10))
    assert "the report had" in (given_up.path / "abandoned.txt").read_text()
    assert finished.is_finished


PAGE = {"dimensionHeaders": [{"name": "date"}, {"name": CHANNEL}], "metricHeaders": [{"name": "sessions"}]}
ROW = {"dimensionValues": [{"value": "20261120"}, {"value": "Direct"}], "metricValues": [{"value": "1"}]}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"kind": "empty_page"}, r"no rows from 0 on, though the report has \d+"),
        ({"kind": "status", "status": 200, "body": {**PAGE, "rows": [ROW]}}, "1 rows from 0 on, and no rowCount"),
        ({"kind": "status", "status": 200, "body": {}}, "not what the vendor documents"),
    ],
    ids=["rows missing", "count missing", "nothing at all"],
)
def test_an_answer_without_its_end_is_no_quiet_night(
    sandbox: Sandbox, warehouse: str, rule: dict[str, Any], told: str
) -> None:
    bring_in()
    before = versions(warehouse)
    sandbox.spoil({"system": "ga4", "times": 3, **rule})
    with pytest.raises(RetriableError, match=told):
        bring_in()
    assert versions(warehouse) == before
    assert bring_in()[1].read > 0


def test_a_row_without_the_columns_of_its_report_is_held_back_whole(sandbox: Sandbox, warehouse: str) -> None:
    bring_in()
    sandbox.spoil({"system": "ga4", "kind": "malform", "field": "metricValues", "value": [{"value": "1"}]})
    _, report = bring_in()
    assert (report.rejected, report.deleted) == (1, 0)
    assert b"dimensionValues" in bytes(answer(warehouse, "select payload from raw.quarantine"))


def test_a_value_that_is_no_number_is_held_back_under_its_key(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"metricValues": [{"value": "many"}] * len(COUNTS)}
    with site(tmp_path / "site", SETTLING, monkeypatch) as server:
        server.at_end_of(NIGHT)
        bring_in()
        server.spoil({"system": "ga4", "kind": "malform", "field": "metricValues", "value": values["metricValues"]})
        _, report = bring_in()
    assert (report.rejected, report.deleted) == (1, 0)
    assert answer(warehouse, "select natural_key from raw.quarantine") == "2026-11-15|Direct"
    assert "sessions" in answer(warehouse, "select reason from raw.quarantine")


@pytest.mark.parametrize(
    ("tokens", "hours"),
    # 02:00 UTC: the hour ends in one hour; the day in Los Angeles ends at 08:00 UTC.
    [("tokens_per_hour = 9", "1.0"), ("tokens_per_project_per_hour = 9", "1.0"), ("tokens_per_day = 9", "6.0")],
)
def test_used_up_tokens_keep_what_has_landed_and_say_when_to_go_on(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens: str, hours: str
) -> None:
    monkeypatch.setattr(ga4, "PAGE_SIZE", 1)
    with site(tmp_path / "site", SETTLING, monkeypatch, tokens, limited=True) as server:
        server.set_clock(NOW)
        with pytest.raises(QuotaError, match=rf"ga4 POST .*; the limit starts anew in {hours} hours"):
            extract("ga4", "channel_days", NIGHT)
        assert answer(warehouse, "select count(*) from ops.watermarks") == 0
        server.set_clock(NOW + timedelta(hours=float(hours)))
        report, _ = bring_in()
    assert (report.resumed, report.pages) == (True, 4)
    assert len(living(warehouse)) == 4


def test_the_vendors_refusal_says_which_tokens_are_used_up(sandbox: Sandbox) -> None:
    told = "Exhausted property tokens per day. These quota tokens will return in under 24 hours."
    body = {"error": {"code": 429, "message": told, "status": "RESOURCE_EXHAUSTED"}}
    sandbox.spoil({"system": "ga4", "kind": "status", "status": 429, "body": body})
    with pytest.raises(QuotaError, match=r"429 .*Exhausted.*; the limit starts anew in 6\.0 hours"):
        bring_in()


def test_too_many_requests_at_once_are_tried_again(sandbox: Sandbox, warehouse: str) -> None:
    body = {"error": {"code": 429, "message": "Exhausted concurrent requests quota.", "status": "RESOURCE_EXHAUSTED"}}
    sandbox.spoil({"system": "ga4", "kind": "status", "status": 429, "body": body})
    assert bring_in()[0].calls == 2


def test_the_tokens_left_are_in_the_ledger(sandbox: Sandbox, warehouse: str) -> None:
    bring_in()
    used, left = (answer(warehouse, f"select {column} from ops.loads") for column in ("quota_used", "quota_left"))
    assert used > 0
    assert left == 14_000 - used


def test_a_property_that_may_not_be_read_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"host": f"{sandbox.url}/ga4", "password": "t", "extra": {"property_id": "5"}}
    monkeypatch.setenv("AIRFLOW_CONN_GA4", json.dumps(found))
    with pytest.raises(ConfigError, match=r"403 .*sufficient permissions for this property"):
        bring_in()


def test_a_field_that_is_gone_fails_by_name(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.ga4_reports.METRICS", {"sessions": "TYPE_INTEGER"})
    with pytest.raises(CxError, match=r"400 .*Field activeUsers is not a valid metric"):
        bring_in()
    assert bring_in(stream="channel_conversions")[1].read > 0


def key_file(sandbox: Sandbox) -> dict[str, Any]:
    return httpx.get(f"{sandbox.url}/ga4/key-file").json()


def connect_by(sandbox: Sandbox, patch: pytest.MonkeyPatch, **extra: Any) -> None:
    found = {"host": f"{sandbox.url}/ga4", "extra": {"property_id": "271828182", **extra}}
    patch.setenv("AIRFLOW_CONN_GA4", json.dumps(found))


@pytest.mark.parametrize("as_text", [True, False], ids=["as Airflow keeps it", "as an object"])
def test_a_service_account_logs_in_with_its_key(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, as_text: bool
) -> None:
    key = key_file(sandbox)
    connect_by(sandbox, monkeypatch, keyfile_dict=json.dumps(key) if as_text else key)
    assert bring_in()[1].new > 0


def test_a_token_that_ends_early_is_fetched_again(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_by(sandbox, monkeypatch, keyfile_dict=key_file(sandbox))
    sandbox.spoil({"system": "ga4", "path": "runReport", "kind": "status", "status": 401})
    assert bring_in()[1].new > 0


def test_a_key_of_somebody_else_is_refused(sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sandbox.dataset) as other:
        key = key_file(other) | {"token_uri": f"{sandbox.url}/ga4/token"}
    connect_by(sandbox, monkeypatch, keyfile_dict=key)
    with pytest.raises(ConfigError, match=r"ga4 login as cx-reader@.* failed: .*invalid_grant"):
        bring_in()
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({}, "the connection ga4 has neither a keyfile_dict in its extra nor a password"),
        ({"keyfile_dict": {"type": "service_account"}}, "keyfile_dict is no key of a service account"),
        ({"keyfile_dict": "{not json"}, "keyfile_dict is no key of a service account"),
        ({"property_id": ""}, "the connection ga4 has no property_id"),
    ],
)
def test_a_connection_that_cannot_log_in_says_what_it_lacks(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], told: str
) -> None:
    connect_by(sandbox, monkeypatch, **extra)
    with pytest.raises(ConfigError, match=told):
        extract("ga4", "channel_days", NIGHT)


def test_the_doctor_asks_for_fields_conversions_and_tokens(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {each.question: each for each in doctor.examine(("ga4",)) if each.subject == "ga4"}
    assert {"fields", "conversions", "tokens", "clock", "budget"} <= set(found)
    assert all(each.is_good for each in found.values()), found
    assert "tokens, anew in" in found["tokens"].answer
    monkeypatch.setattr("sandbox.ga4_reports.DIMENSIONS", ("date", CHANNEL))
    monkeypatch.setattr("sandbox.ga4.DIMENSIONS", ("date", CHANNEL))
    found = {each.question: each for each in doctor.examine(("ga4",)) if each.subject == "ga4"}
    assert "the property offers no deviceCategory, isKeyEvent" in found["fields"].answer


@needs_analytics
@pytest.mark.parametrize("start", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)])
def test_requests_are_what_the_vendors_document_says(start: datetime) -> None:
    for stream in ga4.SOURCE.streams:
        (request,) = stream.start(Window(start, NOW))
        assert request.json is not None
        validate(ANALYTICS, "RunReportRequest", request.json)
    _, conversions, tokens = ga4.SOURCE.probes
    validate(ANALYTICS, "CheckCompatibilityRequest", conversions.request.json)
    validate(ANALYTICS, "RunReportRequest", tokens.request.json)


def test_secrets_are_not_in_what_is_written_down(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_file(sandbox)
    connect_by(sandbox, monkeypatch, keyfile_dict=key)
    assert key["private_key"][40:80] not in repr(connection("ga4"))
    report, _ = bring_in()
    folder = landing.folder_of("ga4", "channel_days", NIGHT) / report.run_id
    assert not any(b"ya29" in path.read_bytes() for path in folder.glob("*.json*"))
