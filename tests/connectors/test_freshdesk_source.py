"""Freshdesk from the sandbox's API to the raw tables: what its lists hide, move, or show only for a while."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpdesks import NIGHT, dated, fetch, gone, keys, night, nothing_written, run, run_at_end, served, text

from cx_etl.errors import ConfigError, DataError
from cx_etl.extract import extract
from cx_etl.reconcile import reconcile
from raw_state import answer
from sandboxes import Sandbox

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
LIMITS = ("cx_etl.sources.freshdesk_api.PAGE_SIZE", 10)
STREAMS = ("tickets", "conversations", "satisfaction_ratings", "surveys", "contacts", "agents", "groups", "companies")


def ticket(key: int, changed: datetime, at: datetime | None = None, **more: Any) -> dict[str, Any]:
    """A version that is there from ``at`` on, which is when it says that it changed unless told otherwise."""
    record = {
        "id": key, "status": 2, "subject": "Olá", "created_at": "2023-03-01T00:00:00Z", "updated_at": text(changed),
        "spam": False, "cc_emails": None, "stats": {"resolved_at": None}, "requester": {"id": 1},
    }  # fmt: skip
    return {"at": text(at or changed), "record": {**record, **more}}


def test_all_that_exists_arrives_with_what_it_says(sandbox: Sandbox, warehouse: str) -> None:
    for stream in STREAMS:
        run("freshdesk", stream)
        expected = sandbox.records(f"freshdesk/{stream}", datetime(2026, 11, 21, 2, tzinfo=UTC))
        assert keys(warehouse, f"freshdesk__{stream}") == sorted(expected)
        assert expected
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0
    told = "id, status, filter, requester__email, cc_emails, stats__resolved_at, _deleted_at is not null, updated_at"
    tickets = sandbox.records("freshdesk/tickets", datetime(2026, 11, 21, 2, tzinfo=UTC))
    for row in fetch(warehouse, f"select {told} from raw.freshdesk__tickets"):
        record = tickets[row[0]]
        is_deleted, resolved = record.get("deleted", False), record["stats"]["resolved_at"]
        assert row[1:] == (
            record["status"],
            "deleted" if is_deleted else "spam" if record["spam"] else "",
            record["requester"]["email"],
            record["cc_emails"],
            datetime.fromisoformat(resolved) if resolved else None,
            is_deleted,
            datetime.fromisoformat(record["updated_at"]),
        )
    assert {row["cc_emails"] is None for row in tickets.values()} == {True, False}
    assert {row["spam"] for row in tickets.values()} == {True, False}


def test_the_first_load_is_not_limited_to_30_days(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [ticket(key, TEN - timedelta(days=400 * key)) for key in (1, 2, 3)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": old}):
        run("freshdesk", "tickets")
    assert keys(warehouse, "freshdesk__tickets") == [1, 2, 3]


def test_a_long_walk_never_reaches_the_wall(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*LIMITS)
    monkeypatch.setattr("sandbox.freshdesk.TICKET_PAGES", 2)
    many = [ticket(key, TEN + timedelta(seconds=key)) for key in range(1, 46)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": many}):
        run("freshdesk", "tickets")
    assert keys(warehouse, "freshdesk__tickets") == list(range(1, 46))


@pytest.mark.parametrize("is_inclusive", [True, False])
def test_a_crowd_that_changed_in_one_second_arrives_though_some_leave_while_it_is_walked(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_inclusive: bool
) -> None:
    """Twelve of the first page change before the second is asked for: others move to pages that have been read."""
    monkeypatch.setattr(*LIMITS)
    monkeypatch.setattr("sandbox.freshdesk_records.SINCE_IS_INCLUSIVE", is_inclusive)
    later = datetime(2026, 11, 21, 2, 0, 30, tzinfo=UTC)
    crowd = [ticket(key, TEN) for key in range(1, 46)] + [ticket(key, later, status=5) for key in range(1, 13)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": crowd}) as sandbox:
        sandbox.spoil({"system": "freshdesk", "path": "v2/tickets", "kind": "advance_clock", "seconds": 60, "after": 2})
        run("freshdesk", "tickets")
    assert keys(warehouse, "freshdesk__tickets") == list(range(1, 46))
    assert keys(warehouse, "freshdesk__tickets", "status = 5") == list(range(1, 13))


def test_a_crowd_larger_than_the_vendor_shows_is_no_quiet_night(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*LIMITS)
    monkeypatch.setattr("cx_etl.sources.freshdesk_api.LAST_PAGE", 3)
    monkeypatch.setattr("sandbox.freshdesk.TICKET_PAGES", 3)
    told = "freshdesk: over 3 pages of tickets changed within the second after 2026-11-20T09:59:59Z"
    crowd = [ticket(key, TEN) for key in range(1, 46)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": crowd}), pytest.raises(DataError, match=told):
        run("freshdesk", "tickets")
    assert nothing_written(warehouse, "raw.freshdesk__tickets")


def test_trash_and_spam_are_found_though_no_clock_moves(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both were last changed years ago; on the 20th they disappear from the ordinary list."""
    long_ago, on_the_20th = TEN - timedelta(days=900), TEN
    lines = [ticket(key, long_ago) for key in (1, 2, 3)]
    lines.append(ticket(2, long_ago, on_the_20th, deleted=True))
    lines.append(ticket(3, long_ago, on_the_20th, spam=True))
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": lines}) as sandbox:
        run_at_end(sandbox, "freshdesk", "tickets", night(19))
        assert keys(warehouse, "freshdesk__tickets", "filter = '' and _deleted_at is null") == [1, 2, 3]
        run_at_end(sandbox, "freshdesk", "tickets", NIGHT)
    found = fetch(warehouse, "select id, filter, _deleted_at from raw.freshdesk__tickets order by id")
    assert found == [(1, "", None), (2, "deleted", long_ago), (3, "spam", None)]


def test_a_ticket_taken_out_of_the_trash_lives_again(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [ticket(1, TEN - timedelta(days=2)), ticket(1, TEN - timedelta(days=1), deleted=True), ticket(1, TEN)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": lines}) as sandbox:
        run_at_end(sandbox, "freshdesk", "tickets", night(19))
        assert keys(warehouse, "freshdesk__tickets", "_deleted_at is not null") == [1]
        run_at_end(sandbox, "freshdesk", "tickets", NIGHT)
    assert keys(warehouse, "freshdesk__tickets", "_deleted_at is null and filter = ''") == [1]


def test_a_ticket_deleted_for_good_is_found_out_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [ticket(1, TEN - timedelta(days=9)), ticket(2, TEN - timedelta(days=9)), gone("2026-11-19T10:00:00Z", 2)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": lines}) as sandbox:
        run_at_end(sandbox, "freshdesk", "tickets", night(18))
        run_at_end(sandbox, "freshdesk", "tickets", NIGHT)
        assert keys(warehouse, "freshdesk__tickets", "_deleted_at is null") == [1, 2]
        assert reconcile("freshdesk", "tickets").missed_deletes == 1
    assert keys(warehouse, "freshdesk__tickets", "_deleted_at is null") == [1]


@pytest.mark.parametrize("stream", ["tickets", "conversations"])
def test_an_agent_that_sees_some_of_the_tickets_is_refused(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    agent = dated(1, "2026-11-01T00:00:00Z", ticket_scope=2, contact={"email": "group.only@shop.example"})
    lines = {"freshdesk/tickets": [ticket(1, TEN)], "freshdesk/agents": [agent]}
    told = r"group.only@shop.example does not see all tickets(.|\n)*global access"
    with served(tmp_path, monkeypatch, lines), pytest.raises(ConfigError, match=told):
        extract("freshdesk", stream, NIGHT)
    assert nothing_written(warehouse, f"raw.freshdesk__{stream}")


def test_conversations_of_every_changed_ticket_arrive_wherever_it_lies(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One ticket has two pages of them, one was deleted the same day, one is spam, one has not changed."""
    hour = timedelta(hours=1)
    tickets = [ticket(1, TEN), ticket(2, TEN), ticket(2, TEN + hour, deleted=True), ticket(3, TEN, spam=True)]
    tickets.append(ticket(4, TEN - timedelta(days=40)))
    written = [*[1] * 40, 2, 3, 4]
    talk = [dated(key, text(TEN), ticket_id=of, body_text="🙂") for key, of in enumerate(written, start=1)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": tickets, "freshdesk/conversations": talk}) as sandbox:
        run_at_end(sandbox, "freshdesk", "tickets", night(19))
        sandbox.at_end_of(night(19))
        extracted, _ = run("freshdesk", "conversations", night(19))
        assert extracted.records == 0
        sandbox.at_end_of(NIGHT)
        extracted, _ = run("freshdesk", "conversations")
    assert keys(warehouse, "freshdesk__conversations") == list(range(1, 43))
    # Who asks, three lists of tickets, and a call for each page of conversations.
    assert extracted.calls == 1 + 3 + 2 + 1 + 1


def test_an_edited_note_arrives_with_the_change_of_its_ticket(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = timedelta(days=1)
    talk = [dated(1, text(TEN - day), ticket_id=1, body_text="first")]
    talk.append(dated(1, text(TEN - day), text(TEN), ticket_id=1, body_text="second"))
    tickets = [ticket(1, TEN - day), ticket(1, TEN)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": tickets, "freshdesk/conversations": talk}) as sandbox:
        for day_of_month in (19, 20):
            run_at_end(sandbox, "freshdesk", "conversations", night(day_of_month))
    assert fetch(warehouse, "select id, body_text from raw.freshdesk__conversations") == [(1, "second")]


def test_a_ticket_that_is_gone_when_its_conversations_are_asked_for_is_told(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [ticket(key, TEN) for key in (1, 2, 3)] + [gone("2026-11-21T02:10:00Z", 2)]
    talk = [dated(key, text(TEN), ticket_id=key) for key in (1, 2, 3)]
    with served(tmp_path, monkeypatch, {"freshdesk/tickets": tickets, "freshdesk/conversations": talk}) as sandbox:
        sandbox.spoil({"system": "freshdesk", "path": "tickets/2/", "kind": "advance_clock", "seconds": 3600})
        run("freshdesk", "conversations")
    assert keys(warehouse, "freshdesk__conversations") == [1, 3]
    told = answer(warehouse, "select notes from ops.loads where stream = 'conversations'")
    assert told == ["ticket 2 was gone before its conversations were asked for"]
