"""AskNicely's positional path, text numbers, clocks and redirect."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_world import NOON, Lines, newest

from sandbox.records.surveys import nicely_response
from sandboxes import serving
from worlds import moment, version, write_world

API = "/asknicely/api/v1/responses"


def rows(http: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    return http.get(f"{API}/{path}", params=params).json()["data"]


def test_the_envelope_is_all_text(http: httpx.Client) -> None:
    body = http.get(f"{API}/asc/10/2/0/json/raw/sent/{NOON + 9000}").json()
    data = body.pop("data")
    assert body == {
        "success": True, "total": "1299", "totalpages": "130", "pagenumber": "2", "pagesize": "10", "since_time": "0",
        "end_time": str(NOON + 9000),
    }  # fmt: skip
    assert all(value is None or isinstance(value, str) for value in data[0].values())
    assert data[0]["answer"] == "9"


@pytest.mark.parametrize("clock", ["sent", "responded"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_lose_and_double_nothing(http: httpx.Client, lines: Lines, clock: str, direction: str) -> None:
    since, end = NOON + 60, NOON + 400
    reference = newest(lines["asknicely/responses"], "response_id").values()
    expected = {row["response_id"]: int(row[clock]) for row in reference if since <= int(row[clock]) <= end}
    found = []
    for number in range(1, 9):
        found += rows(http, f"{direction}/200/{number}/{since}/json/raw/{clock}/{end}")
    stamps = [int(row[clock]) for row in found]
    assert stamps == sorted(stamps, reverse=direction == "desc")
    assert sorted(row["response_id"] for row in found) == sorted(expected)


def test_a_large_page_is_a_file_that_needs_no_key(http: httpx.Client) -> None:
    moved = http.get(f"{API}/asc/1000/1/0/json/raw/sent/{NOON + 9000}")
    assert moved.status_code == 302
    assert "/asknicely-files/" in moved.headers["location"]
    file = httpx.get(moved.headers["location"])
    assert (len(file.json()["data"]), file.json()["total"]) == (1000, "1299")
    assert http.get(f"{API}/asc/999/1/0/json/raw/sent").status_code == 200
    assert httpx.get(moved.headers["location"] + "0").status_code == 403


def test_the_keeper_of_files_is_another_host_and_refuses_who_sends_the_key(http: httpx.Client) -> None:
    moved = http.get(f"{API}/asc/1000/1/0/json/raw/sent").headers["location"]
    assert (http.base_url.host, httpx.URL(moved).host) == ("127.0.0.1", "localhost")
    assert http.get(moved).status_code == 400
    assert httpx.get(moved, params={"X-apikey": "k"}).status_code == 400
    assert httpx.get(moved).status_code == 200


def test_a_file_expires(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.asknicely.FILE_SECONDS", -1)
    moved = http.get(f"{API}/asc/1000/1/0/json/raw/sent").headers["location"]
    assert httpx.get(moved).status_code == 403


def test_a_survey_moves_from_unanswered_to_answered_and_gets_a_field_one_night(tmp_path: Path) -> None:
    asked = {"response_id": "1", "question_type": "nps", "contact_id": "c", "sent": moment(3), "segment": ""}
    first, then = nicely_response(**asked), nicely_response(**asked, responded=moment(9), answer=11)
    lines = [version(moment(3), first), version(moment(9), {**then, "tier_c": "gold"})]
    world = write_world(tmp_path, {"asknicely/responses": lines})
    with serving(world) as sandbox, httpx.Client(base_url=sandbox.url, headers={"X-apikey": "k"}) as http:
        sandbox.set_clock(moment(8))
        assert [(row["opened"], row["answer"]) for row in rows(http, "asc/9/1/0/json/raw/sent")] == [("0", "")]
        assert rows(http, "asc/9/1/0/json/raw/responded") == []
        sandbox.set_clock(moment(10))
        for clock in ("sent", "responded"):
            (row,) = rows(http, f"asc/9/1/0/json/raw/{clock}")
            assert (row["response_id"], row["answer"], row["tier_c"]) == ("1", "11", "gold")


def test_kinds_filters_and_case_times(http: httpx.Client) -> None:
    answered = rows(http, "asc/900/1/0/json/answered/sent") + rows(http, "asc/900/2/0/json/answered/sent")
    assert len(answered) == 974
    assert rows(http, "asc/900/1/0/json/published/sent") == []
    filtered = {"filters[]": "region_c", "values[]": "west"}
    west = rows(http, f"asc/900/1/{NOON}/json/raw/sent", **filtered)
    assert {row["region_c"] for row in west} == {"west"}
    assert rows(http, "asc/900/1/0/json/raw/sent", **{"filters[]": "region_c"}) == []
    assert "case_closed_time" not in rows(http, "asc/1/1/0/json")[0]
    assert "case_closed_time" in rows(http, "asc/1/1/0/json", includestatustime="yes")[0]


def test_csv(http: httpx.Client) -> None:
    text = http.get(f"{API}/asc/5/1/0/csv/raw/sent").text
    assert [row["comment"] for row in csv.DictReader(io.StringIO(text))] == ['bom, "ok"'] * 5


def test_refusals(http: httpx.Client, limited_address: str) -> None:
    refused = httpx.get(f"{http.base_url}{API}/asc/5/1/0/json")
    text = "We could not find the api key, or it was not set []"
    assert (refused.status_code, refused.json()) == (401, {"success": False, "msg": text})
    assert http.get(f"{API}/asc/50001/1/0/json").status_code == 400
    assert http.get(f"{API}/asc/5/0/0/json").status_code == 404
    with httpx.Client(base_url=limited_address, headers={"X-apikey": "k"}) as client:
        answers = [client.get(f"{API}/asc/1/1/0/json") for _ in range(201)]
    assert [answer.status_code for answer in answers[199:]] == [200, 429]
    assert answers[0].headers["RateLimit-Req10s-Remaining"] == "199"
    assert answers[-1].json() | {"msg": ""} == {
        "success": False,
        "msg": "",
        "type": "req-10s",
        "count": 201,
        "limit": 200,
    }
    assert int(answers[-1].headers["Retry-After"]) >= 1
