"""Zendesk from the sandbox to the raw tables: every stream, and every pitfall of the vendor by name."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import small_zendesk as small
from small_zendesk import ago

from cx_etl import landing
from cx_etl.contract import shape_of
from cx_etl.errors import CxError, DataError, RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.night import window_end
from cx_etl.nightly import extract_all, load_all
from cx_etl.reconcile import reconcile
from cx_etl.settings import ROOT
from cx_etl.sources.zendesk import SOURCE
from raw_state import answer
from sandbox.connections import connection
from sandboxes import PASSWORD, Sandbox, serving

NIGHT = date(2026, 11, 20)
LINES = small.make_lines()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setattr("cx_etl.sources.zendesk.paging.PAUSE_SECONDS", 0.01)


@pytest.fixture
def desk(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox over the small account, after its last night."""
    with _serving(tmp_path / "small", monkeypatch) as sandbox:
        yield sandbox


class _serving:
    """The sandbox over lines and settings of an account, and the connection to it in the environment."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, lines: small.Lines = LINES, settings: str = "") -> None:
        self._server = serving(small.write(folder, lines, settings))
        self._patch = patch

    def __enter__(self) -> Sandbox:
        sandbox = self._server.__enter__()
        sandbox.set_clock(small.NOW)
        connect(self._patch, sandbox)
        return sandbox

    def __exit__(self, *error: Any) -> None:
        self._server.__exit__(*error)


def connect(patch: pytest.MonkeyPatch, sandbox: Sandbox, **changes: Any) -> None:
    patch.setenv("AIRFLOW_CONN_ZENDESK", json.dumps({**connection("zendesk", sandbox.url, PASSWORD), **changes}))


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("zendesk", stream, night), load("zendesk", stream, night)


def bring_in_at(desk: Sandbox, night: date, stream: str) -> tuple[ExtractReport, LoadReport]:
    """The night, two hours after it ended."""
    desk.at_end_of(night)
    return bring_in(stream, night)


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as found:
        return found.execute(sql).fetchall()


def night_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _expected() -> dict[str, set[Any]]:
    """The keys of what each stream holds in the end, from the lines, the slow way: tombstones and deletions apart."""
    kept_by_vendor = {"users", "organizations", "groups"}
    found: dict[str, set[Any]] = {}
    for name, lines in LINES.items():
        stream = name.removeprefix("zendesk/")
        ids = {line["record"]["id"] for line in lines if "record" in line}
        gone = {line["id"] for line in lines if line.get("deleted")}
        found[stream] = ids if stream in kept_by_vendor else ids - gone
    # Deleted for longer than the vendor's list tells.
    found["deleted_tickets"] -= {2}
    return found


@pytest.mark.parametrize("size", ["1", "3", "1000"])
def test_every_stream_brings_all_there_is_on_pages_of_any_size(
    desk: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    monkeypatch.setattr("cx_etl.sources.zendesk.EXPORT_PAGE_SIZE", size)
    if int(size) < 100:
        monkeypatch.setattr("cx_etl.sources.zendesk.LIST_PAGE_SIZE", size)
        # Lists that are not asked for in pages of a size have the vendor's.
        monkeypatch.setattr("sandbox.zendesk_lists.LIST_PAGE", int(size))
    list(extract_all(NIGHT, ("zendesk",)))
    list(load_all(NIGHT, ("zendesk",)))
    expected = _expected()
    assert set(expected) == {stream.name for stream in SOURCE.streams}
    for stream, keys in expected.items():
        found = rows(warehouse, f"select id from raw.zendesk__{stream}")
        assert sorted(found) == sorted((key,) for key in keys), stream
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0


def test_raw_tables_say_what_the_records_say(desk: Sandbox, warehouse: str) -> None:
    for stream in SOURCE.streams:
        bring_in(stream.name)
    policy = "select filter__all.field, value from raw.zendesk__sla_policies__filter__all as filter__all order by 1"
    assert rows(warehouse, policy) == [("current_tags", '["test","spam"]'), ("type", '"question"')]
    targets = "select priority, target, business_hours from raw.zendesk__sla_policies__policy_metrics order by 2"
    assert rows(warehouse, targets) == [("urgent", 30, False), ("low", 480, True)]
    hours = "select _parent_key, min(start_time), count(*) from raw.zendesk__schedules__intervals group by 1 order by 1"
    assert rows(warehouse, hours) == [("1", 1440 + 540, 5), ("2", 1440, 5)]
    holidays = "select id, schedule_id, start_date, end_date from raw.zendesk__holidays order by 1"
    days = (date(2026, 12, 25), date(2026, 12, 26))
    assert rows(warehouse, holidays) == [(1, 1, *days), (2, 2, *days), (3, 2, *days)]
    assert rows(warehouse, "select ticket_field_ids from raw.zendesk__ticket_forms") == [([900, 901],)] * 2
    names = "select id, name from raw.zendesk__organizations where _deleted_at is null order by id"
    assert rows(warehouse, names) == [(1, "Globex"), (3, "Initech")]
    assert answer(warehouse, "select organization_fields from raw.zendesk__organizations limit 1") == '{"seats":4}'
    assert answer(warehouse, "select actor__id from raw.zendesk__deleted_tickets where id = 71") == small.AGENT


def test_custom_fields_of_every_type_are_rows_with_their_json(desk: Sandbox, warehouse: str) -> None:
    bring_in("tickets")
    fields = "select id, value from raw.zendesk__tickets__custom_fields where _parent_key = '1' order by _position"
    assert rows(warehouse, fields) == [
        *((900, '"text"'), (901, "true"), (902, "12.5")),
        *((903, '["a","b"]'), (904, None)),
    ]


def test_control_characters_and_64_kb_arrive(desk: Sandbox, warehouse: str) -> None:
    bring_in("tickets")
    stored = answer(warehouse, "select description from raw.zendesk__tickets where id = 4")
    assert stored == small.HARD_TEXT.replace("\x00", "\ufffd")


def test_a_system_update_is_a_newer_version(desk: Sandbox, warehouse: str) -> None:
    told = "select updated_at, generated_timestamp, _version_at from raw.zendesk__tickets where id = 1"
    bring_in_at(desk, night_of(ago(days=2)), "tickets")
    before = rows(warehouse, told)
    _, report = bring_in_at(desk, NIGHT, "tickets")
    (after,) = rows(warehouse, told)
    assert report.changed == 1
    assert before == [(ago(days=20), int(ago(days=20).timestamp()), ago(days=20))]
    assert after == (ago(days=20), int(ago(hours=5).timestamp()), ago(hours=5))


DELETED_NIGHTS = (night_of(ago(days=55)), night_of(ago(days=45)), NIGHT)
TEXT = "select status, subject, description, tags, _deleted_at from raw.zendesk__tickets where id = 2"
FIELDS = "select count(*) from raw.zendesk__tickets__custom_fields where _parent_key = '2'"


def test_text_of_a_deleted_ticket_stays_when_the_vendor_writes_over_it(desk: Sandbox, warehouse: str) -> None:
    told = []
    for night in DELETED_NIGHTS:
        bring_in_at(desk, night, "tickets")
        told += [(*rows(warehouse, TEXT)[0], answer(warehouse, FIELDS))]
    text = ("Private", "My address is …", ["vip"])
    assert told == [
        ("open", *text, None, 5),
        ("deleted", *text, ago(days=50), 5),
        ("deleted", *text, ago(days=19), 5),
    ]
    assert answer(warehouse, "select metric_set__reopens from raw.zendesk__tickets where id = 2") == 0


def test_text_of_a_deleted_ticket_is_blanked_where_the_setting_says_so(
    desk: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_LOAD_DELETED_RECORDS", "blank")
    for night in DELETED_NIGHTS:
        bring_in_at(desk, night, "tickets")
    assert rows(warehouse, TEXT) == [("deleted", "SCRUBBED", "X", [], ago(days=19))]
    assert answer(warehouse, FIELDS) == 0


def test_a_merge_is_told_by_tag_and_by_the_comments_way(desk: Sandbox, warehouse: str) -> None:
    bring_in("tickets")
    bring_in("ticket_events")
    assert "closed_by_merge" in answer(warehouse, "select tags from raw.zendesk__tickets where id = 3")
    told = "select event_type, via from raw.zendesk__ticket_events__child_events where _parent_key = '30' order by 1"
    change, comment = rows(warehouse, told)
    assert change == ("Change", '"Web service"')
    assert json.loads(comment[1])["source"]["rel"] == "merge"


def test_pages_that_time_out_are_asked_for_in_halves(
    desk: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.zendesk_exports.HEAVY_BYTES", 60_000)
    report, _ = bring_in("tickets")
    assert rows(warehouse, "select id from raw.zendesk__tickets order by id") == [(key,) for key in range(1, 7)]
    (run,) = landing.runs("zendesk", "tickets", NIGHT)
    asked = [int(step.next[0].params["per_page"]) for step in run.steps() if step.next]
    # Halved until a page is light enough, and then as fast as it goes again.
    assert asked[:10] == [1000, 500, 250, 125, 62, 31, 15, 7, 3, 6]
    assert report.pages < report.calls == len(asked)


def test_a_page_of_one_that_times_out_is_a_failure(desk: Sandbox, warehouse: str) -> None:
    desk.spoil(
        {"system": "zendesk", "path": "tickets", "kind": "status", "status": 504, "body": "upstream", "times": 99}
    )
    with pytest.raises(RetriableError, match="even a page of one record times out"):
        bring_in("tickets")
    assert answer(warehouse, "select count(*) from raw.zendesk__tickets") == 0
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
    desk.heal()
    report, _ = bring_in("tickets")
    assert (report.resumed, answer(warehouse, "select count(*) from raw.zendesk__tickets")) == (True, 6)


def test_an_idle_export_ends_with_a_null_cursor_and_the_watermark_goes_on(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, date(2026, 11, 18), "users")
    bring_in_at(desk, date(2026, 11, 19), "users")
    told = rows(warehouse, "select night, cursor_after, rows_read from ops.loads where stream = 'users' order by 1")
    assert told == [(date(2026, 11, 18), told[0][1], 4), (date(2026, 11, 19), None, 0)]
    assert told[0][1]
    assert answer(warehouse, "select watermark_at from ops.watermarks") == window_end(date(2026, 11, 19), "UTC")


def test_agents_who_leave_stay_known_as_staff(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, date(2026, 11, 19), "users")
    bring_in_at(desk, NIGHT, "users")
    agent = f"select role, email, active from raw.zendesk__users where id = {small.AGENT}"
    assert rows(warehouse, agent) == [("end-user", None, False)]
    staff = "select id, role, name, default_group_id from raw.zendesk__user_roles"
    assert rows(warehouse, staff) == [(small.AGENT, "agent", "Ágata", 5)]


def test_a_deleted_person_is_not_kept(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, date(2026, 11, 19), "users")
    person = f"select email, active, _deleted_at from raw.zendesk__users where id = {small.FORGOTTEN}"
    assert rows(warehouse, person) == [("x@mail.example", True, None)]
    bring_in_at(desk, NIGHT, "users")
    assert rows(warehouse, person) == [(None, False, ago(hours=7))]


def test_a_deleted_organization_keeps_its_name(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, date(2026, 11, 19), "organizations")
    bring_in_at(desk, NIGHT, "organizations")
    told = "select name, deleted_at, _deleted_at from raw.zendesk__organizations where id = 2"
    assert rows(warehouse, told) == [("शॉप", ago(hours=6), ago(hours=6))]


@pytest.mark.parametrize(("stream", "key"), [("group_memberships", 2), ("groups", 6), ("ticket_fields", 904)])
def test_what_a_list_no_longer_has_is_marked(desk: Sandbox, warehouse: str, stream: str, key: int) -> None:
    _, before = bring_in_at(desk, date(2026, 11, 19), stream)
    _, after = bring_in_at(desk, NIGHT, stream)
    gone = rows(warehouse, f"select id from raw.zendesk__{stream} where _deleted_at is not null")
    assert (before.deleted, gone) == (0, [(key,)])
    # A group says itself that it is deleted; others are just not there.
    assert (after.deleted, after.changed) == ((0, 1) if stream == "groups" else (1, 0))


def test_deleted_tickets_stay_when_the_vendors_list_forgets_them(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, night_of(ago(days=22)), "deleted_tickets")
    _, report = bring_in_at(desk, NIGHT, "deleted_tickets")
    kept = "select id from raw.zendesk__deleted_tickets where _deleted_at is null order by id"
    assert rows(warehouse, kept) == [(2,), (71,)]
    assert (report.read, report.deleted) == (1, 0)


def test_a_breach_that_is_taken_back_is_marked_by_the_weekly_walk(desk: Sandbox, warehouse: str) -> None:
    """It keeps its time, so only an overlap or a longer walk can find it."""
    bring_in_at(desk, night_of(ago(days=2)), "ticket_metric_events")
    taken_back = "select deleted, _deleted_at from raw.zendesk__ticket_metric_events where id = 800"
    assert rows(warehouse, taken_back) == [(False, None)]
    bring_in_at(desk, NIGHT, "ticket_metric_events")
    assert rows(warehouse, taken_back) == [(True, ago(days=2))]
    assert reconcile("zendesk", "ticket_metric_events").missed_changes == 0


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
    with _serving(tmp_path / "gone", monkeypatch, lines):
        report, _ = bring_in("survey_responses")
    assert report.notes == (f"/api/v2/guide/en-us/survey_responses/{small.OFFERED}: no longer there",)
    assert rows(warehouse, "select notes from ops.loads") == [(list(report.notes),)]
    assert rows(warehouse, "select id from raw.zendesk__survey_responses") == [(small.ANSWERED,)]


def test_a_survey_event_that_names_no_response_is_not_passed_over(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = {"id": 9, "event_type": "SurveyOffered", "type": "SurveyOffered", "survey_response": {"id": "elsewhere"}}
    event = small.zendesk.ticket_event(90, 1, ago(hours=3), None, [nameless])
    lines = {**LINES, "zendesk/ticket_events": [*LINES["zendesk/ticket_events"], small.at(ago(hours=3), event)]}
    with (
        _serving(tmp_path / "nameless", monkeypatch, lines),
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
    with _serving(tmp_path / "new", monkeypatch, settings='[zendesk]\ncsat = "survey"\n'):
        assert bring_in("satisfaction_ratings")[1].read == 0
        assert bring_in("survey_responses")[1].read == 2
    events = [line for line in LINES["zendesk/ticket_events"] if line["record"]["id"] == 30]
    with _serving(tmp_path / "old", monkeypatch, {**LINES, "zendesk/ticket_events": events}):
        monkeypatch.setenv("CX_STATE_DIR", str(tmp_path / "old_state"))
        assert bring_in("survey_responses")[1].read == 0


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("sla_policies", "slas/policies"),
        ("schedules", "business_hours/schedules"),
        ("holidays", "business_hours/schedules"),
        ("ticket_forms", "ticket_forms"),
    ],
)
def test_what_a_plan_does_not_have_is_a_note_and_no_failure(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str, path: str
) -> None:
    with _serving(tmp_path / "team", monkeypatch, settings=f'[zendesk]\nwithout = ["{path}"]\n'):
        report, loaded = bring_in(stream)
    assert loaded.read == 0
    assert len(report.notes) == 1
    assert f"{path}.json: not on this account (404:" in report.notes[0]
    assert answer(warehouse, "select count(*) from ops.watermarks") == 1


def test_an_agents_token_does_not_make_a_quiet_night(
    desk: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, desk, login="agent@example.com/token")
    with pytest.raises(CxError, match=r"zendesk GET /api/v2/incremental/tickets/cursor\.json: 403 .*Forbidden"):
        bring_in("tickets")
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.mark.parametrize(
    "login",
    [
        pytest.param({"login": "", "password": "an-oauth-token"}, id="token"),
        pytest.param({"login": "", "extra": {"client_id": "cx"}}, id="client"),
    ],
)
def test_oauth_logs_in_too(
    desk: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, login: dict[str, Any]
) -> None:
    connect(monkeypatch, desk, **login)
    assert bring_in("groups")[1].new == 3


def test_every_field_of_a_stream_is_a_column(desk: Sandbox, warehouse: str) -> None:
    """Fields of lists within lists would have no table of their own."""
    for stream in SOURCE.streams:
        for table in stream.tables:
            assert not any(child.children for child in shape_of(table.contract).children.values()), table.name
