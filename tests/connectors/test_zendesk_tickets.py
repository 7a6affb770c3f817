"""Tickets as the vendor has them: deleted and scrubbed, merged, moved by the system, with fields of every type."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_zendesk as small
from small_zendesk import ago
from zendesk_desk import NIGHT, bring_in, bring_in_at, night_of, rows, serving_account

from cx_etl.reconcile import reconcile
from raw_state import answer
from sandboxes import Sandbox


@pytest.fixture
def desk(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox over the small account, after its last night."""
    with serving_account(tmp_path / "small", monkeypatch) as sandbox:
        yield sandbox


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


def test_an_archived_ticket_arrives_with_its_metrics(desk: Sandbox, warehouse: str) -> None:
    """The vendor's list of metrics leaves out what was closed over 120 days ago, the export does not."""
    bring_in("tickets")
    archived = "select status, updated_at, metric_set__reopens from raw.zendesk__tickets where id = 5"
    assert rows(warehouse, archived) == [("closed", ago(days=121), 0)]


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


def test_deleted_tickets_stay_when_the_vendors_list_forgets_them(desk: Sandbox, warehouse: str) -> None:
    bring_in_at(desk, night_of(ago(days=22)), "deleted_tickets")
    _, report = bring_in_at(desk, NIGHT, "deleted_tickets")
    kept = "select id from raw.zendesk__deleted_tickets where _deleted_at is null order by id"
    assert rows(warehouse, kept) == [(2,), (71,)]
    assert (report.read, report.deleted) == (1, 0)


def test_a_breach_that_is_taken_back_is_found_by_the_overlap(desk: Sandbox, warehouse: str) -> None:
    """It keeps its time, which lies before the watermark."""
    bring_in_at(desk, night_of(ago(days=2)), "ticket_metric_events")
    taken_back = "select deleted, _deleted_at from raw.zendesk__ticket_metric_events where id = 800"
    assert rows(warehouse, taken_back) == [(False, None)]
    bring_in_at(desk, NIGHT, "ticket_metric_events")
    assert rows(warehouse, taken_back) == [(True, ago(days=2))]
    assert reconcile("zendesk", "ticket_metric_events").missed_changes == 0
