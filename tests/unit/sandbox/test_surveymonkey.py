"""SurveyMonkey's envelope, filters, error ids, and quotas of a minute and a day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.records import surveymonkey as records
from sandboxes import serving
from worlds import Line, deletion, moment, version, write_world

ME = {"Authorization": "bearer t"}
BULK = "/surveymonkey/v3/surveys/20/responses/bulk"
QUESTION = records.Question("7", "open_ended", "essay", "Что улучшить?")


def _survey(number: int, second: int, questions: int = 1) -> Line:
    at = moment(1, second=second)
    record = records.survey(
        id=str(number),
        title=f"Survey {number}",
        language="ru",
        created_at=at,
        modified_at=at,
        page_title="Страница",
        questions=[QUESTION],
    )
    return version(at, {**record, "question_count": questions})


def _response(number: int, minute: int, status: str = "completed") -> Line:
    at = moment(5, minute=minute // 60, second=minute % 60)
    record = records.response(
        id=str(number),
        survey_id="20",
        status=status,
        created_at=moment(4),
        modified_at=at,
        answers={"7": [{"text": "Быстрее"}]},
        variables={},
        email=None,
        name=None,
        recipient_id="0",
    )
    return version(at, record)


# Three responses share a second; every fifth is changed later; one is deleted.
LINES: dict[str, list[Line]] = {
    "surveymonkey/surveys": [_survey(20, 1), _survey(21, 2), _survey(22, 3, 1001), deletion(moment(10), "21")],
    "surveymonkey/responses": [
        *(_response(key, key // 3, "partial" if key % 5 == 0 else "completed") for key in range(1, 61)),
        *(_response(key, 500 + key // 10) for key in range(5, 61, 5)),
        deletion(moment(9), "7"),
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("surveys"), LINES)


@pytest.fixture
def http(world: Path) -> Iterator[httpx.Client]:
    with serving(world) as sandbox, httpx.Client(base_url=sandbox.url, headers=ME) as client:
        sandbox.set_clock(moment(20))
        yield client


def _newest() -> dict[str, dict[str, Any]]:
    """What exists in the end, the slow way."""
    found: dict[str, dict[str, Any]] = {}
    for line in sorted(LINES["surveymonkey/responses"], key=lambda line: line["at"]):
        if line.get("deleted"):
            del found[line["id"]]
        else:
            found[line["record"]["id"]] = line["record"]
    return found


def _get(http: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_links_walk_through_everything_once(http: httpx.Client, size: int, order: str) -> None:
    page = _get(http, BULK, per_page=size, sort_by="date_modified", sort_order=order)
    found, totals = page["data"], {page["total"]}
    while "next" in page["links"]:
        assert page["links"]["next"].startswith(str(http.base_url))
        page = http.get(page["links"]["next"]).json()
        found += page["data"]
        totals.add(page["total"])
    moved = [row["date_modified"] for row in found]
    assert moved == sorted(moved, reverse=order == "DESC")
    assert {row["id"]: row for row in found} == _newest()
    assert len(found) == len(_newest())
    assert totals == {len(found)}


def test_a_window_is_after_its_start_and_before_its_end_in_utc(http: httpx.Client) -> None:
    window = {"start_modified_at": "2026-11-05T12:00:04", "end_modified_at": "2026-11-05T12:00:08", "per_page": 100}
    seconds = {"2026-11-05T12:00:05+00:00", "2026-11-05T12:00:06+00:00", "2026-11-05T12:00:07+00:00"}
    expected = {key for key, row in _newest().items() if row["date_modified"] in seconds}
    assert {row["id"] for row in _get(http, BULK, **window)["data"]} == expected
    assert len(expected) > 5


def test_a_partial_response_becomes_completed_under_its_id(http: httpx.Client, world: Path) -> None:
    with serving(world) as sandbox, httpx.Client(base_url=sandbox.url, headers=ME) as early:
        sandbox.set_clock(moment(5, minute=5))
        before = {row["id"]: row["response_status"] for row in _get(early, BULK, status="partial")["data"]}
    after = {row["id"]: row["response_status"] for row in _get(http, BULK, per_page=100)["data"]}
    assert len(before) == 12
    assert {after[key] for key in before} == {"completed"}
    assert _get(http, BULK, status="partial")["data"] == []


def test_the_list_shows_what_is_asked_for_and_dates_without_offset(http: httpx.Client) -> None:
    bare = _get(http, "/surveymonkey/v3/surveys")
    assert [set(survey) for survey in bare["data"]] == [{"id", "title", "nickname", "href"}] * 2
    asked = _get(http, "/surveymonkey/v3/surveys", include="response_count,date_modified", sort_order="ASC")
    assert [(row["id"], row["response_count"], row["date_modified"]) for row in asked["data"]] == [
        ("20", 59, "2026-11-01T12:00:01"),
        ("22", 0, "2026-11-01T12:00:03"),
    ]


def test_details_have_the_questions_in_any_script(http: httpx.Client) -> None:
    page = _get(http, "/surveymonkey/v3/surveys/20/details")["pages"][0]
    assert (page["title"], page["questions"][0]["headings"]) == ("Страница", [{"heading": "Что улучшить?"}])
    assert "pages" not in _get(http, "/surveymonkey/v3/surveys/20")


@pytest.mark.parametrize("path", ["surveys/21", "surveys/21/details", "surveys/21/responses/bulk", "surveys/99"])
def test_a_survey_that_was_deleted_is_not_found(http: httpx.Client, path: str) -> None:
    answer = http.get(f"/surveymonkey/v3/{path}")
    assert (answer.status_code, answer.json()["error"]["id"]) == (404, "1020")


@pytest.mark.parametrize(
    ("path", "token", "status", "number"),
    [
        ("surveys", "", 401, "1010"),
        ("surveys", "bearer eu-123", 403, "1018"),
        ("surveys/22/details", "bearer t", 413, "1030"),
        ("surveys/20/responses/bulk?per_page=101", "bearer t", 400, "1000"),
        ("surveys/20/responses/bulk?start_modified_at=soon", "bearer t", 400, "1000"),
    ],
)
def test_refusals_have_their_ids(http: httpx.Client, path: str, token: str, status: int, number: str) -> None:
    answer = http.get(f"/surveymonkey/v3/{path}", headers={"Authorization": token})
    error = answer.json()["error"]
    assert (answer.status_code, error["id"], error["http_status_code"]) == (status, number, status)


def test_the_minute_is_refused_without_retry_after(world: Path) -> None:
    with serving(world, limited=True) as sandbox, httpx.Client(base_url=sandbox.url, headers=ME) as client:
        answers = [client.get("/surveymonkey/v3/users/me") for _ in range(121)]
    assert [answer.status_code for answer in answers[119:]] == [200, 429]
    refused = answers[-1]
    assert refused.json()["error"]["id"] == "1040"
    assert "retry-after" not in refused.headers
    assert 0 < int(refused.headers["X-Ratelimit-App-Global-Minute-Reset"]) <= 61
    assert refused.headers["X-Ratelimit-App-Global-Day-Remaining"] == "379"


def test_the_day_is_used_up_for_hours(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.surveymonkey.WINDOWS", (("Day", 2, 86_400), ("Minute", 120, 60)))
    with serving(world, limited=True) as sandbox, httpx.Client(base_url=sandbox.url, headers=ME) as client:
        answers = [client.get("/surveymonkey/v3/users/me") for _ in range(3)]
    assert [answer.headers["X-Ratelimit-App-Global-Day-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["X-Ratelimit-App-Global-Day-Reset"]) > 80_000
