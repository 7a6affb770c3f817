"""Qualtrics' export jobs, the formats of their files, and the list of surveys."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.records import qualtrics as records
from sandbox.zips import unzipped
from sandboxes import serving
from worlds import Line, deletion, moment, version, write_world

TOKEN = {"X-API-TOKEN": "t"}
EXPORTS = "/qualtrics/API/v3/surveys/SV_1/export-responses"


def _survey(number: int) -> Line:
    record = records.survey(
        id=f"SV_{number}", name=f"Survey {number}", created_at=moment(1), modified_at=moment(1), is_active=True
    )
    return version(moment(1), record)


def _response(number: int, day: int, edited: int = 0, **more: Any) -> Line:
    """A response begun hours before it was recorded, and perhaps edited days later."""
    record = records.response(
        id=f"R_{number}",
        started_at=moment(day, 8),
        ended_at=moment(day, 9),
        recorded_at=moment(day, 15, number % 60),
        answers={"QID1": 5 if edited else 4, "QID2": ["1", "3"], "ticket_id": "9"},
        labels={"QID1": "Feliz 😀"},
        language="pt",
        email=None,
        name=None,
        **more,
    )
    at = moment(edited) if edited else moment(day, 15, number % 60)
    return version(at, record, id=f"R_{number}", form_id="SV_1")


LINES: dict[str, list[Line]] = {
    "qualtrics/surveys": [*(_survey(number) for number in range(1, 6)), deletion(moment(15), "SV_5")],
    "qualtrics/responses": [
        *(_response(number, 2 + number % 7) for number in range(1, 41)),
        _response(3, 5, edited=12),
        _response(50, 6, is_finished=False),
        deletion(moment(11), "R_9"),
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("surveys"), LINES)


@pytest.fixture
def http(world: Path) -> Iterator[httpx.Client]:
    with serving(world) as sandbox, httpx.Client(base_url=sandbox.url, headers=TOKEN) as client:
        sandbox.set_clock(moment(20))
        yield client


def _result(answer: httpx.Response) -> Any:
    body = answer.json()
    assert (answer.status_code, body["meta"]["httpStatus"]) == (200, "200 - OK"), answer.text
    return body["result"]


def _export(http: httpx.Client, path: str = EXPORTS, **asked: Any) -> httpx.Response:
    job = _result(http.post(path, json={"format": "ndjson", "timeZone": "UTC", **asked}))["progressId"]
    steps = [_result(http.get(f"{path}/{job}")) for _ in range(3)]
    assert [step["status"] for step in steps] == ["inProgress", "inProgress", "complete"]
    return http.get(f"{path}/{steps[-1]['fileId']}/file")


def _records(http: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    _, content = unzipped(_export(http, **asked).content)
    return [record for record in map(json.loads, content.splitlines()) if record]


def _newest() -> dict[str, tuple[str, dict[str, Any]]]:
    """What exists in the end with the time since when it is so, the slow way."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for line in sorted(LINES["qualtrics/responses"], key=lambda line: line["at"]):
        found.pop(line["id"], None)
        if not line.get("deleted"):
            found[line["id"]] = line["at"], line["record"]
    return found


def _finished() -> dict[str, tuple[str, dict[str, Any]]]:
    return {key: (at, record) for key, (at, record) in _newest().items() if record["values"]["finished"]}


def test_all_done_is_not_complete_and_has_no_file(http: httpx.Client) -> None:
    started = _result(http.post(EXPORTS, json={"format": "ndjson"}))
    assert (started["status"], started["percentComplete"]) == ("inProgress", 0.0)
    address = f"{EXPORTS}/{started['progressId']}"
    polls = [_result(http.get(address)) for _ in range(4)]
    assert [(poll["percentComplete"], poll["status"]) for poll in polls] == [
        (50.0, "inProgress"),
        (100.0, "inProgress"),
        (100.0, "complete"),
        (100.0, "complete"),
    ]
    assert [poll["fileId"] is None for poll in polls] == [True, True, False, False]


def test_an_export_holds_what_exists_in_lines_with_empty_objects(http: httpx.Client) -> None:
    file = _export(http)
    assert file.headers["content-type"] == "application/zip"
    name, content = unzipped(file.content)
    assert name == "Survey 1.ndjson"
    lines = content.splitlines()
    assert lines.count(b"{}") > 1
    found = {record["responseId"]: record for record in map(json.loads, lines) if record}
    assert found == {key: record for key, (_, record) in _finished().items()}
    assert len(lines) == len(found) + lines.count(b"{}")


def test_windows_go_by_the_recorded_date_or_by_the_last_change(http: httpx.Client) -> None:
    window = {"startDate": "2026-11-05T15:03:00Z", "endDate": "2026-11-07T15:05:00Z"}
    by_recorded = {
        key
        for key, (_, record) in _finished().items()
        if "2026-11-05T15:03:00Z" <= record["values"]["recordedDate"] < "2026-11-07T15:05:00Z"
    }
    assert {record["responseId"] for record in _records(http, **window)} == by_recorded
    assert "R_3" in by_recorded
    changed = _records(http, startDate="2026-11-10T00:00:00Z", sortByLastModifiedDate=True)
    assert [(r["responseId"], r["values"]["QID1"], r["values"]["lastModifiedDate"]) for r in changed] == [
        ("R_3", 5, "2026-11-12T12:00:00Z")
    ]


def test_responses_in_progress_are_an_export_of_their_own(http: httpx.Client) -> None:
    assert [record["responseId"] for record in _records(http, exportResponsesInProgress=True)] == ["R_50"]


def test_labels_and_zones_change_what_values_mean(http: httpx.Client) -> None:
    (fixed,) = (r["values"] for r in _records(http) if r["responseId"] == "R_1")
    (other,) = (r["values"] for r in _records(http, useLabels=True, timeZone=None) if r["responseId"] == "R_1")
    assert (fixed["QID1"], fixed["recordedDate"]) == (4, "2026-11-03T15:01:00Z")
    assert (other["QID1"], other["recordedDate"]) == ("Feliz 😀", "2026-11-03T08:01:00")


def test_csv_has_three_rows_of_heads(http: httpx.Client) -> None:
    name, content = unzipped(_export(http, format="csv").content)
    names, texts, imports, *rows = csv.reader(io.StringIO(content.decode()))
    assert (name, names[0], texts[0]) == ("Survey 1.csv", "ResponseId", "Response ID")
    assert json.loads(imports[names.index("QID1")]) == {"ImportId": "QID1"}
    assert {row[0] for row in rows} == set(_finished())
    assert {row[names.index("QID2")] for row in rows} == {"1,3"}


@pytest.mark.parametrize(("form", "content"), [("ndjson", b""), ("json", b'{"responses":[]}')])
def test_a_survey_without_responses_has_an_empty_file(http: httpx.Client, form: str, content: bytes) -> None:
    assert unzipped(_export(http, EXPORTS.replace("SV_1", "SV_2"), format=form).content)[1] == content
    bare = _export(http, EXPORTS.replace("SV_1", "SV_2"), format="csv", compress=False)
    assert len(bare.text.splitlines()) == 3


def test_a_file_expires(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.qualtrics.FILE_SECONDS", -1)
    gone = _export(http)
    assert (gone.status_code, gone.json()["meta"]["httpStatus"]) == (404, "404 - Not Found")


def test_a_job_can_fail(http: httpx.Client) -> None:
    http.post("/_control/faults", json=[{"system": "qualtrics", "kind": "bulk_failed"}])
    job = _result(http.post(EXPORTS, json={"format": "ndjson"}))["progressId"]
    failed = _result(http.get(f"{EXPORTS}/{job}"))
    assert (failed["status"], failed["fileId"], failed["error"]["errorCode"]) == (
        "failed",
        None,
        "INTERNAL_SERVER_ERROR",
    )


@pytest.mark.parametrize("size", [1, 3, 100])
def test_pages_of_surveys_end_with_null(http: httpx.Client, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("sandbox.qualtrics.LIST_PAGE", size)
    found, address = [], "/qualtrics/API/v3/surveys"
    while address:
        page = _result(http.get(address))
        found += [survey["id"] for survey in page["elements"]]
        address = page["nextPage"]
    assert found == ["SV_1", "SV_2", "SV_3", "SV_4"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", EXPORTS.replace("SV_1", "SV_5"), 404),
        ("GET", "/qualtrics/API/v3/surveys/SV_5", 404),
        ("GET", f"{EXPORTS}/ES_nothing", 404),
        ("GET", f"{EXPORTS}/nothing/file", 404),
        ("POST", EXPORTS, 400),
    ],
)
def test_refusals_say_their_status_twice(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path, json={"format": "stone tablet"})
    assert (answer.status_code, answer.json()["meta"]["httpStatus"][:3]) == (status, str(status))


def test_credentials_and_limits(http: httpx.Client, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert httpx.get(f"{http.base_url}/qualtrics/API/v3/whoami").status_code == 401
    token = httpx.post(f"{http.base_url}/qualtrics/oauth2/token").json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{http.base_url}/qualtrics/API/v3/whoami", headers=bearer).status_code == 200
    monkeypatch.setattr("sandbox.qualtrics.CALLS_PER_MINUTE", 2)
    with serving(world, limited=True) as sandbox, httpx.Client(base_url=sandbox.url, headers=TOKEN) as client:
        statuses = [client.get("/qualtrics/API/v3/whoami").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
