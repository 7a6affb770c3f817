"""Hootsuite's outbound messages: at most four weeks at once, and no filter by change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from own_world import at, gone, line
from social import LISTS, NIGHT, NOW, bring_in, fetch, nights, planned, states, world

from cx_etl.errors import RetriableError
from cx_etl.reconcile import reconcile
from cx_etl.sources import hootsuite
from cx_etl.sources.base import Window
from raw_state import answer
from sandboxes import Sandbox


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setattr(f"{LISTS}.FIRST_DAY", "2026-01-01")


@pytest.mark.parametrize("start", [datetime(1970, 1, 1, tzinfo=UTC), at("2026-09-03 11:22")])
def test_messages_are_asked_for_by_four_weeks_without_a_gap(start: datetime) -> None:
    requests = hootsuite.SOURCE.stream("messages").start(Window(start, NOW))
    spans = [[datetime.fromisoformat(each.params[name]) for name in ("startTime", "endTime")] for each in requests]
    assert spans[0][0] == max(start, at("2026-01-01 00:00"))
    assert spans[-1][1] == NOW + timedelta(weeks=4)
    assert all(timedelta() < end - begin <= timedelta(weeks=4) for begin, end in spans)
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_a_message_on_the_border_of_two_spans_arrives_once(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    border = at("2026-01-01 00:00") + timedelta(weeks=4)
    lines = [line(at("2026-01-02 00:00"), planned(number, border)) for number in (1, 2)]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        server.at_end_of(NIGHT)
        _, loaded = bring_in("messages")
    assert (loaded.read, loaded.new) == (4, 2)
    assert answer(warehouse, "select count(*) from raw.hootsuite__messages") == 2


def test_what_changes_within_four_weeks_is_found_by_reading_again(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no time of change: one is sent, one edited after its time, one rejected, one moved, one deleted."""
    early, due = at("2026-11-01 10:00"), at("2026-11-10 10:00")
    lines = [line(early, planned(number, due)) for number in range(1, 7)]
    lines += [
        line(due, planned(1, due, "SENT")),
        line(at("2026-11-19 10:00"), planned(2, due, "SENT", "edited")),
        line(at("2026-11-18 10:00"), planned(3, due, "REJECTED")),
        line(at("2026-11-17 10:00"), planned(4, at("2026-12-05 10:00"))),
        gone(at("2026-11-19 12:00"), "5"),
    ]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        nights(server, "messages", date(2026, 11, 9))
        assert states(warehouse) == dict.fromkeys("123456", "SCHEDULED")
        nights(server, "messages", NIGHT)
    assert states(warehouse) == {"1": "SENT", "2": "SENT", "3": "REJECTED", "4": "SCHEDULED", "6": "SCHEDULED"}
    assert fetch(warehouse, "select text from raw.hootsuite__messages where id = '2'") == [("edited",)]
    assert fetch(warehouse, "select id, text from raw.hootsuite__messages where _deleted_at is not null") == [
        ("5", "olá 🎉")
    ]


def test_a_message_planned_months_ahead_arrives_when_it_comes_near(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(at("2026-09-01 10:00"), planned(1, at("2026-12-14 10:00")))]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        nights(server, "messages", date(2026, 11, 15))
        assert states(warehouse) == {}
        nights(server, "messages", NIGHT)
    assert states(warehouse) == {"1": "SCHEDULED"}


def test_what_changes_or_goes_after_four_weeks_is_found_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = at("2026-10-15 10:00")
    lines = [line(at("2026-10-01 10:00"), planned(number, due)) for number in (1, 2, 3)]
    lines += [line(at("2026-11-18 10:00"), planned(1, due, "SENT")), gone(at("2026-11-18 10:00"), "2")]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        nights(server, "messages", date(2026, 11, 16), NIGHT)
        assert states(warehouse) == dict.fromkeys("123", "SCHEDULED")
        report = reconcile("hootsuite", "messages")
    assert (report.missed_changes, report.missed_deletes) == (1, 1)
    assert states(warehouse) == {"1": "SENT", "3": "SCHEDULED"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"data": [planned(n, at("2026-01-05 00:00")) for n in range(3)], "metadata": {}},
            "a full page, and no cursor",
        ),
        ({"data": [planned(1, at("2025-01-05 00:00"))]}, "scheduledSendTime 2025-01-05.* and no other on the page"),
        ({"metadata": {"cursor": None}}, "not what the vendor documents"),
    ],
    ids=["no end", "the answer to something else", "no list"],
)
def test_a_page_without_its_end_or_of_others_is_no_quiet_night(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], told: str
) -> None:
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 3)
    sandbox.spoil(
        {"system": "hootsuite", "path": "messages", "kind": "status", "status": 200, "body": body, "times": 3}
    )
    with pytest.raises(RetriableError, match=told):
        bring_in("messages")
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
    assert answer(warehouse, "select count(*) from raw.hootsuite__messages") == 0
