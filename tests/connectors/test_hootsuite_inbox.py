"""Hootsuite's inbox from the sandbox's API to the raw table: aggregates that the vendor forgets after 14 days."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from own_world import Lines, at, line, own_world

from cx_etl import landing
from cx_etl.errors import CxError, DataError, RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.settings import ROOT
from raw_state import answer, versions
from sandbox.records.hootsuite import inbox_cell
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
CARE, SALES = "c3144df7", "3b48a76e"
BY_TEAM = ("first-response-time", "conversation-response-time", "resolved-with-one-reply")
METRICS = ("inbound-message-volume", "outbound-message-volume", *BY_TEAM, "handle-time")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")


def bring_in(night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("hootsuite", "inbox_metrics", night), load("hootsuite", "inbox_metrics", night)


def cell(metric: str, begins: datetime, value: int, team: str = CARE, seen_hours: float = 20) -> dict[str, Any]:
    return line(begins + timedelta(hours=seen_hours), inbox_cell(metric, team, begins, value))


def every_day(first: date, last: date, zone: str = "UTC") -> Lines:
    """Both teams' aggregates of each business day; the number tells the metric, the day and the team."""
    lines = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        begins = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for place, metric in enumerate(METRICS, start=1):
            lines.append(cell(metric, begins, 1000 * place + 10 * day.day))
            lines.append(cell(metric, begins, 1000 * place + 10 * day.day + 2, SALES))
    return lines


def as_made(of: range) -> dict[tuple[str, str, str], float]:
    """What ``every_day`` amounts to on these days of November as the vendor gives it."""
    expected: dict[tuple[str, str, str], float] = {}
    for day in of:
        for place, metric in enumerate(METRICS, start=1):
            care, begins = 1000 * place + 10 * day, f"11-{day:02} 00"
            if metric in BY_TEAM:
                expected |= {(metric, begins, CARE): care, (metric, begins, SALES): care + 2}
            else:
                expected[metric, begins, ""] = care + 1 if metric == "handle-time" else 2 * care + 2
    return expected


@contextmanager
def inbox(folder: Path, patch: pytest.MonkeyPatch, lines: Lines, settings: str = "") -> Iterator[Sandbox]:
    with own_world(folder, {"hootsuite/inbox_metrics": lines}, patch, settings) as server:
        yield server


def values(dsn: str) -> dict[tuple[str, str, str], float | None]:
    """By metric, day of the month in UTC and team."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select metric, to_char(timestamp at time zone 'UTC', 'MM-DD HH24'), team, value"
            " from raw.hootsuite__inbox_metrics"
        ).fetchall()
    return {(metric, begins, team): value for metric, begins, team, value in rows}


def days(dsn: str) -> list[str]:
    return sorted({begins for _, begins, _ in values(dsn)})


def test_every_metric_of_every_day_arrives_divided_as_the_vendor_divides_it(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts of all teams add up, times are averaged; a first night reaches back 13 days."""
    with inbox(tmp_path, monkeypatch, every_day(date(2026, 11, 1), NIGHT)) as server:
        server.at_end_of(NIGHT)
        bring_in()
    assert values(warehouse) == as_made(range(8, 21))
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0


def test_a_day_with_nothing_to_count_is_there_without_a_value(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [each for each in every_day(date(2026, 11, 1), NIGHT) if "2026-11-15" not in each["record"]["timestamp"]]
    with inbox(tmp_path, monkeypatch, lines) as server:
        server.at_end_of(NIGHT)
        bring_in()
    empty = {key: value for key, value in values(warehouse).items() if key[1] == "11-15 00"}
    assert empty == {(metric, "11-15 00", ""): None for metric in METRICS}


def test_numbers_that_grow_for_days_replace_those_before(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = at("2026-11-14 00:00")
    lines = [
        cell("inbound-message-volume", begins, value, seen_hours=hours)
        for hours, value in ((20, 80), (51, 97), (150, 100))
    ]
    seen = []
    with inbox(tmp_path, monkeypatch, lines) as server:
        for night in (date(2026, 11, 14), date(2026, 11, 16), NIGHT):
            server.at_end_of(night)
            bring_in(night)
            seen.append(values(warehouse)["inbound-message-volume", "11-14 00", ""])
    assert seen == [80, 97, 100]


def test_a_night_run_twice_touches_no_row(sandbox: Sandbox, warehouse: str) -> None:
    bring_in()
    before = versions(warehouse)
    bring_in()
    assert versions(warehouse) == before


# The vendor gives 14 days


@pytest.mark.parametrize("missed", [1, 6, 12])
def test_an_outage_shorter_than_the_vendors_memory_loses_nothing(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missed: int
) -> None:
    before = NIGHT - timedelta(days=missed + 1)
    with inbox(tmp_path, monkeypatch, every_day(date(2026, 10, 1), NIGHT)) as server:
        for night in (before, NIGHT):
            server.at_end_of(night)
            report, _ = bring_in(night)
    assert report.notes == ()
    since = (before - timedelta(days=12)).toordinal()
    assert days(warehouse) == [f"{date.fromordinal(day):%m-%d} 00" for day in range(since, NIGHT.toordinal() + 1)]


def test_days_that_are_lost_fail_the_night_by_name_until_they_are_accepted(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inbox(tmp_path, monkeypatch, every_day(date(2026, 10, 1), NIGHT)) as server:
        server.at_end_of(date(2026, 11, 4))
        bring_in(date(2026, 11, 4))
        before = versions(warehouse)
        server.at_end_of(NIGHT)
        with pytest.raises(DataError, match=r"2026-11-05\.\.2026-11-07 were not read in time and are lost") as caught:
            bring_in()
        assert versions(warehouse) == before
        assert answer(warehouse, "select max(watermark_at) from ops.watermarks") == at("2026-11-05 00:00")
        accepted = 'accepted_inbox_gaps = ["2026-11-05..2026-11-07"]'
        assert accepted in str(caught.value)
        accept(tmp_path, monkeypatch, 'accepted_inbox_gaps = ["2026-11-05..2026-11-06"]')
        with pytest.raises(DataError, match="are lost"):
            bring_in()
        accept(tmp_path, monkeypatch, accepted)
        report, _ = bring_in()
    told = "inbox metrics of 2026-11-05..2026-11-07 are lost, as accepted in cx.toml"
    assert report.notes == (told,)
    assert told in str(answer(warehouse, "select notes from ops.loads order by loaded_at desc limit 1"))
    read = [*range(-8, 5), *range(8, 21)]
    assert days(warehouse) == [f"{date(2026, 10, 31) + timedelta(days=day):%m-%d} 00" for day in read]


def accept(folder: Path, patch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "cx.toml").write_text(f"{(ROOT / 'cx.toml').read_text()}\n[options.hootsuite]\n{text}\n")
    patch.setenv("CX_CONFIG", str(folder / "cx.toml"))


def test_a_run_that_goes_on_after_its_first_day_is_out_of_reach_begins_anew(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first night asks for all 13 days; a day later the first of them is refused."""
    with inbox(tmp_path, monkeypatch, every_day(date(2026, 11, 1), NIGHT)) as server:
        server.at_end_of(NIGHT)
        server.spoil({"system": "hootsuite", "path": "handle-time", "kind": "status", "status": 503, "times": 3})
        with pytest.raises(RetriableError, match="503"):
            bring_in()
        server.at_end_of(NIGHT + timedelta(days=1))
        report, _ = bring_in()
    assert not report.resumed
    given_up, _ = landing.runs("hootsuite", "inbox_metrics", NIGHT)
    assert "the run began too long ago" in (given_up.path / "abandoned.txt").read_text()
    assert days(warehouse) == [f"11-{day:02} 00" for day in range(9, 21)]


def test_a_request_that_is_refused_for_itself_is_not_tried_again(sandbox: Sandbox, warehouse: str) -> None:
    body = {"errors": [{"code": 4000, "message": "The account is not linked", "id": "x"}]}
    rule = {"system": "hootsuite", "path": "metrics", "kind": "status", "status": 400, "body": body, "times": 9}
    sandbox.spoil(rule)
    with pytest.raises(CxError, match=r"400 .*The account is not linked"):
        bring_in()
    assert sandbox.struck() == 1
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


# Answers that do not say what they are of


def test_an_interval_that_is_not_there_is_no_quiet_day(sandbox: Sandbox, warehouse: str) -> None:
    rules = [{"system": "hootsuite", "path": "outbound", "kind": "withhold"}] * 3
    sandbox.spoil(*rules)
    with pytest.raises(RetriableError, match="12 days, asked were 13"):
        bring_in()
    assert answer(warehouse, "select count(*) from raw.hootsuite__inbox_metrics") == 0
    bring_in()
    assert len(days(warehouse)) == 13


@pytest.mark.parametrize("number", [1, 2, 3, 5, 9, 20, 29])
def test_the_answer_to_another_request_is_not_taken(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """That many requests get their own answers; the next one gets the answer before it."""
    with inbox(tmp_path, monkeypatch, every_day(date(2026, 11, 1), NIGHT)) as server:
        server.at_end_of(NIGHT)
        server.spoil({"system": "hootsuite", "path": "metrics", "kind": "repeat_page", "after": number})
        bring_in()
        assert server.struck() == 1
    assert values(warehouse) == as_made(range(8, 21))


def test_days_that_are_truly_alike_are_taken_once_they_come_again(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [cell("handle-time", at(f"2026-11-{day:02} 00:00"), 60) for day in range(1, 21)]
    with inbox(tmp_path, monkeypatch, lines) as server:
        server.at_end_of(NIGHT)
        bring_in()
    told = [value for (metric, _, _), value in values(warehouse).items() if metric == "handle-time"]
    assert told == [60] * 13


# Days are the business zone's


@pytest.mark.parametrize(
    ("zone", "night", "hour_before", "hour_after"),
    [("America/New_York", date(2026, 11, 5), "04", "05"), ("Australia/Sydney", date(2026, 10, 8), "14", "13")],
)
def test_days_of_23_and_25_hours_are_whole_days(
    warehouse: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    night: date,
    hour_before: str,
    hour_after: str,
) -> None:
    """The clocks change within the days that a first night reads."""
    monkeypatch.setenv("CX_TIME_ZONE", zone)
    lines = every_day(night - timedelta(days=20), night, zone)
    with inbox(tmp_path, monkeypatch, lines) as server:
        server.at_end_of(night, zone)
        bring_in(night)
    found = days(warehouse)
    assert len(found) == 13
    assert {begins[-2:] for begins in found} == {hour_before, hour_after}
    found_values = {key: value for key, value in values(warehouse).items() if key[0] == "inbound-message-volume"}
    for (_, begins, _), value in found_values.items():
        day = datetime.strptime(f"2026-{begins}", "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).day
        assert value == 2 * (1000 + 10 * day) + 2
