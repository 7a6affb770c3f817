"""Zendesk's paging rules against a slow reference over the same lines."""

import base64
from typing import Any

import httpx
import pytest
from small_world import NOON, Lines, newest

API = "/zendesk/api/v2"
ME = ("robot@example.com/token", "secret")


def get(http: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = http.get(path if path.startswith("http") else API + path, params=params or None, auth=ME)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk_cursor(http: httpx.Client, path: str, rows: str, **params: Any) -> tuple[list[dict[str, Any]], str]:
    """All rows of a cursor export and its last non-null cursor."""
    page, found, cursor = get(http, path, **params), [], ""
    while True:
        found += page[rows]
        cursor = page["after_cursor"] or cursor
        if page["end_of_stream"]:
            return found, cursor
        page = get(http, page["after_url"])


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_cursor_pages_lose_and_double_nothing(http: httpx.Client, lines: Lines, size: int) -> None:
    found, _ = walk_cursor(
        http, "/incremental/tickets/cursor.json", "tickets", start_time=0, per_page=size, include="metric_sets"
    )
    reference = newest(lines["zendesk/tickets"])
    positions = [(row["generated_timestamp"], row["id"]) for row in found]
    assert positions == sorted(positions)
    assert {row["id"] for row in found} == {*reference, 7}
    assert len(found) == len(reference) + 1
    assert all(row == reference[row["id"]] for row in found if row["id"] != 7)


def test_a_deleted_ticket_has_its_status_and_no_metrics(http: httpx.Client) -> None:
    page = get(http, "/incremental/tickets/cursor", start_time=NOON + 200, include="metric_sets")
    assert [(row["id"], row["status"], "metric_set" in row) for row in page["tickets"]] == [(7, "deleted", False)]
    assert page["tickets"][0]["generated_timestamp"] == NOON + 200


def test_metric_sets_come_only_when_asked_for(http: httpx.Client) -> None:
    page = get(http, "/incremental/tickets/cursor.json", start_time=0)
    assert not any("metric_set" in row for row in page["tickets"])


def test_start_time_is_inclusive(http: httpx.Client, lines: Lines) -> None:
    found, _ = walk_cursor(http, "/incremental/tickets/cursor.json", "tickets", start_time=NOON + 20, per_page=3)
    late = [row for row in newest(lines["zendesk/tickets"]).values() if row["generated_timestamp"] >= NOON + 20]
    assert {row["id"] for row in found} == {row["id"] for row in late} | {7}


def test_the_last_cursor_is_null_when_nothing_changed_since(http: httpx.Client) -> None:
    _, cursor = walk_cursor(http, "/incremental/users/cursor.json", "users", start_time=0)
    assert base64.b64decode(cursor).decode() == f"{NOON + 10}.0||2|"
    assert get(http, "/incremental/users/cursor.json", cursor=cursor) == {
        "users": [], "after_url": None, "after_cursor": None, "before_url": None, "before_cursor": None,
        "end_of_stream": True,
    }  # fmt: skip


def test_a_deleted_user_is_inactive_without_an_address(http: httpx.Client) -> None:
    users = get(http, "/incremental/users/cursor.json", start_time=0)["users"]
    assert [(user["id"], user["active"], user["email"]) for user in users] == [(1, True, "a@b.c"), (2, False, None)]


def test_the_last_minute_is_withheld(http: httpx.Client, lines: Lines) -> None:
    now = NOON + 75
    http.put("/_control/clock", json={"now": "2018-10-16T12:01:15Z"})
    found, cursor = walk_cursor(http, "/incremental/tickets/cursor.json", "tickets", start_time=0)
    stamps = [row["record"]["generated_timestamp"] for row in lines["zendesk/tickets"] if "record" in row]
    assert sorted(row["generated_timestamp"] for row in found) == sorted(at for at in stamps if at <= now - 60)
    http.put("/_control/clock", json={"now": "2018-10-16T12:02:00Z"})
    later, _ = walk_cursor(http, "/incremental/tickets/cursor.json", "tickets", cursor=cursor)
    assert later
    assert min(row["generated_timestamp"] for row in later) > now - 60


def test_time_pages_repeat_the_last_second_and_lose_nothing(http: httpx.Client, lines: Lines) -> None:
    reference = newest(lines["zendesk/ticket_events"])
    page = get(http, "/incremental/ticket_events.json", start_time=0, per_page=5, include="comment_events")
    seen: list[int] = []
    while True:
        stamps = [row["timestamp"] for row in page["ticket_events"]]
        assert stamps == sorted(stamps)
        assert page["count"] == len(stamps)
        seen += [row["id"] for row in page["ticket_events"]]
        if page["end_of_stream"]:
            break
        is_one_second = stamps[0] == stamps[-1]
        assert page["end_time"] == stamps[-1] + is_one_second
        assert f"start_time={page['end_time']}" in page["next_page"]
        assert "include=comment_events" in page["next_page"]
        page = get(http, page["next_page"])
    assert set(seen) == set(reference)
    assert len(seen) > len(reference), "no second was repeated"


def test_a_page_within_one_second_is_stretched_to_all_of_it(http: httpx.Client, lines: Lines) -> None:
    crowd = [row for row in newest(lines["zendesk/ticket_events"]).values() if row["timestamp"] == NOON + 30]
    page = get(http, "/incremental/ticket_events.json", start_time=NOON + 30, per_page=1)
    assert len(crowd) > 20
    assert page["count"] == len(crowd)
    assert page["end_time"] == NOON + 31
    last = get(http, page["next_page"], start_time=NOON + 39, per_page=100)
    assert last["end_of_stream"]
    assert last["end_time"] == NOON + 39
    assert last["next_page"]


def test_without_the_sideload_comments_have_no_body(http: httpx.Client) -> None:
    for include, has_body in (("", False), ("comment_events", True)):
        page = get(http, "/incremental/ticket_events.json", start_time=0, include=include)
        child = page["ticket_events"][0]["child_events"][0]
        assert ("body" in child) is has_body
        assert ("comment_present" in child) is not has_body


@pytest.mark.parametrize(("score", "ids"), [
    ("", {1, 2, 3, 4, 5}), ("bad", {1, 2}), ("bad_with_comment", {1}), ("good_without_comment", {3, 5}),
    ("received", {1, 2, 3, 5}),
])  # fmt: skip
def test_ratings_by_score(http: httpx.Client, score: str, ids: set[int]) -> None:
    page = get(
        http,
        "/satisfaction_ratings.json",
        **{"page[size]": 2, "score": score, "start_time": NOON, "end_time": NOON + 90},
    )
    found = [row["id"] for row in page["satisfaction_ratings"]]
    while page["meta"]["has_more"]:
        page = get(http, page["links"]["next"])
        found += [row["id"] for row in page["satisfaction_ratings"]]
    assert (sorted(found), page["links"]["next"]) == (sorted(ids), None)


def test_ratings_by_time_and_page_number(http: httpx.Client) -> None:
    page = get(http, "/satisfaction_ratings.json", start_time=NOON + 8, per_page=1)
    assert (page["count"], page["satisfaction_ratings"][0]["id"]) == (2, 5)
    assert get(http, page["next_page"])["satisfaction_ratings"][0]["id"] == 1
    assert http.get(f"{API}/satisfaction_ratings.json?page=101", auth=ME).status_code == 400


def test_refusals(http: httpx.Client) -> None:
    assert http.get(f"{API}/incremental/tickets/cursor.json?start_time=0").json() == {
        "error": "Couldn't authenticate you"
    }
    refused = http.get(f"{API}/incremental/tickets/cursor.json?start_time={NOON * 2}", auth=ME)
    assert (refused.status_code, refused.json()["error"]) == (422, "RecordInvalid")
    assert http.get(f"{API}/incremental/ticket_events.json", auth=ME).status_code == 422
    assert http.get(f"{API}/incremental/users/cursor?cursor=%21", auth=ME).status_code == 422
    missing = http.get(f"{API}/nothing.json", auth=ME)
    assert (missing.status_code, missing.json()) == (404, {"error": "RecordNotFound", "description": "Not found"})


def test_start_time_must_be_a_minute_old(http: httpx.Client) -> None:
    http.put("/_control/clock", json={"now": "2018-10-16T12:01:15Z"})
    codes = [
        http.get(f"{API}/incremental/users/cursor", params={"start_time": at}, auth=ME).status_code
        for at in (NOON + 15, NOON + 16)
    ]
    assert codes == [200, 422]


def test_limits_when_they_are_on(limited_address: str) -> None:
    with httpx.Client(base_url=limited_address, auth=ME) as client:
        answers = [client.get(f"{API}/incremental/ticket_events.json?start_time=0") for _ in range(11)]
        by_cursor = client.get(f"{API}/incremental/users/cursor.json?start_time=0")
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].json()["error"] == "APIRateLimitExceeded"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61
    assert answers[0].headers["zendesk-ratelimit-incremental-exports"].startswith("total=10; remaining=9; resets=")
    assert by_cursor.headers["zendesk-ratelimit-incremental-exports-cursor"].startswith("total=20; remaining=19;")
