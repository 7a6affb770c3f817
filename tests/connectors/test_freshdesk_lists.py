"""Freshdesk's other lists: ratings that change, contacts that disappear, credits, and what an account may lack."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from helpdesks import NIGHT, dated, fetch, gone, keys, night, run, run_at_end, served

from cx_etl import doctor
from cx_etl.errors import ConfigError
from cx_etl.extract import extract
from cx_etl.reconcile import reconcile
from cx_etl.sources import freshdesk_api as api
from cx_etl.sources.base import Answer
from raw_state import answer


def rating(created: str, updated: str, **answers: int) -> dict[str, Any]:
    return dated(7, created, updated, ticket_id=1, feedback="ਵਧੀਆ", ratings=answers)


def test_a_rating_changed_within_two_weeks_arrives_with_all_its_answers(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, changed = "2026-11-08T10:00:00Z", "2026-11-20T10:00:00Z"
    lines = [rating(given, given, default_question=103, question_67=100)]
    lines.append(rating(given, changed, default_question=-103, question_67=103, question_68=-102))
    with served(tmp_path, monkeypatch, {"freshdesk/satisfaction_ratings": lines}) as sandbox:
        for day in (19, 20):
            run_at_end(sandbox, "freshdesk", "satisfaction_ratings", night(day))
    stored = "select ratings__default_question, updated_at from raw.freshdesk__satisfaction_ratings"
    assert fetch(warehouse, stored) == [(-103, datetime.fromisoformat(changed))]
    answers = "select question, answer from raw.freshdesk__rating_answers where rating_id = 7 order by question"
    assert fetch(warehouse, answers) == [
        ("default_question", -103),
        ("question_67", 103),
        ("question_68", -102),
    ]


def test_a_rating_changed_later_is_found_and_counted_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, changed = "2026-11-01T10:00:00Z", "2026-11-20T10:00:00Z"
    lines = [rating(given, given, default_question=103), rating(given, changed, default_question=-103)]
    with served(tmp_path, monkeypatch, {"freshdesk/satisfaction_ratings": lines}) as sandbox:
        for day in (19, 20):
            run_at_end(sandbox, "freshdesk", "satisfaction_ratings", night(day))
        stored = "select ratings__default_question from raw.freshdesk__satisfaction_ratings"
        assert answer(warehouse, stored) == 103
        assert reconcile("freshdesk", "satisfaction_ratings").missed_changes == 1
    assert answer(warehouse, stored) == -103


def test_ratings_of_a_plan_without_surveys_are_no_failure_and_no_secret(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.freshdesk.PLAN_HAS_SURVEYS", False)
    with served(tmp_path, monkeypatch, {}) as sandbox:
        run("freshdesk", "satisfaction_ratings")
        assert "Surveys feature(s) is/are not supported" in answer(warehouse, "select notes[1] from ops.loads")
        refusal = {"code": "access_denied", "message": "You are not authorized to perform this action."}
        sandbox.spoil({"system": "freshdesk", "path": "/surveys", "kind": "status", "status": 403, "body": refusal})
        with pytest.raises(ConfigError, match=r"403 You are not authorized(.|\n)*administrator"):
            extract("freshdesk", "surveys", NIGHT)


def test_contacts_that_are_blocked_deleted_or_forgotten(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [dated(key, "2026-11-01T10:00:00Z", email=None) for key in (1, 2, 3, 4)]
    lines.append(dated(2, "2026-11-01T10:00:00Z", "2026-11-20T10:00:00Z", blocked=True))
    lines.append(dated(3, "2026-11-01T10:00:00Z", "2026-11-20T11:00:00Z", deleted=True))
    lines.append(gone("2026-11-20T12:00:00Z", 4))
    with served(tmp_path, monkeypatch, {"freshdesk/contacts": lines}) as sandbox:
        for day in (19, 20):
            run_at_end(sandbox, "freshdesk", "contacts", night(day))
    assert fetch(warehouse, "select id, state, _deleted_at from raw.freshdesk__contacts order by id") == [
        (1, "", None),
        (2, "blocked", None),
        (3, "deleted", datetime(2026, 11, 20, 11, tzinfo=UTC)),
        (4, "", datetime(2026, 11, 21, 2, tzinfo=UTC)),
    ]


def test_an_agent_who_left_the_list_is_marked(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [dated(key, "2026-11-01T10:00:00Z", ticket_scope=1) for key in (1, 2)] + [gone("2026-11-20T09:00:00Z", 2)]
    with served(tmp_path, monkeypatch, {"freshdesk/agents": lines}) as sandbox:
        for day in (19, 20):
            run_at_end(sandbox, "freshdesk", "agents", night(day))
    assert keys(warehouse, "freshdesk__agents", "_deleted_at is null") == [1]
    assert keys(warehouse, "freshdesk__agents") == [1, 2]


def test_credits_are_counted_as_the_vendor_counts_them(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": [dated(1, "2026-11-20T10:00:00Z", status=2)]}):
        run("freshdesk", "tickets")
    # One to ask who asks; three lists of seven credits each.
    assert fetch(warehouse, "select quota_used, quota_left from ops.loads") == [(22.0, 393.0)]


@pytest.mark.parametrize(("total", "seconds"), [("100.0", 60), ("5000", 3600)])
def test_a_limit_starts_anew_after_a_minute_or_on_old_plans_an_hour(total: str, seconds: int) -> None:
    headers = {"x-ratelimit-total": total, "x-ratelimit-remaining": "0", "x-ratelimit-used-currentrequest": "7"}
    found = api.quota(Answer(api.first_page("/api/v2/agents"), b"[]", headers))
    assert found is not None
    assert (found.left, found.used, found.resets_seconds) == (0, 7, seconds)
    assert api.quota(Answer(api.first_page("/api/v2/agents"), b"[]", {})) is None


def test_a_full_page_that_lost_its_link_is_not_taken_for_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cx_etl.sources.freshdesk_api.PAGE_SIZE", 2)
    request = api.first_page("/api/v2/companies")
    full, short = b'[{"id": 1}, {"id": 2}]', b'[{"id": 3}]'
    (following,) = api.read_list(Answer(request, full, {})).next
    assert following.params["page"] == "2"
    assert api.read_list(Answer(following, short, {})).next == ()


def test_the_doctor_asks_for_scope_surveys_and_archive(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(lines: dict[str, Any]) -> dict[str, tuple[bool, str]]:
        with served(tmp_path, monkeypatch, lines):
            found = [finding for finding in doctor.examine(("freshdesk",)) if finding.subject == "freshdesk"]
        return {finding.question: (finding.is_good, finding.answer) for finding in found}

    found = told({})
    assert found["credentials and scope"] == (True, "robot@shop.example, sees all tickets")
    assert found["satisfaction ratings"] == (True, "readable")
    assert found["ticket archive"][0]
    assert "Archive Tickets" in found["ticket archive"][1]
    assert found["quota left"] == (True, "399 of 400")
    monkeypatch.setattr("sandbox.freshdesk.KEEPS_AN_ARCHIVE", True)
    assert told({})["ticket archive"][1].startswith("on: tickets closed long ago are in no list")
    agent = dated(1, "2026-11-01T00:00:00Z", ticket_scope=3, contact={"email": "own@shop.example"})
    found = told({"freshdesk/agents": [agent]})
    assert not found["credentials and scope"][0]
    assert "global access" in found["credentials and scope"][1]
