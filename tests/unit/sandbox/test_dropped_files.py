"""Files of a dataset come into the drop at their time, once, and whole."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.files import deliver, sources
from sandbox.generate import generate

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def _dataset(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return _dataset(
        tmp_path / "set",
        {
            "chat/2026-11-19T060000Z/a.csv": "first",
            "chat/2026-11-20T060000Z/a.csv": "second",
            "chat/2026-11-21T060000Z/b.csv": "third",
            "crm/2026-11-19T070000Z/c.csv": "other",
        },
    )


def test_what_has_come_by_then_is_there_with_its_time(dataset: Path, tmp_path: Path) -> None:
    put = deliver(dataset, DAY, tmp_path / "drop")
    assert put == [tmp_path / "drop/chat/a.csv", tmp_path / "drop/crm/c.csv"]
    assert [path.read_text() for path in put] == ["first", "other"]
    assert put[0].stat().st_mtime == datetime(2026, 11, 19, 6, tzinfo=UTC).timestamp()
    assert sources(dataset) == ["chat", "crm"]


def test_nothing_comes_twice_even_when_it_was_taken_away(dataset: Path, tmp_path: Path) -> None:
    for path in deliver(dataset, DAY, tmp_path / "drop"):
        path.unlink()
    assert deliver(dataset, DAY, tmp_path / "drop") == []
    later = deliver(dataset, DAY + timedelta(days=5), tmp_path / "drop")
    assert [path.read_text() for path in later] == ["second", "third"]


def test_a_later_file_replaces_one_of_its_name(dataset: Path, tmp_path: Path) -> None:
    deliver(dataset, DAY + timedelta(days=5), tmp_path / "drop")
    visible = {path.name: path.read_text() for path in (tmp_path / "drop/chat").iterdir() if path.name[0] != "."}
    assert visible == {"a.csv": "second", "b.csv": "third"}


def test_a_dataset_without_files_delivers_none(tmp_path: Path) -> None:
    assert deliver(tmp_path, DAY, tmp_path / "drop") == []


def test_no_generated_file_comes_before_its_day_or_after_the_world(tmp_path: Path) -> None:
    generate(tmp_path / "set", seed=3, customers=40, nights=30, time_zone="Europe/Lisbon")
    stamps: dict[str, str] = {}
    for path in (tmp_path / "set/files/heyday").glob("*/conversations_*.csv"):
        stamps[path.stem.removeprefix("conversations_")] = path.parent.name
    assert len(stamps) >= 29
    assert all(f"{day}T235959Z" < stamp for day, stamp in stamps.items())
    assert max(stamps.values()) < "2026-11-23T000000Z"
