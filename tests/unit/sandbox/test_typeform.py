"""Typeform's tokens, inclusive times, and the half hour in which a response is not shown."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from small_world import NOON, iso

from sandboxes import serving
from worlds import moment, version, write_world

ME = {"Authorization": "Bearer t"}
RESPONSES = "/typeform/forms/F1/responses"


def get(http: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = http.get(path, params=params, headers=ME)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tokens(page: dict[str, Any]) -> list[str]:
    return [item["token"] for item in page["items"]]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_before_walks_from_the_newest_and_loses_nothing(http: httpx.Client, size: int) -> None:
    page, found = get(http, RESPONSES, page_size=size), []
    while page["items"]:
        found += tokens(page)
        page = get(http, RESPONSES, page_size=size, before=found[-1])
    assert found == [f"token{key:04d}" for key in range(60, 0, -1)]


def test_after_walks_on_from_a_token(http: httpx.Client) -> None:
    first = get(http, RESPONSES, page_size=20, sort="submitted_at,asc", since=iso(NOON))
    found = tokens(first)
    while page := tokens(get(http, RESPONSES, page_size=7, after=found[-1])):
        found += page
    assert found == [f"token{key:04d}" for key in range(1, 61)]


def test_since_and_until_are_inclusive_and_the_total_is_of_the_filtered(http: httpx.Client) -> None:
    page = get(http, RESPONSES, since=iso(NOON + 2), until=NOON + 3, page_size=2)
    assert (page["total_items"], page["page_count"]) == (6, 3)
    assert len(page["items"]) == 2
    rest = get(http, RESPONSES, since=iso(NOON + 2), until=NOON + 3, page_size=9, before=tokens(page)[-1])
    assert tokens(rest) == ["token0009", "token0008", "token0007", "token0006"]


def test_the_default_page_and_the_bounds(http: httpx.Client) -> None:
    assert len(get(http, RESPONSES)["items"]) == 25
    assert http.get(f"{RESPONSES}?page_size=1001", headers=ME).status_code == 400


def test_a_young_response_is_not_shown_yet(http: httpx.Client) -> None:
    http.put("/_control/clock", json={"now": iso(NOON + 1800 + 4)})
    assert tokens(get(http, RESPONSES, page_size=1)) == ["token0014"]


def test_other_types_are_not_completed_ones(http: httpx.Client) -> None:
    assert get(http, RESPONSES, response_type="partial")["items"] == []
    assert get(http, RESPONSES, response_type="partial,completed")["total_items"] == 60
    assert tokens(get(http, RESPONSES, included_response_ids="token0003,token0009")) == ["token0009", "token0003"]


def test_forms(http: httpx.Client) -> None:
    page = get(http, "/typeform/forms", page=2)
    assert (page["total_items"], page["page_count"], len(page["items"])) == (12, 2, 2)
    assert "fields" not in page["items"][0]
    assert get(http, "/typeform/forms/F3")["fields"] == []
    missing = http.get("/typeform/forms/nope/responses", headers=ME)
    assert (missing.status_code, missing.json()["code"]) == (404, "FORM_NOT_FOUND")


@pytest.mark.parametrize("token", ["after", "before"])
def test_a_token_with_a_sort_is_refused(http: httpx.Client, token: str) -> None:
    params = {"sort": "submitted_at,asc", token: "token0001"}
    assert http.get(RESPONSES, params=params, headers=ME).status_code == 400
    assert http.get(RESPONSES, params={token: "unknown"}, headers=ME).status_code == 400


def test_refusals(http: httpx.Client, limited_address: str) -> None:
    refused = http.get("/typeform/forms")
    assert (refused.status_code, refused.json()["code"]) == (401, "AUTHENTICATION_FAILED")
    with httpx.Client(base_url=limited_address, headers=ME) as client:
        assert [client.get("/typeform/forms").status_code for _ in range(3)] == [200, 200, 429]


def test_each_type_has_its_own_clock_and_what_a_form_lost_is_in_its_responses(tmp_path: Path) -> None:
    def one(name: str, kind: str, **more: Any) -> dict[str, Any]:
        known = {"response_id": name, "token": name, "response_type": kind, "landed_at": "2026-11-02T00:00:00Z"}
        return version(moment(10), {**known, **more}, form_id="F")

    old = {"field": {"id": "old", "type": "nps", "ref": "old"}, "type": "number", "number": 3}
    fields = [{"id": "old"}, {"id": "new"}]
    times = {"last_updated_at": "2026-11-02T00:00:00Z"}
    forms = [version(moment(2), {"id": "F", "title": "F", **times, "fields": fields})]
    forms.append(version(moment(9), {"id": "F", "title": "F", **times, "fields": fields[1:]}))
    responses = [
        one("begun", "started", submitted_at="0001-01-01T00:00:00Z", hidden=None),
        one("half", "partial", submitted_at="0001-01-01T00:00:00Z", staged_at="2026-11-10T12:00:00Z"),
        one("done", "completed", submitted_at="2026-11-10T11:00:00Z", answers=[old], hidden={"customer_email": None}),
    ]
    world = write_world(tmp_path, {"typeform/forms": forms, "typeform/responses": responses})
    with serving(world) as sandbox, httpx.Client(base_url=sandbox.url) as http:
        sandbox.set_clock(moment(20))
        path, since = "/typeform/forms/F/responses", "2026-11-10T11:30:00Z"
        every = get(http, path, response_type="started,partial,completed")
        assert tokens(every) == ["half", "done", "begun"]
        assert tokens(get(http, path, response_type="started,partial,completed", since=since)) == ["half"]
        assert [field["id"] for field in get(http, "/typeform/forms/F")["fields"]] == ["new"]
        done, begun = every["items"][1:]
        assert (done["answers"][0]["field"]["id"], done["hidden"]) == ("old", {"customer_email": None})
        assert "answers" not in begun
        assert begun["hidden"] is None
        assert get(http, "/typeform/me")["email"] == "robot@sandbox"
