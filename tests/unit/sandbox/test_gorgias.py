"""Gorgias's cursors, its missing filters and its leaky bucket against a slow reference over the same lines."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_world import CLOCK, NOON, Lines, iso, newest, write_dataset

from sandboxes import serving

API = "/gorgias/api"
ME = ("robot@shop.example", "an-api-key")


def exact(unix: float, offset: str = "+00:00") -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + offset


def ticket(key: int, at: float, **more: Any) -> dict[str, Any]:
    record = {
        "id": key, "status": "open", "created_datetime": exact(NOON - key), "updated_datetime": exact(at),
        "customer": {"id": 1, "email": "ssE@gm.example"}, "assignee_user": None, "trashed_datetime": None,
    }  # fmt: skip
    return {"at": iso(int(at)), "record": {**record, **more}}


def message(key: int, ticket_id: int, **more: Any) -> dict[str, Any]:
    times = {"created_datetime": exact(NOON + key), "failed_datetime": None, "last_sending_error": None}
    return {"at": iso(NOON + key), "record": {"id": key, "ticket_id": ticket_id, "body_text": "olá", **times, **more}}


def make_lines() -> Lines:
    """Forty tickets, several in the same microsecond; some change, one is trashed, one deleted for good."""
    tickets = [ticket(key, NOON + key // 3 + 0.25) for key in range(1, 41)]
    tickets += [ticket(key, NOON + 100.5, status="closed") for key in (2, 30, 31)]
    tickets += [
        ticket(7, NOON + 101, trashed_datetime=exact(NOON + 101)),
        {"at": iso(NOON + 90), "deleted": True, "id": 9},
    ]
    failure = {"failed_datetime": exact(NOON + 9), "last_sending_error": {"error": "Mailbox full"}}
    survey = {"id": 1, "ticket_id": 3, "created_datetime": exact(NOON, ""), "score": None}
    users = [{"id": key, "name": name, "created_datetime": exact(NOON)} for key, name in ((1, "Zoë"), (2, "Ana"))]
    return {
        "gorgias/tickets": tickets,
        "gorgias/messages": [*(message(key, key % 4) for key in range(1, 31)), message(31, 3, **failure)],
        "gorgias/satisfaction_surveys": [
            {"at": iso(NOON), "record": survey}, {"at": iso(NOON + 50), "record": {**survey, "score": 5}},
        ],
        "gorgias/users": [{"at": iso(NOON), "record": user} for user in users],
        "gorgias/customers": [{"at": iso(NOON), "record": {"id": 1, "name": "Li", "created_datetime": exact(NOON)}}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> Lines:
    return make_lines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> Path:
    return write_dataset(tmp_path_factory.mktemp("gorgias"), lines)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as sandbox:
        yield sandbox.url


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, auth=ME, timeout=10) as client:
        client.put("/_control/clock", json={"now": CLOCK})
        yield client


def get(http: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = http.get(API + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: dict[str, Any]) -> list[int]:
    return [row["id"] for row in page["data"]]


def walk(http: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows, from cursor to cursor, until there is none."""
    page = get(http, path, **params)
    found = page["data"]
    while page["meta"]["next_cursor"]:
        page = get(http, path, **params, cursor=page["meta"]["next_cursor"])
        found += page["data"]
    return found


@pytest.mark.parametrize("counting", [False, True])
@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("order", ["updated_datetime:desc", "created_datetime:asc"])
def test_cursors_lead_through_all_pages_once(
    http: httpx.Client, lines: Lines, monkeypatch: pytest.MonkeyPatch, size: int, order: str, counting: bool
) -> None:
    monkeypatch.setattr("sandbox.gorgias.CURSORS_COUNT_ROWS", counting)
    found = walk(http, "/tickets", limit=size, order_by=order)
    assert len(found) == 39
    assert {row["id"]: row for row in found} == newest(lines["gorgias/tickets"])
    field, _, direction = order.partition(":")
    times = [row[field] for row in found]
    assert times == sorted(times, reverse=direction == "desc")


def test_the_last_page_has_no_cursor(http: httpx.Client) -> None:
    page = get(http, "/tickets", limit=39)
    assert page["meta"] == {"prev_cursor": None, "next_cursor": None}
    assert (page["object"], page["uri"]) == ("list", "/api/tickets")
    assert len(get(http, "/tickets")["data"]) == 30


def test_a_cursor_names_a_place_in_the_order(http: httpx.Client) -> None:
    cursor = get(http, "/tickets", limit=2, order_by="updated_datetime:desc")["meta"]["next_cursor"]
    assert json.loads(base64.b64decode(cursor)) == ["next", exact(NOON + 100.5), 31]
    assert http.get(f"{API}/tickets", params={"cursor": "%"}).status_code == 400


@pytest.mark.parametrize(("counting", "second"), [(False, [37, 36, 35]), (True, [2, 40, 39])])
def test_tickets_move_between_pages_while_they_change(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, counting: bool, second: list[int]
) -> None:
    """Four move from the back to the front: a place stays where it is, a count of rows shows others again."""
    monkeypatch.setattr("sandbox.gorgias.CURSORS_COUNT_ROWS", counting)
    params = {"limit": 3, "order_by": "updated_datetime:desc"}
    http.put("/_control/clock", json={"now": iso(NOON + 95)})
    first = get(http, "/tickets", **params)
    assert ids(first) == [40, 39, 38]
    http.put("/_control/clock", json={"now": iso(NOON + 101)})
    assert ids(get(http, "/tickets", **params, cursor=first["meta"]["next_cursor"])) == second
    assert ids(get(http, "/tickets", **params)) == [7, 31, 30]


def test_there_is_no_filter_by_time(http: httpx.Client) -> None:
    for name in ("updated_since", "offset", "page"):
        refused = http.get(f"{API}/tickets", params={name: "1"})
        assert (refused.status_code, list(refused.json()["error"]["data"])) == (400, [name])
    assert http.get(f"{API}/messages", params={"order_by": "updated_datetime:desc"}).status_code == 400
    assert http.get(f"{API}/tickets", params={"limit": 101}).status_code == 400


def test_trashed_tickets_are_listed_unless_unwanted(http: httpx.Client) -> None:
    trashed = [row for row in walk(http, "/tickets") if row["trashed_datetime"]]
    assert [row["id"] for row in trashed] == [7]
    assert 7 not in {row["id"] for row in walk(http, "/tickets", trashed="false")}


def test_lists_leave_out_what_a_ticket_alone_has(http: httpx.Client) -> None:
    listed = next(row for row in walk(http, "/tickets") if row["id"] == 3)
    assert (listed["customer"]["email"], listed["assignee_user"]) == ("ssE@gm.example", None)
    alone = get(http, "/tickets/3")
    assert set(alone) - set(listed) == {"messages", "satisfaction_survey"}
    assert [row["id"] for row in alone["messages"]] == [3, 7, 11, 15, 19, 23, 27, 31]
    assert alone["satisfaction_survey"]["score"] == 5
    assert get(http, "/tickets/4")["satisfaction_survey"] is None


def test_messages_newest_first_of_all_or_of_a_ticket(http: httpx.Client) -> None:
    newest_first = get(http, "/messages", limit=2)["data"]
    assert [row["id"] for row in newest_first] == [31, 30]
    assert newest_first[0]["last_sending_error"] == {"error": "Mailbox full"}
    assert ids(get(http, "/messages", ticket_id=3, order_by="created_datetime:asc")) == [3, 7, 11, 15, 19, 23, 27, 31]


def test_surveys_say_no_offset(http: httpx.Client) -> None:
    (survey,) = get(http, "/satisfaction-surveys")["data"]
    assert survey["created_datetime"] == "2018-10-16T12:00:00.000000"


def test_people_by_name(http: httpx.Client) -> None:
    assert ids(get(http, "/users")) == [2, 1]
    assert ids(get(http, "/customers", order_by="updated_datetime:desc")) == [1]


def test_refusals(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}{API}/tickets").status_code == 401
    for path in ("/tickets/9", "/nothing"):
        missing = http.get(API + path)
        assert (missing.status_code, missing.json()) == (404, {"error": {"msg": "Resource not found."}})
    assert get(http, "/account")["domain"] == "shop"


def test_the_bucket_runs_over_and_leaks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.gorgias.BUCKET_CALLS", 3)
    monkeypatch.setattr("sandbox.gorgias.CALLS_PER_SECOND", 0.1)
    with serving(folder, limited=True) as sandbox, httpx.Client(base_url=sandbox.url, auth=ME) as client:
        answers = [client.get(f"{API}/users") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-Gorgias-Account-Api-Call-Limit"] for answer in answers] == ["1/3", "2/3", "3/3", "3/3"]
    raw = dict(answers[3].headers.raw)
    assert b"retry-after" in raw
    assert 0 < int(raw[b"retry-after"]) <= 10
