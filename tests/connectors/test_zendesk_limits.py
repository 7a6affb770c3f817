"""Zendesk's limits as its headers tell them, the plan of a night, and what `cx doctor` says of an account."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import small_zendesk as small

from cx_etl import doctor, quota
from cx_etl.connections import connection as connected
from cx_etl.errors import RetriableError
from cx_etl.http import Client
from cx_etl.sources import account
from cx_etl.sources.base import NOTHING, Answer, Page, Quota, Request
from cx_etl.sources.zendesk import SOURCE
from sandbox.connections import connection
from sandboxes import PASSWORD, Sandbox, serving

EXPORT = "/api/v2/incremental/ticket_metric_events.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small.write(tmp_path / "small", small.make_lines())


@pytest.fixture
def limited(folder: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox with the vendor's limits."""
    with serving(folder, limited=True) as sandbox:
        sandbox.set_clock(small.NOW)
        _connect(monkeypatch, sandbox)
        monkeypatch.setenv("CX_DATASET", str(folder))
        yield sandbox


def _connect(patch: pytest.MonkeyPatch, sandbox: Sandbox, **changes: Any) -> None:
    patch.setenv("AIRFLOW_CONN_ZENDESK", json.dumps({**connection("zendesk", sandbox.url, PASSWORD), **changes}))


def _quota(sandbox: Sandbox, path: str, **params: Any) -> Quota | None:
    response = httpx.get(f"{sandbox.url}/zendesk{path}", params=params, auth=("robot@example.com/token", "x"))
    return SOURCE.quota(Answer(Request(path), response.content, response.headers))


def test_the_nearest_limit_is_told(limited: Sandbox) -> None:
    time_based = [_quota(limited, EXPORT, start_time=1) for _ in range(3)]
    cursor = _quota(limited, "/api/v2/incremental/users/cursor.json", start_time=1)
    other = _quota(limited, "/api/v2/groups.json", **{"page[size]": 9})
    assert [(one.left, one.limit) for one in time_based if one] == [(9, 10), (8, 10), (7, 10)]
    assert cursor
    assert (cursor.left, cursor.limit) == (19, 20)
    assert other
    # Five calls of the account, whatever they were for.
    assert (other.left, other.limit) == (695, 700)
    assert all(0 < one.resets_seconds <= 61 for one in (*time_based, cursor, other) if one)


def test_the_accounts_limit_counts_where_it_is_the_nearer_one() -> None:
    headers = {
        **{"x-rate-limit": "700", "x-rate-limit-remaining": "2", "ratelimit-reset": "31"},
        "zendesk-ratelimit-incremental-exports": "total=10; remaining=9; resets=60",
    }
    told = SOURCE.quota(Answer(Request(EXPORT), b"", headers))
    assert told == Quota(left=2, limit=700, resets_seconds=31)
    assert SOURCE.quota(Answer(Request(EXPORT), b"", {"content-type": "text/plain"})) is None


def test_a_used_up_limit_is_waited_for_before_the_next_call(
    limited: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tenth export says that none is left and when the minute is over; the eleventh is sent after that."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "1")
    with Client(SOURCE, connected("zendesk"), tmp_path) as client:
        for _ in range(10):
            client.send(Request(EXPORT, params={"start_time": "1"}), _nothing)
        assert not any(slept)
        # Nobody really slept, so the vendor refuses.
        with pytest.raises(RetriableError, match=r"429 .*APIRateLimitExceeded") as refused:
            client.send(Request(EXPORT, params={"start_time": "1"}), _nothing)
    assert 0 < max(slept) <= 61
    assert refused.value.wait_seconds
    assert 0 < refused.value.wait_seconds <= 61


def _nothing(answer: Answer) -> Page:
    return Page(0, bodies=NOTHING)


def test_the_plan_of_a_night_has_the_vendors_limits(warehouse: str) -> None:
    lines = quota.require_room(account("zendesk"))
    assert [(line.budget.name, line.budget.calls, line.budget.seconds) for line in lines] == [
        ("time-based exports", 10, 60),
        ("cursor exports", 20, 60),
        ("deleted tickets", 10, 60),
        ("account", 700, 60),
    ]
    streams = {stream.name for stream in SOURCE.streams}
    assert all(set(line.budget.streams) <= streams for line in lines)


def _findings(sandbox: Sandbox) -> dict[str, tuple[bool, str]]:
    found = [finding for finding in doctor.examine(("zendesk",)) if finding.subject == "zendesk"]
    return {finding.question: (finding.is_good, finding.answer) for finding in found}


def test_the_doctor_finds_an_account_in_order(limited: Sandbox) -> None:
    told = _findings(limited)
    assert all(is_good for is_good, _ in told.values()), told
    assert told["credentials and role"] == (True, "user 9900001, role admin")
    assert told["legacy CSAT"] == (True, "legacy ratings are on")
    assert told["survey CSAT"] == (True, "survey-based CSAT has responses")
    assert told["quota left"][1].endswith(" of 700")


def test_the_doctor_says_what_an_agents_token_lacks(limited: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    _connect(monkeypatch, limited, login="agent@example.com/token")
    is_good, told = _findings(limited)["credentials and role"]
    assert not is_good
    assert "has the role agent" in told
    assert "next: " in told
    assert "admin" in told.partition("next: ")[2]


def test_the_doctor_does_not_take_an_anonymous_answer_for_a_login(
    limited: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor answers refused passwords with 200 and a user who is nobody."""
    anonymous = {"user": {"id": None, "name": "Anonymous user", "role": "end-user"}}
    limited.spoil({"system": "zendesk", "path": "users/me", "kind": "status", "status": 200, "body": anonymous})
    told = _findings(limited)
    assert told["credentials and role"][0] is False
    assert "exports" not in told, "nothing more is asked of a connection that does not log in"


def test_the_doctor_tells_which_csat_an_account_is_on(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small.write(tmp_path / "new", small.make_lines(), '[zendesk]\ncsat = "survey"\n')
    with serving(folder) as sandbox:
        sandbox.set_clock(small.NOW)
        _connect(monkeypatch, sandbox)
        monkeypatch.setenv("CX_DATASET", str(folder))
        told = _findings(sandbox)
    assert told["legacy CSAT"][1] == "legacy ratings are off: look for survey_responses"
