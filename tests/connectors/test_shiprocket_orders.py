"""Shiprocket's orders: windows as dates in India, the thirty days of updates, pages, and the login."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from own_world import Lines, at, line, own_world
from parcels import NIGHT, asked, bring_in, column, first_requests, order_record

from cx_etl.errors import ConfigError, DataError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.sources import shiprocket
from cx_etl.sources.base import Answer
from raw_state import answer
from sandbox.connections import KEYS
from sandboxes import Sandbox


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        # A night in UTC ends at half past five in India.
        ("2026-11-19 23:00", "2026-11-21 00:00", "2026-11-20", "2026-11-21"),
        # A night in India ends at half past six in UTC, on the day before.
        ("2026-11-19 17:30", "2026-11-20 18:30", "2026-11-19", "2026-11-21"),
        ("2026-11-19 18:29:59", "2026-11-20 18:29:59", "2026-11-19", "2026-11-20"),
    ],
)
def test_a_window_is_covered_by_dates_in_india(start: str, end: str, first: str, last: str) -> None:
    (request,) = first_requests("orders", start, end)
    assert (request.params["updated_from"], request.params["updated_to"]) == (first, last)
    (request,) = first_requests("ndr", start, end)
    assert (request.params["from"], request.params["to"]) == (first, last)


@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Kolkata", "America/Los_Angeles"])
def test_changes_around_midnight_are_in_one_night_or_the_next(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time_zone: str
) -> None:
    monkeypatch.setenv("CX_TIME_ZONE", time_zone)
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 10, 1))
    begun, lines = at("2026-10-02 08:00"), []
    changes = [at("2026-11-18 00:10") + timedelta(minutes=23 * count) for count in range(190)]
    for number, moment in enumerate(changes, start=1):
        lines += [line(begun, order_record(number, begun)), line(moment, order_record(number, begun, "DELIVERED"))]
    with own_world(tmp_path / "world", {"shiprocket/orders": lines}, monkeypatch) as server:
        for day in (17, 18, 19, 20):
            server.at_end_of(date(2026, 11, day), time_zone)
            bring_in("orders", date(2026, 11, day))
        server.set_clock(at("2026-11-23 02:00"))
        bring_in("orders", date(2026, 11, 21))
    left = column(warehouse, "select id from raw.shiprocket__orders where status <> 'DELIVERED'")
    assert left == []


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Two hundred orders from August on, each of them changed forty days after it began."""
    lines: Lines = []
    for number in range(1, 201):
        begun = at("2026-08-02 09:00") + timedelta(hours=11 * number)
        lines += [
            line(begun, order_record(number, begun)),
            line(begun + timedelta(days=40), order_record(number, begun, "DELIVERED")),
        ]
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 8, 1))
    monkeypatch.setattr("cx_etl.sources.shiprocket_lists.PER_PAGE", "15")
    with own_world(tmp_path / "world", {"shiprocket/orders": lines}, monkeypatch) as server:
        yield server


def _statuses(server: Sandbox, now: datetime) -> dict[int, str]:
    newest: dict[int, str] = {}
    for text in (server.dataset / "shiprocket" / "orders.jsonl").read_text().splitlines():
        told = json.loads(text)
        if datetime.fromisoformat(told["at"]) <= now:
            newest[told["record"]["id"]] = told["record"]["status"]
    return newest


def test_history_is_read_in_spans_of_thirty_days(slow: Sandbox, warehouse: str) -> None:
    slow.at_end_of(NIGHT)
    bring_in("orders")
    spans = sorted({(r.params["from"], r.params["to"]) for r in asked("orders")})
    days = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans]
    assert (days[0][0], days[-1][1]) == (date(2026, 8, 1), date(2026, 11, 21))
    assert all((last - first).days < 30 for first, last in days)
    assert [first for first, _ in days[1:]] == [last + timedelta(days=1) for _, last in days[:-1]]
    assert len(column(warehouse, "select id from raw.shiprocket__orders")) == 200
    assert answer(warehouse, "select vendor_total from ops.loads") == 200


def test_a_pipeline_that_was_down_for_long_reads_all_that_may_have_changed_and_says_so(
    slow: Sandbox, warehouse: str
) -> None:
    before, after = date(2026, 9, 10), date(2026, 10, 25)
    slow.at_end_of(before)
    bring_in("orders", before)
    slow.at_end_of(after)
    bring_in("orders", after)
    with psycopg.connect(warehouse) as connection:
        found = dict(connection.execute("select id, status from raw.shiprocket__orders").fetchall())
    assert found == _statuses(slow, at("2026-10-26 02:00"))
    noted = "updates are known for 30 days only: all orders since 2026-08-01 were read again"
    assert column(warehouse, "select notes from ops.loads order by night") == [[], [noted]]
    assert not any("updated_from" in request.params for request in asked("orders", after))


def test_an_old_night_made_up_for_later_falls_back_when_the_vendor_refuses(slow: Sandbox, warehouse: str) -> None:
    for night in (date(2026, 10, 1), date(2026, 10, 2)):
        slow.at_end_of(NIGHT)
        bring_in("orders", night)
    sent = asked("orders", date(2026, 10, 2))
    assert sent[0].params["updated_from"] == "2026-10-02"
    assert {r.params["from"] for r in sent[1:]} == {"2026-08-03", "2026-09-02", "2026-10-02"}
    (noted,) = column(warehouse, "select notes[1] from ops.loads where night = '2026-10-02'")
    assert noted == "updates are known for 30 days only: all orders since 2026-08-03 were read again"
    # The night ends at half past five in India, so the whole day after it was asked for.
    began = [at("2026-08-02 09:00") + timedelta(hours=11 * number) for number in range(1, 201)]
    stored = answer(warehouse, "select count(*) from raw.shiprocket__orders")
    assert stored == sum(moment < at("2026-10-03 18:30") for moment in began)


def test_another_refusal_is_named(sandbox: Sandbox, warehouse: str) -> None:
    bring_in("orders", NIGHT - timedelta(days=1))
    told = {"message": "The given data was invalid.", "errors": {"sort": ["?"]}}
    sandbox.spoil({"system": "shiprocket", "path": "/orders", "kind": "status", "status": 422, "body": told})
    with pytest.raises(DataError, match=r"shiprocket /v1/external/orders: 422 .*given data was invalid"):
        extract("shiprocket", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks where night = '2026-11-20'") == 0


def test_a_token_that_ends_within_a_run_is_renewed(slow: Sandbox, warehouse: str) -> None:
    slow.at_end_of(date(2026, 11, 1))
    slow.spoil({"system": "shiprocket", "path": "/orders", "kind": "advance_clock", "seconds": 11 * 86_400, "after": 2})
    report = extract("shiprocket", "orders", date(2026, 11, 1))
    # A refused call, two logins.
    assert report.calls == report.pages + 3
    load("shiprocket", "orders", date(2026, 11, 1))
    assert answer(warehouse, "select count(*) from raw.shiprocket__orders") >= 198


def test_a_login_that_is_busy_is_tried_again(slow: Sandbox, warehouse: str) -> None:
    slow.at_end_of(NIGHT)
    slow.spoil({"system": "shiprocket", "path": "auth/login", "kind": "status", "status": 503})
    bring_in("orders")
    assert answer(warehouse, "select count(*) from raw.shiprocket__orders") == 200


def test_a_wrong_password_is_named(slow: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"host": f"{slow.url}/shiprocket", "login": KEYS["shiprocket"][0], "password": "guess"}
    monkeypatch.setenv("AIRFLOW_CONN_SHIPROCKET", json.dumps(user))
    with pytest.raises(ConfigError, match=r"login at .* failed: 403 .*Invalid email and password combination"):
        extract("shiprocket", "orders", NIGHT)
    monkeypatch.setenv("AIRFLOW_CONN_SHIPROCKET", json.dumps(user | {"password": ""}))
    with pytest.raises(ConfigError, match="shiprocket has no password"):
        extract("shiprocket", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_a_login_without_a_token_is_named() -> None:
    from cx_etl.sources.shiprocket_lists import _token

    for body in ('{"message": "ok"}', "<html>", "[]"):
        with pytest.raises(ConfigError, match="shiprocket's login gave no token"):
            _token(httpx.Response(200, text=body))


def _list_answer(rows: list[dict[str, Any]], before: str = "", **told: Any) -> Answer:
    counted = {"total": len(rows), "count": len(rows), "current_page": 1, "total_pages": 1, "links": {}}
    body = {"data": rows, "meta": {"pagination": counted | told}}
    (request,) = first_requests("orders", "2026-11-19 23:00", "2026-11-21 00:00")
    return Answer(request.but(context={"before": before}), msgspec.json.encode(body), {})


ROW = order_record(7, at("2026-11-20 10:00"))


@pytest.mark.parametrize("links", [{}, []])
def test_a_list_ends_where_the_vendor_says(links: Any) -> None:
    read = shiprocket.SOURCE.stream("orders").read
    assert read(_list_answer([ROW], links=links)).next == ()
    more = read(_list_answer([ROW], total=9, total_pages=3, links={"next": "x"}))
    assert [request.params["page"] for request in more.next] == ["2"]
    assert more.vendor_total == 9
    # Neither of the two signals is taken for the end as long as the other is not.
    for told in ({"total_pages": 2, "links": links}, {"total_pages": 1, "links": {"next": "x"}}):
        assert read(_list_answer([ROW], **told)).next
    texts = {"total": "1", "count": "1", "current_page": "1", "total_pages": "1"}
    assert read(_list_answer([ROW], **texts)).vendor_total == 1


@pytest.mark.parametrize("told", [{"current_page": 2}, {"count": 2}])
def test_a_page_that_is_not_the_one_asked_for_is_asked_for_again(told: dict[str, int]) -> None:
    with pytest.raises(RetriableError, match="asked was page 1 of updated; page"):
        shiprocket.SOURCE.stream("orders").read(_list_answer([ROW], **told))


def test_the_last_page_of_some_days_is_no_answer_for_the_next() -> None:
    with pytest.raises(RetriableError, match="asked was page 1"):
        shiprocket.SOURCE.stream("orders").read(_list_answer([ROW], before="7 to 7"))
