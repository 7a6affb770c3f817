"""What customers think, in the vendor's two ways: legacy ratings that change, and survey responses shown by id."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import small_zendesk as small
from small_zendesk import ago
from zendesk_desk import LINES, NIGHT, bring_in, bring_in_at, rows, serving_account

from cx_etl import landing
from cx_etl.errors import DataError
from cx_etl.settings import ROOT
from raw_state import answer
from sandboxes import Sandbox


@pytest.fixture
def desk(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox over the small account, after its last night."""
    with serving_account(tmp_path / "small", monkeypatch) as sandbox:
        yield sandbox


def test_a_rating_that_changes_the_next_day_keeps_its_id(desk: Sandbox, warehouse: str) -> None:
    told = "select score, comment, created_at, updated_at from raw.zendesk__satisfaction_ratings where id = 1"
    bring_in_at(desk, date(2026, 11, 18), "satisfaction_ratings")
    assert rows(warehouse, told) == [("good", None, ago(days=3), ago(days=3))]
    bring_in_at(desk, NIGHT, "satisfaction_ratings")
    assert rows(warehouse, told) == [("bad", "On second thoughts", ago(days=3), ago(days=1.5))]


SURVEY = f"select event_timestamp, _version_at from raw.zendesk__survey_responses where id = '{small.ANSWERED}'"
RATING = "select rating, rating_category, value from raw.zendesk__survey_responses__answers order by _position"


def test_survey_responses_are_found_by_the_events_that_name_them(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, date(2026, 11, 18), "survey_responses")
    assert rows(warehouse, SURVEY) == [(ago(days=6), ago(days=6))]
    assert rows(warehouse, RATING) == []
    report, _ = bring_in_at(desk, NIGHT, "survey_responses")
    assert rows(warehouse, SURVEY) == [(ago(hours=4), ago(hours=4))]
    assert rows(warehouse, RATING) == [(2, "bad", None), (None, None, "Слишком долго 😡"), (None, None, None)]
    reason = "select selections from raw.zendesk__survey_responses__answers where type = 'closed_ended'"
    assert json.loads(answer(warehouse, reason)) == [{"type": "predefined", "option_id": "01OPTION"}]
    # One page of events, and the one response that they named.
    assert (report.calls, report.records) == (2, 1)


def test_a_survey_response_that_is_gone_is_a_note_and_no_failure(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = {
        **LINES,
        "zendesk/survey_responses": [*LINES["zendesk/survey_responses"], small.gone(ago(hours=1), small.OFFERED)],
    }
    with serving_account(tmp_path / "gone", monkeypatch, lines):
        report, _ = bring_in("survey_responses")
    assert report.notes == (f"/api/v2/guide/en-us/survey_responses/{small.OFFERED}: no longer there",)
    assert rows(warehouse, "select notes from ops.loads") == [(list(report.notes),)]
    assert rows(warehouse, "select id from raw.zendesk__survey_responses") == [(small.ANSWERED,)]


@pytest.mark.parametrize("kind", small.SURVEY_KINDS)
def test_a_survey_event_that_names_no_response_is_not_passed_over(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    nameless = {"id": 9, "event_type": kind, "type": kind, "survey_response": {"id": "elsewhere"}}
    event = small.zendesk.ticket_event(90, 1, ago(hours=3), None, [nameless])
    lines = {**LINES, "zendesk/ticket_events": [*LINES["zendesk/ticket_events"], small.at(ago(hours=3), event)]}
    with (
        serving_account(tmp_path / "nameless", monkeypatch, lines),
        pytest.raises(DataError, match="ticket event 90 is about a survey and names no response"),
    ):
        bring_in("survey_responses")
    assert answer(warehouse, "select count(*) from raw.zendesk__survey_responses") == 0
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_the_locale_of_surveys_is_a_setting(desk: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = (ROOT / "cx.toml").read_text()
    (tmp_path / "cx.toml").write_text(config + '\n[options.zendesk]\nlocale = "pt-br"\n')
    monkeypatch.setenv("CX_CONFIG", str(tmp_path / "cx.toml"))
    bring_in("survey_responses")
    (run,) = landing.runs("zendesk", "survey_responses", NIGHT)
    shown = {request.path for step in run.steps() for request in step.next if "/guide/" in request.path}
    assert shown == {f"/api/v2/guide/pt-br/survey_responses/{key}" for key in (small.OFFERED, small.ANSWERED)}


def test_an_account_on_surveys_has_no_ratings_and_the_other_way_round(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_account(tmp_path / "new", monkeypatch, settings='[zendesk]\ncsat = "survey"\n'):
        assert bring_in("satisfaction_ratings")[1].read == 0
        assert bring_in("survey_responses")[1].read == 2
    events = [line for line in LINES["zendesk/ticket_events"] if line["record"]["id"] == 30]
    with serving_account(tmp_path / "old", monkeypatch, {**LINES, "zendesk/ticket_events": events}):
        monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "old_state"))
        assert bring_in("survey_responses")[1].read == 0
