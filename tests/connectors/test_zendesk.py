"""Zendesk from the sandbox to the raw tables: every stream, whatever the size of its pages, and who may ask."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import small_zendesk as small
from small_zendesk import ago
from zendesk_desk import LINES, NIGHT, bring_in, bring_in_at, connect, rows, serving_account

from cx_etl import landing
from cx_etl.contract import shape_of
from cx_etl.errors import CxError, RetriableError
from cx_etl.night import window_end
from cx_etl.nightly import extract_all, load_all
from cx_etl.sources.zendesk import SOURCE
from raw_state import answer
from sandboxes import Sandbox


@pytest.fixture
def desk(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox over the small account, after its last night."""
    with serving_account(tmp_path / "small", monkeypatch) as sandbox:
        yield sandbox


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
    with serving_account(tmp_path / "team", monkeypatch, settings=f'[zendesk]\nwithout = ["{path}"]\n'):
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
