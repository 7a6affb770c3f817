"""Freshdesk's pages, lists, credits and refusals against a slow reference over the same lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_world import CLOCK, NOON, Lines, iso, newest, write_dataset

from sandboxes import serving

API = "/freshdesk/api/v2"
KEY = ("an-api-key", "X")
DAY = 86_400
EVER = "2000-01-01T00:00:00Z"
EVERYTHING = "stats,requester,description"


def ticket(key: int, at: int, created: int = NOON - 400 * DAY, **more: Any) -> dict[str, Any]:
    record = {
        "id": key, "status": 2, "created_at": iso(created), "updated_at": iso(at), "spam": False, "subject": "Olá 🙂",
        "description": "<div>x</div>", "description_text": "x", "stats": {"resolved_at": None},
        "requester": {"id": 1, "email": None}, "cc_emails": (None, [], ["A@b.example"])[key % 3],
    }  # fmt: skip
    return {"at": iso(at), "record": {**record, **more}}


def dated(key: int, at: int, created: int | None = None, **more: Any) -> dict[str, Any]:
    times = {"created_at": iso(created or at), "updated_at": iso(at)}
    return {"at": iso(at), "record": {"id": key, **times, **more}}


def make_lines() -> Lines:
    """Tickets that share seconds, change, are spam, deleted and purged; a rating that is edited after three days."""
    tickets = [ticket(key, NOON + key // 4) for key in range(1, 41)]
    tickets += [ticket(key, NOON + 100, status=4) for key in (2, 3, 5, 7)]
    tickets += [ticket(41, NOON + 50, created=NOON - 2 * DAY), ticket(42, NOON + 60, created=NOON - 29 * DAY)]
    tickets += [ticket(50, NOON + 61, spam=True), ticket(51, NOON + 62, deleted=True)]
    tickets += [ticket(52, NOON + 63, spam=True, deleted=True), {"at": iso(NOON + 90), "deleted": True, "id": 40}]
    ratings = [dated(key, NOON - key * DAY, ratings={"default_question": 103}) for key in range(1, 6)]
    ratings.append(dated(3, NOON + 9, NOON - 3 * DAY, ratings={"default_question": -103}))
    contacts = [dated(1, NOON, active=True), dated(2, NOON, active=False), dated(3, NOON, blocked=True)]
    return {
        "freshdesk/tickets": tickets,
        "freshdesk/conversations": [dated(key, NOON - key, ticket_id=key % 2 + 1) for key in range(1, 41)],
        "freshdesk/satisfaction_ratings": ratings,
        "freshdesk/contacts": [*contacts, dated(4, NOON, active=True, deleted=True)],
        "freshdesk/agents": [dated(key, NOON, ticket_scope=1) for key in (9, 8)],
    }


@pytest.fixture(scope="module")
def lines() -> Lines:
    return make_lines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> Path:
    return write_dataset(tmp_path_factory.mktemp("freshdesk"), lines)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as sandbox:
        yield sandbox.url


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, auth=KEY, timeout=10) as client:
        client.put("/_control/clock", json={"now": CLOCK})
        yield client


def get(http: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = http.get(API + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def walk(http: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows, from link to link."""
    answer, found = http.get(API + path, params=params), []
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()
        if "next" not in answer.links:
            return found
        answer = http.get(answer.links["next"]["url"])


@pytest.mark.parametrize("size", [1, 7, 100])
def test_links_lead_through_all_pages_once(http: httpx.Client, lines: Lines, size: int) -> None:
    order = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc"}
    found = walk(http, "/tickets", per_page=size, include=EVERYTHING, **order)
    reference = newest(lines["freshdesk/tickets"])
    ordinary = {key: row for key, row in reference.items() if not row["spam"] and not row.get("deleted")}
    assert len(ordinary) == 41
    assert {row["id"]: row for row in found} == ordinary
    assert len(found) == len(ordinary)
    changes = [row["updated_at"] for row in found]
    assert changes == sorted(changes)


def test_the_order_is_newest_creation_first_unless_said(http: httpx.Client) -> None:
    assert ids(get(http, "/tickets", updated_since=EVER))[:2] == [41, 42]
    assert len(get(http, "/tickets", updated_since=EVER)) == 30
    assert http.get(f"{API}/tickets", params={"order_by": "subject"}).status_code == 400
    assert http.get(f"{API}/tickets", params={"per_page": 101}).status_code == 400


def test_there_is_no_page_behind_the_wall(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.freshdesk.TICKET_PAGES", 3)
    assert len(get(http, "/tickets", updated_since=EVER, per_page=2, page=3)) == 2
    refused = http.get(f"{API}/tickets", params={"updated_since": EVER, "per_page": 2, "page": 4})
    assert refused.status_code == 400
    assert refused.json()["errors"][0] == {
        "field": "page",
        "message": "You cannot access tickets beyond the 3th page. Please provide a smaller page number.",
        "code": "invalid_value",
    }


def test_without_a_time_only_tickets_of_the_last_30_days_come(http: httpx.Client) -> None:
    assert ids(get(http, "/tickets")) == [41, 42]
    http.put("/_control/clock", json={"now": iso(NOON + 2 * DAY)})
    assert ids(get(http, "/tickets")) == [41]


@pytest.mark.parametrize(("is_inclusive", "expected"), [(True, 4), (False, 0)])
def test_updated_since_with_and_without_its_own_second(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, is_inclusive: bool, expected: int
) -> None:
    monkeypatch.setattr("sandbox.freshdesk_records.SINCE_IS_INCLUSIVE", is_inclusive)
    assert len(get(http, "/tickets", updated_since=iso(NOON + 100))) == expected


def test_pages_drift_while_tickets_change(http: httpx.Client) -> None:
    """Four of the first page move to the end: the second page begins four rows later than it would have."""
    params = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 10}
    http.put("/_control/clock", json={"now": iso(NOON + 99)})
    first, planned = get(http, "/tickets", **params), get(http, "/tickets", **params, page=2)
    assert ids(first) == list(range(1, 11))
    http.put("/_control/clock", json={"now": iso(NOON + 101)})
    second = get(http, "/tickets", **params, page=2)
    assert ids(second)[0] == ids(planned)[4]
    hidden = set(ids(planned)) - set(ids(second))
    assert hidden == {11, 12, 13, 14}


def test_includes_bring_their_fields_and_cost_two_credits_each(http: httpx.Client) -> None:
    hidden = {"stats", "requester", "description", "description_text"}
    for include, fields, credits in (("", set(), "1"), ("stats", {"stats"}, "3"), (EVERYTHING, hidden, "7")):
        answer = http.get(f"{API}/tickets", params={"updated_since": EVER} | ({"include": include} if include else {}))
        assert set(answer.json()[0]) & hidden == fields
        assert answer.headers["X-RateLimit-Used-CurrentRequest"] == credits
    assert http.get(f"{API}/tickets", params={"include": "stats,weather"}).status_code == 400


def test_deleted_tickets_and_spam_have_lists_of_their_own(http: httpx.Client) -> None:
    assert ids(get(http, "/tickets", filter="deleted", updated_since=EVER, order_type="asc")) == [51, 52]
    assert ids(get(http, "/tickets", filter="spam", updated_since=EVER)) == [50]
    ordinary = set(ids(walk(http, "/tickets", updated_since=EVER)))
    assert not ordinary & {40, 50, 51, 52}
    assert http.get(f"{API}/tickets?filter=everything").status_code == 400


def test_lists_of_addresses_are_arrays_or_null(http: httpx.Client) -> None:
    found = {row["id"]: row["cc_emails"] for row in walk(http, "/tickets", updated_since=EVER)}
    assert [found[key] for key in (3, 4, 8)] == [None, [], ["A@b.example"]]


def test_a_rating_that_is_edited_stays_where_it_was_given(http: httpx.Client) -> None:
    found = get(http, "/surveys/satisfaction_ratings", created_since=iso(NOON - 3 * DAY))
    assert ids(found) == [1, 2, 3]
    assert (found[2]["updated_at"], found[2]["ratings"]) == (iso(NOON + 9), {"default_question": -103})
    assert get(http, "/surveys/satisfaction_ratings", created_since=iso(NOON - DAY + 1)) == []
    assert ids(walk(http, "/surveys/satisfaction_ratings", per_page=2)) == [1, 2, 3, 4, 5]


def test_contacts_by_state(http: httpx.Client) -> None:
    for params, expected in (
        ({}, [1, 2]), ({"state": "blocked"}, [3]), ({"state": "deleted"}, [4]), ({"state": "verified"}, [1]),
        ({"state": "unverified"}, [2]), ({"_updated_since": iso(NOON + 1)}, []),
    ):  # fmt: skip
        found = get(http, "/contacts", **params)
        assert ids(found) == expected
        assert not any("blocked" in row for row in found)
    assert http.get(f"{API}/contacts?updated_since=2018-01-01").status_code == 400


def test_conversations_by_ticket_oldest_first_in_pages_of_30(http: httpx.Client, lines: Lines) -> None:
    assert ids(get(http, "/tickets/2/conversations")) == list(range(39, 0, -2))
    assert get(http, "/tickets/51/conversations") == []
    gone = http.get(f"{API}/tickets/40/conversations")
    assert (gone.status_code, gone.content) == (404, b"")
    assert http.get(f"{API}/tickets/1/conversations?include=x").status_code == 400


def test_who_asks_and_what_the_plan_has_not(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert http.get(f"{API}/agents/me").json()["id"] == 8
    assert http.get(f"{API}/tickets/archived/1").json()["code"] == "require_feature"
    monkeypatch.setattr("sandbox.freshdesk.KEEPS_AN_ARCHIVE", True)
    monkeypatch.setattr("sandbox.freshdesk.PLAN_HAS_SURVEYS", False)
    assert http.get(f"{API}/tickets/archived/1").status_code == 404
    refused = http.get(f"{API}/surveys/satisfaction_ratings")
    assert (refused.status_code, refused.json()["code"]) == (403, "require_feature")


def test_refusals(http: httpx.Client) -> None:
    refused = http.get(f"{API}/agents", auth=("", "X"))
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    unknown = http.get(f"{API}/agents?since=1")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "since")
    missing = http.get(f"{API}/nothing")
    assert (missing.status_code, missing.content) == (404, b"")
    assert http.get(f"{API}/tickets?updated_since=yesterday").status_code == 400


def test_credits_run_out_and_come_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages of seven credits and one call leave five: too few for the next page. Refused calls cost as well."""
    monkeypatch.setattr("sandbox.freshdesk.CREDITS_PER_MINUTE", 20)
    params = {"include": EVERYTHING, "updated_since": EVER}
    with serving(folder, limited=True) as sandbox, httpx.Client(base_url=sandbox.url, auth=KEY) as client:
        answers = [client.get(f"{API}/tickets", params=params) for _ in range(2)]
        answers += [client.get(f"{API}/agents"), client.get(f"{API}/tickets", params=params)]
        after = client.get(f"{API}/agents")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["13", "6", "5", "0"]
    assert answers[0].headers["X-RateLimit-Total"] == "20"
    assert answers[3].json() == {"message": "You have exceeded the limit of requests per hour"}
    assert 0 < int(answers[3].headers["Retry-After"]) <= 61
    assert after.status_code == 429
