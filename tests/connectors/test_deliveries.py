"""Deliveries: unfinished files wait, others are taken once; a crash at any point loses and doubles nothing."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from drops import NIGHT, Drop, entry, nights

from cx_etl import landing
from cx_etl.errors import ConfigError, DataError, RestartError, RetriableError
from cx_etl.load import load, load_run
from cx_etl.sources import source
from cx_etl.sources.file_drop import client
from cx_etl.sources.file_drop.place import Place

HEADER = "id,started_at,rating,cost,comment\n"
A, B, C = (HEADER + rows for rows in ("1,,5,,a\n2,,5,,a\n", "1,,3,,b\n3,,3,,b\n", "4,,1,,c\n"))


def test_files_that_are_still_written_are_not_there_yet(drop: Drop) -> None:
    names = [".talks.csv", "~$talks.csv", *(f"talks.csv.{end}" for end in ("part", "filepart", "tmp", "crdownload"))]
    drop.declare(entry(pattern="*"))
    for name in names:
        drop.put(name, A)
    assert drop.run().read == 0
    assert drop.waiting() == sorted(names)


def test_a_young_file_is_taken_when_it_stops_changing(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer adds a line whenever the reader waits, three times."""
    drop.declare(entry(), settle_seconds=5)
    path = drop.put("talks.csv", A, age_seconds=0)
    waits: list[float] = []

    def write_on(seconds: float) -> None:
        waits.append(seconds)
        if seconds and len(waits) <= 4:
            with path.open("a") as file:
                file.write(f"{len(waits)}0,,5,,late\n")

    monkeypatch.setattr(client.time, "sleep", write_on)
    assert drop.run().read == 2 + 3
    assert [seconds for seconds in waits if seconds] == [5, 5, 5, 5]


def test_a_file_that_never_stops_changing_is_named(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.declare(entry(), settle_seconds=5)
    path = drop.put("talks.csv", A, age_seconds=0)
    monkeypatch.setattr(client.time, "sleep", lambda seconds: path.write_text(path.read_text() + "9,,5,,x\n"))
    with pytest.raises(RetriableError, match=r"chat/talks: talks.csv is still being written"):
        drop.run()
    assert drop.has_loaded_nothing()
    monkeypatch.undo()


def test_an_old_file_is_not_waited_for(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.declare(entry(), settle_seconds=60)
    drop.put("talks.csv", A, age_seconds=61)
    monkeypatch.setattr(client.time, "sleep", lambda seconds: pytest.fail("waited") if seconds else None)
    assert drop.run().read == 2


def test_a_file_that_changes_while_it_is_read_is_not_taken(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop.put("talks.csv", A)
    fetch = Place.fetch

    def fetch_and_write(self: Place, *arguments: Any) -> None:
        os.utime(path, (path.stat().st_mtime + 1,) * 2)
        fetch(self, *arguments)

    monkeypatch.setattr(Place, "fetch", fetch_and_write)
    with pytest.raises(RestartError, match=r"talks.csv changed while it was read"):
        drop.run()
    assert drop.has_loaded_nothing()


@pytest.mark.parametrize(
    ("ending", "content", "is_good"),
    [
        (".sha256", hashlib.sha256(A.encode()).hexdigest() + "  talks.csv\n", True),
        (".md5", hashlib.md5(A.encode()).hexdigest().upper(), True),
        (".sha256", "0" * 64, False),
        (".md5", hashlib.md5(B.encode()).hexdigest(), False),
        (".sha256", "", False),
    ],
)
def test_a_checksum_beside_the_file_is_honoured(drop: Drop, ending: str, content: str, is_good: bool) -> None:
    drop.put("talks.csv", A)
    drop.put("talks.csv" + ending, content)
    if is_good:
        assert drop.run().read == 2
        assert drop.processed() == [f"processed/2026-11-20/talks.csv{end}" for end in ("", ending)]
        return
    with pytest.raises(DataError, match=rf"talks.csv does not have the checksum that talks.csv{ending} says"):
        drop.run()
    assert drop.has_loaded_nothing()
    assert drop.waiting() == ["talks.csv", f"talks.csv{ending}"]


def test_a_file_waits_for_its_mark(drop: Drop) -> None:
    drop.declare(entry(wait_for=".done"))
    drop.put("talks.csv", A)
    with pytest.raises(RetriableError, match=r"talks.csv waits for talks.csv.done"):
        drop.run()
    assert drop.has_loaded_nothing()
    drop.put("talks.csv.done", "")
    assert drop.run().read == 2
    assert drop.waiting() == []


def test_a_link_out_of_the_folder_is_refused(drop: Drop, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(A)
    (drop.folder / "talks.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError, match=r"talks.csv is a link that leads out of"):
        drop.run()
    assert drop.has_loaded_nothing()
    (drop.folder / "talks.csv").unlink()
    drop.declare(entry(pattern="in/*.csv"))
    (drop.folder / "in").symlink_to(tmp_path)
    with pytest.raises(DataError, match=r"in in .* is a link to a folder"):
        drop.run()
    assert (tmp_path / "secret.csv").exists()


def test_no_file_is_a_quiet_night_unless_one_is_expected(drop: Drop) -> None:
    assert drop.run().read == 0
    assert drop.rows("watermark_at::date::text", "ops.watermarks") == [("2026-11-21",)]
    drop.declare(entry(expected="daily"))
    later = NIGHT + timedelta(days=1)
    with pytest.raises(DataError, match=r"chat/talks: no file came for the night 2026-11-21: expected talks\*"):
        drop.run(night=later)
    assert drop.rows("watermark_at::date::text", "ops.watermarks") == [("2026-11-21",)]
    drop.put("talks.csv", A)
    assert drop.run(night=later).read == 2
    # The night's file has come and gone: running the night again is no failure.
    assert drop.run(night=later).read == 0


def test_files_are_taken_by_name_or_by_age(drop: Drop) -> None:
    drop.put("talks_1.csv", HEADER + "1,,5,,one\n", age_seconds=100)
    drop.put("talks_2.csv", HEADER + "1,,5,,two\n", age_seconds=900)
    drop.run()
    assert drop.rows("comment") == [("two",)]
    drop.declare(entry(order="modified"))
    drop.put("talks_3.csv", HEADER + "1,,5,,three\n", age_seconds=100)
    drop.put("talks_4.csv", HEADER + "1,,5,,four\n", age_seconds=900)
    drop.run()
    assert drop.rows("comment") == [("three",)]


def test_what_was_loaded_from_where_is_known(drop: Drop) -> None:
    content = A.replace(",", ";").encode("cp1252")
    drop.put("talks_1.csv", content)
    report = drop.run()
    columns = "name, sha256, bytes, rows, outcome, detected, night, run_id, moved_to"
    assert drop.rows(columns, "ops.files") == [
        (
            "talks_1.csv",
            hashlib.sha256(content).hexdigest(),
            len(content),
            2,
            "loaded",
            {"format": "csv", "encoding": "utf-8", "delimiter": ";"},
            NIGHT,
            report.run_id,
            "processed/2026-11-20/talks_1.csv",
        )
    ]


def test_the_same_name_with_other_content_is_a_new_file_and_overwrites_none(drop: Drop) -> None:
    for content in (A, B, C):
        drop.put("talks.csv", content)
        drop.run()
    assert [row[0] for row in drop.rows("id")] == ["1", "2", "3", "4"]
    assert drop.waiting() == []
    texts = {(drop.folder / name).read_text() for name in drop.processed()}
    assert texts == {A, B, C}
    assert "processed/2026-11-20/talks.csv" in drop.processed()


def test_content_that_was_loaded_is_noted_and_not_doubled(drop: Drop) -> None:
    drop.put("talks_1.csv", A)
    drop.run()
    drop.put("talks_2.csv", B)
    drop.run()
    drop.put("talks_9.csv", A)
    assert drop.run().read == 0
    # What the second file said of record 1 was not undone.
    assert drop.rows("id, comment") == [("1", "b"), ("2", "a"), ("3", "b")]
    assert drop.rows("name, outcome", "ops.files") == [
        ("talks_1.csv", "loaded"),
        ("talks_2.csv", "loaded"),
        ("talks_9.csv", "repeated"),
    ]
    assert len(drop.processed()) == 3


def _crash(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_crash_between_load_and_move_is_made_up(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.put("talks_1.csv", A)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "set_aside", _crash)
        with pytest.raises(KeyboardInterrupt):
            drop.run()
    assert (drop.waiting(), len(drop.rows("id"))) == (["talks_1.csv"], 2)
    assert drop.rows("moved_to", "ops.files") == [(None,)]
    before = drop.rows("ctid::text, xmin::text, *")
    drop.put("talks_2.csv", C)
    assert drop.run(night=NIGHT + timedelta(days=1)).read == 1
    assert drop.rows("ctid::text, xmin::text, *")[:2] == before
    assert drop.processed() == ["processed/2026-11-20/talks_1.csv", "processed/2026-11-21/talks_2.csv"]
    # It was not taken for a file that waits: the walk did not have to start anew.
    assert len(landing.runs("chat", "talks", NIGHT + timedelta(days=1))) == 1


def test_a_crash_before_the_load_lands_the_file_again(drop: Drop) -> None:
    drop.put("talks_1.csv", A)
    drop.extract()
    assert drop.has_loaded_nothing()
    later = NIGHT + timedelta(days=1)
    assert drop.run(night=later).new == 2
    # The night that crashed is loaded late: nothing changes, and there is nothing left to move.
    assert load("chat", "talks", NIGHT).same == 2
    assert drop.processed() == ["processed/2026-11-21/talks_1.csv"]


def test_a_crash_in_the_middle_of_a_walk_goes_on_with_the_next_file(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, content in enumerate((A, B, C)):
        drop.put(f"talks_{number}.csv", content)
    land, landed = landing.Run.land, []

    def land_two(self: landing.Run, *arguments: Any) -> landing.File:
        if len(landed) == 2:
            raise KeyboardInterrupt
        landed.append(arguments)
        return land(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing.Run, "land", land_two)
        with pytest.raises(KeyboardInterrupt):
            drop.extract()
    report = drop.extract()
    assert (report.resumed, report.pages) == (True, 3)
    assert load("chat", "talks", NIGHT).read == 5
    assert drop.rows("id, comment") == [("1", "b"), ("2", "a"), ("3", "b"), ("4", "c")]
    assert not list(drop.folder.parent.rglob("download.part"))


def test_a_walk_whose_file_is_gone_starts_anew(drop: Drop) -> None:
    first, second = drop.put("talks_1.csv", A), drop.put("talks_2.csv", C)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing.Run, "land", _crash)
        with pytest.raises(KeyboardInterrupt):
            drop.extract()
    first.unlink()
    assert drop.run().read == 1
    assert not second.exists()


def test_a_file_that_was_replaced_before_the_load_stays_for_the_next_night(drop: Drop) -> None:
    drop.put("talks.csv", A)
    run_id = drop.extract().run_id
    drop.put("talks.csv", B, age_seconds=60)
    assert load("chat", "talks", NIGHT, run_id).new == 2
    assert drop.waiting() == ["talks.csv"]
    assert drop.run(night=NIGHT + timedelta(days=1)).read == 2
    assert drop.rows("id, comment") == [("1", "b"), ("2", "a"), ("3", "b")]


def test_a_file_that_cannot_be_moved_is_told_and_the_load_stands(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.put("talks.csv", A)
    (drop.folder / "processed").write_text("a file where a folder should be")
    with pytest.raises((ConfigError, RetriableError), match=r"talks.csv"):
        drop.run()
    assert len(drop.rows("id")) == 2
    (drop.folder / "processed").unlink()
    assert drop.run().read == 0
    assert drop.processed() == ["processed/2026-11-20/talks.csv"]


def test_a_whole_list_deletes_what_it_lacks(drop: Drop) -> None:
    drop.declare(entry(whole=True))
    night = iter(nights(6))
    drop.put("talks_1.csv", A)
    drop.run(night=next(night))
    drop.put("talks_2.csv", B)
    report = drop.run(night=next(night))
    assert (report.new, report.changed, report.deleted) == (1, 1, 1)
    deleted = "id, comment, _deleted_at is not null"
    assert drop.rows(deleted) == [("1", "b", False), ("2", "a", True), ("3", "b", False)]
    # A night without a file says nothing.
    assert drop.run(night=next(night)).deleted == 0
    # The list as it stands, once more, changes nothing; the list as it was before is a change.
    drop.put("talks_3.csv", B)
    assert drop.run(night=next(night)).deleted == 0
    drop.put("talks_4.csv", A)
    drop.run(night=next(night))
    assert drop.rows(deleted) == [("1", "a", False), ("2", "a", False), ("3", "b", True)]
    assert drop.rows("name, outcome", "ops.files") == [
        ("talks_1.csv", "loaded"),
        ("talks_2.csv", "loaded"),
        ("talks_3.csv", "repeated"),
        ("talks_4.csv", "loaded"),
    ]


def test_of_several_whole_lists_the_newest_counts(drop: Drop) -> None:
    drop.declare(entry(whole=True))
    drop.put("talks_1.csv", A)
    drop.put("talks_2.csv", B)
    assert drop.run().read == 2
    assert drop.rows("id, comment") == [("1", "b"), ("3", "b")]
    assert drop.rows("name, outcome", "ops.files") == [("talks_1.csv", "superseded"), ("talks_2.csv", "loaded")]
    assert drop.waiting() == []


def test_a_whole_list_without_rows_is_refused_unless_it_may_be(drop: Drop) -> None:
    drop.declare(entry(whole=True))
    drop.put("talks_1.csv", A)
    drop.run(night=NIGHT - timedelta(days=1))
    drop.put("talks_2.csv", HEADER)
    with pytest.raises(DataError, match=r"talks_2.csv has no rows"):
        drop.run()
    assert drop.rows("count(*)", "raw.chat__talks where _deleted_at is null") == [(2,)]
    drop.declare(entry(whole=True, may_be_empty=True))
    assert drop.run().deleted == 2


def test_a_rejected_row_of_a_whole_list_is_not_deleted(drop: Drop) -> None:
    drop.declare(entry(whole=True))
    drop.put("talks_1.csv", A)
    drop.run(night=NIGHT - timedelta(days=1))
    drop.put("talks_2.csv", HEADER + "1,,wrong,,b\n")
    report = drop.run()
    assert (report.rejected, report.deleted) == (1, 1)
    assert drop.rows("id, _deleted_at is not null") == [("1", False), ("2", True)]


@pytest.mark.parametrize("row", ["1,,5\n", ",,5,,b\n"])
def test_a_row_whose_key_nobody_can_read_could_be_any(drop: Drop, row: str) -> None:
    drop.declare(entry(whole=True))
    drop.put("talks_1.csv", A)
    drop.run(night=NIGHT - timedelta(days=1))
    drop.put("talks_2.csv", HEADER + "9,,5,,c\n" + row)
    report = drop.run()
    assert (report.rejected, report.deleted) == (1, 0)
    assert drop.rows("id, _deleted_at is not null") == [("1", False), ("2", False), ("9", False)]


@pytest.mark.parametrize(
    "name", ["a b.csv", "ü#1%20.csv", "100%.csv", "q?&=.csv", "x[1].csv", "ليلى 🎈.csv", "a:b~c.csv"]
)
def test_names_of_any_letters_are_read_and_kept(drop: Drop, name: str) -> None:
    drop.declare(entry(pattern="*"))
    drop.put(name, A)
    assert drop.run().new == 2
    assert drop.processed() == [f"processed/2026-11-20/{name}"]


def test_a_name_that_no_store_could_hold_is_told(drop: Drop) -> None:
    drop.put("talks\t1.csv", A)
    with pytest.raises(DataError, match=r"a name is none: .* whilst parsing path segment .talks\t1.csv"):
        drop.run()
    assert drop.has_loaded_nothing()


def test_a_replayed_landing_does_not_bring_back_an_older_list(drop: Drop) -> None:
    drop.declare(entry(whole=True))
    for night, content in zip(nights(2), (A, B), strict=True):
        drop.put("talks.csv", content)
        drop.run(night=night)
    before = drop.rows("*")
    load_run(source("chat").stream("talks"), landing.runs("chat", "talks", NIGHT - timedelta(days=1))[-1])
    assert drop.rows("*") == before


def test_a_drop_is_never_reconciled(drop: Drop) -> None:
    from cx_etl.sources import account

    assert account("chat").reconcilable == []


def test_the_doctor_says_what_waits(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    from cx_etl import doctor

    drop.put("talks_1.csv", A)
    drop.put("other.txt", "x")
    found = {finding.question: finding for finding in doctor.examine(("chat",))}
    assert (found["drop"].is_good, found["drop"].answer) == (True, "2 files in the drop")
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", '{"host": "/nowhere"}')
    bad = [finding.answer for finding in doctor.examine(("chat",)) if not finding.is_good]
    assert any("/nowhere is no folder" in answer for answer in bad)
