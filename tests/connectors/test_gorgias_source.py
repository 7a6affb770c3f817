"""Gorgias from the sandbox's API to the raw tables: lists that move while they are walked, and clocks that do not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpdesks import NIGHT, fetch, gone, keys, night, run, run_at_end, served

from cx_etl import doctor
from cx_etl.reconcile import reconcile
from raw_state import answer
from sandboxes import Sandbox

TEN = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=UTC)
STREAMS = ("tickets", "messages", "satisfaction_surveys", "customers", "users")


def second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(key: int, changed: datetime, **more: Any) -> dict[str, Any]:
    record = {
        "id": key, "status": "open", "created_datetime": "2026-01-01T00:00:00.095107+00:00",
        "updated_datetime": changed.isoformat(timespec="microseconds"), "assignee_user": None, "trashed_datetime": None,
        "customer": {"id": 5, "email": "ssE@gm.example", "name": None}, "tags": [{"id": 1, "name": "vip"}],
    }  # fmt: skip
    return {"at": second(changed), "record": {**record, **more}}


def message(at: datetime, **more: Any) -> dict[str, Any]:
    created = "2026-11-18T10:00:00.000001+00:00"
    return {"at": second(at), "record": {"id": 9, "ticket_id": 1, "created_datetime": created, **more}}


def survey(at: str, **more: Any) -> dict[str, Any]:
    return {"at": f"{at}Z", "record": {"id": 3, "ticket_id": 1, "score": None, **more}}


def test_all_that_exists_arrives_with_what_it_says(sandbox: Sandbox, warehouse: str) -> None:
    now = datetime(2026, 11, 21, 2, tzinfo=UTC)
    for stream in STREAMS:
        run("gorgias", stream)
        expected = sandbox.records(f"gorgias/{stream}", now)
        assert keys(warehouse, f"gorgias__{stream}") == sorted(expected)
        assert expected
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0
    tickets = sandbox.records("gorgias/tickets", now)
    told = "id, updated_datetime, assignee_user__name, customer__email, _deleted_at"
    for key, updated, agent, email, deleted in fetch(warehouse, f"select {told} from raw.gorgias__tickets"):
        record = tickets[key]
        trashed = record["trashed_datetime"]
        assert updated == datetime.fromisoformat(record["updated_datetime"])
        assert agent == (record["assignee_user"] or {}).get("name")
        assert email == record["customer"]["email"]
        assert deleted == (datetime.fromisoformat(trashed) if trashed else None)
    tags = sum(len(record["tags"]) for record in tickets.values())
    assert answer(warehouse, "select count(*) from raw.gorgias__tickets__tags") == tags > 0
    assert {record["assignee_user"] is None for record in tickets.values()} == {True, False}
    messages = sandbox.records("gorgias/messages", now).values()
    failed = [record["id"] for record in messages if record["last_sending_error"]]
    assert keys(warehouse, "gorgias__messages", "failed_datetime is not null") == sorted(failed)
    assert failed


@pytest.mark.parametrize("counting", [False, True], ids=["cursors name places", "cursors count rows"])
@pytest.mark.parametrize("page", [1, 3, 7])
def test_tickets_that_change_while_they_are_walked_hide_none_and_are_not_hidden(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counting: bool, page: int
) -> None:
    """Before that page is asked for, sixteen of eighty tickets move to the front, most of them from pages to come."""
    monkeypatch.setattr("cx_etl.sources.gorgias.PAGE_SIZE", 10)
    monkeypatch.setattr("sandbox.gorgias.CURSORS_COUNT_ROWS", counting)
    during = datetime(2026, 11, 21, 2, 0, 30, tzinfo=UTC)
    lines = [ticket(key, TEN + timedelta(minutes=key)) for key in range(1, 81)]
    moved = range(5, 81, 5)
    lines += [ticket(key, during + timedelta(microseconds=key), status="closed") for key in moved]
    with served(tmp_path, monkeypatch, {"gorgias/tickets": lines}) as sandbox:
        sandbox.spoil({"system": "gorgias", "path": "/tickets", "kind": "advance_clock", "seconds": 60, "after": page})
        run("gorgias", "tickets")
        assert sandbox.struck() == 1
    assert keys(warehouse, "gorgias__tickets") == list(range(1, 81))
    assert keys(warehouse, "gorgias__tickets", "status = 'closed'") == list(moved)


def test_a_night_walks_back_to_its_start_and_no_further(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fourteen of a hundred changed since: the third page holds two of them, the fourth none; then the front again."""
    monkeypatch.setattr("cx_etl.sources.gorgias.PAGE_SIZE", 6)
    lines = [ticket(key, TEN - timedelta(days=9, minutes=key)) for key in range(1, 101)]
    lines += [ticket(key, TEN + timedelta(minutes=key), status="closed") for key in range(1, 15)]
    with served(tmp_path, monkeypatch, {"gorgias/tickets": lines}) as sandbox:
        run_at_end(sandbox, "gorgias", "tickets", night(19))
        sandbox.at_end_of(NIGHT)
        extracted, loaded = run("gorgias", "tickets")
    assert (extracted.calls, extracted.records) == (5, 18)
    assert (loaded.changed, loaded.same) == (14, 4)
    assert keys(warehouse, "gorgias__tickets", "status = 'closed'") == list(range(1, 15))


def test_times_with_and_without_offset_are_utc_to_the_microsecond(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = survey("2026-11-16T15:59:41", created_datetime="2026-11-16T15:59:41.966927")
    with served(tmp_path, monkeypatch, {"gorgias/satisfaction_surveys": [made], "gorgias/tickets": [ticket(1, TEN)]}):
        run("gorgias", "satisfaction_surveys")
        run("gorgias", "tickets")
    moment = datetime(2026, 11, 16, 15, 59, 41, 966_927, tzinfo=UTC)
    told = "select created_datetime, _version_at from raw.gorgias__satisfaction_surveys"
    assert fetch(warehouse, told) == [(moment, moment)]
    assert answer(warehouse, "select updated_datetime from raw.gorgias__tickets") == TEN


@pytest.mark.parametrize(("made", "is_missed"), [("2026-10-25T10:00:00", 0), ("2026-10-01T10:00:00", 1)])
def test_a_survey_that_is_scored_weeks_later_arrives_that_night_or_with_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, is_missed: int
) -> None:
    lines = [survey(made, created_datetime=made)]
    scored = {"created_datetime": made, "score": 5, "scored_datetime": "2026-11-20T10:00:00.000001", "body_text": "☕"}
    lines.append(survey("2026-11-20T10:00:00", **scored))
    with served(tmp_path, monkeypatch, {"gorgias/satisfaction_surveys": lines}) as sandbox:
        for day in (18, 19, 20):
            run_at_end(sandbox, "gorgias", "satisfaction_surveys", night(day))
        arrived = answer(warehouse, "select count(score) from raw.gorgias__satisfaction_surveys")
        assert arrived == 1 - is_missed
        assert reconcile("gorgias", "satisfaction_surveys").missed_changes == is_missed
    assert fetch(warehouse, "select score, body_text from raw.gorgias__satisfaction_surveys") == [(5, "☕")]


def test_a_message_that_fails_or_is_opened_later_is_read_again(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = datetime(2026, 11, 18, 10, tzinfo=UTC)
    sent = {"body_text": "olá", "sent_datetime": "2026-11-18T10:01:00+00:00"}
    failure = {"failed_datetime": "2026-11-20T10:00:00+00:00", "last_sending_error": {"error": "Mailbox full"}}
    lines = [message(written), message(written + timedelta(minutes=1), **sent), message(TEN, **sent, **failure)]
    with served(tmp_path, monkeypatch, {"gorgias/messages": lines}) as sandbox:
        run_at_end(sandbox, "gorgias", "messages", night(18))
        assert answer(warehouse, "select failed_datetime from raw.gorgias__messages") is None
        run_at_end(sandbox, "gorgias", "messages", NIGHT)
    failed = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert fetch(warehouse, "select failed_datetime, _version_at from raw.gorgias__messages") == [(failed, failed)]


def test_a_deleted_message_keeps_what_it_said(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted = message(TEN, body_text="", deleted_datetime=TEN.isoformat())
    lines = [message(TEN - timedelta(days=2), body_text="the only trace of it"), deleted]
    with served(tmp_path, monkeypatch, {"gorgias/messages": lines}) as sandbox:
        for day in (19, 20):
            run_at_end(sandbox, "gorgias", "messages", night(day))
    told = "select body_text, deleted_datetime, _deleted_at from raw.gorgias__messages"
    assert fetch(warehouse, told) == [("the only trace of it", TEN, TEN)]


def test_a_trashed_ticket_is_marked_and_lives_again_when_it_is_restored(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = timedelta(days=1)
    lines = [ticket(1, TEN - 2 * day), ticket(1, TEN - day, trashed_datetime=(TEN - day).isoformat()), ticket(1, TEN)]
    with served(tmp_path, monkeypatch, {"gorgias/tickets": lines}) as sandbox:
        run_at_end(sandbox, "gorgias", "tickets", night(19))
        assert answer(warehouse, "select _deleted_at from raw.gorgias__tickets") == TEN - day
        run_at_end(sandbox, "gorgias", "tickets", NIGHT)
    assert answer(warehouse, "select _deleted_at from raw.gorgias__tickets") is None


@pytest.mark.parametrize("stream", ["tickets", "customers"])
def test_what_is_deleted_for_good_is_found_out_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    """And what moves to the front during that walk is not taken for deleted."""
    monkeypatch.setattr("cx_etl.sources.gorgias.PAGE_SIZE", 3)
    lines = [ticket(key, TEN - timedelta(days=3, minutes=key)) for key in range(1, 13)]
    lines += [gone("2026-11-19T10:00:00Z", 5), ticket(12, datetime(2026, 11, 21, 2, 0, 30, tzinfo=UTC))]
    with served(tmp_path, monkeypatch, {f"gorgias/{stream}": lines}) as sandbox:
        run_at_end(sandbox, "gorgias", stream, night(18))
        run_at_end(sandbox, "gorgias", stream, NIGHT)
        assert keys(warehouse, f"gorgias__{stream}", "_deleted_at is not null") == []
        sandbox.spoil({"system": "gorgias", "path": stream, "kind": "advance_clock", "seconds": 60, "after": 2})
        assert reconcile("gorgias", stream).missed_deletes == 1
    assert keys(warehouse, f"gorgias__{stream}", "_deleted_at is not null") == [5]


def test_an_agent_is_deactivated_or_disappears(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        {"at": "2026-11-01T00:00:00Z", "record": {"id": key, "created_datetime": "2026-11-01T00:00:00", "active": True}}
        for key in (1, 2, 3)
    ]
    left = {"deactivated_datetime": "2026-11-20T09:00:00", "active": False}
    lines.append({"at": "2026-11-20T09:00:00Z", "record": {**lines[1]["record"], **left}})
    lines.append(gone("2026-11-20T09:00:00Z", 3))
    with served(tmp_path, monkeypatch, {"gorgias/users": lines}) as sandbox:
        for day in (19, 20):
            run_at_end(sandbox, "gorgias", "users", night(day))
    told = "select id, active, _deleted_at is not null from raw.gorgias__users order by id"
    assert fetch(warehouse, told) == [(1, True, False), (2, False, False), (3, True, True)]


def test_a_walk_larger_than_the_bucket_waits_instead_of_running_over(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six calls through a bucket of four that leaks one and a half a second: none is refused, none asked twice."""
    monkeypatch.setattr("cx_etl.sources.gorgias.PAGE_SIZE", 2)
    monkeypatch.setattr("sandbox.gorgias.BUCKET_CALLS", 4)
    monkeypatch.setattr("sandbox.gorgias.CALLS_PER_SECOND", 1.5)
    lines = [ticket(key, TEN + timedelta(minutes=key)) for key in range(1, 11)]
    with served(tmp_path, monkeypatch, {"gorgias/tickets": lines}, limited=True):
        extracted, _ = run("gorgias", "tickets")
    assert keys(warehouse, "gorgias__tickets") == list(range(1, 11))
    assert extracted.calls == 6
    assert answer(warehouse, "select quota_left from ops.loads") < 4


def test_the_doctor_asks_for_every_list_that_is_walked(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_DATASET", str(tmp_path))
    with served(tmp_path, monkeypatch, {"gorgias/tickets": [ticket(1, TEN)]}):
        found = {each.question: each for each in doctor.examine(("gorgias",)) if each.subject == "gorgias"}
    assert all(each.is_good for each in found.values())
    assert found["credentials"].answer == "account shop"
    assert found["tickets"].answer == "readable, newest first: 1 of them looked at"
    assert {"customers", "satisfaction surveys", "quota left"} <= set(found)
