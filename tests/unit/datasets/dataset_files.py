"""Reading a dataset directory in the plainest way, for tests."""

import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec


class Version(NamedTuple):
    """One line of a stream."""

    at: datetime
    id: str | int
    record: dict[str, Any]
    line: dict[str, Any]


def versions(dataset: Path, stream: str) -> Iterator[Version]:
    """Every version in the stream, in the order of the file."""
    return (line for line in lines(dataset, stream) if not line.line.get("deleted"))


def lines(dataset: Path, stream: str) -> Iterator[Version]:
    """Every line of the stream, deletions with an empty record."""
    with gzip.open(dataset / f"{stream}.jsonl.gz", "rb") as texts:
        for line in map(msgspec.json.decode, texts):
            record = line.get("record", {})
            key = line.get("id") or record.get("response_id") or record["id"]
            yield Version(datetime.fromisoformat(line["at"]), key, record, line)


def newest(dataset: Path, stream: str, before: datetime | None = None) -> list[dict[str, Any]]:
    """The last version of each record that exists, of those before the instant."""
    found = {line.id: line.record for line in lines(dataset, stream) if before is None or line.at < before}
    return [record for record in found.values() if record]


def streams(dataset: Path) -> list[str]:
    """The streams the dataset has, as system/stream."""
    return sorted(f"{path.parent.name}/{path.name.removesuffix('.jsonl.gz')}" for path in dataset.glob("*/*.jsonl.gz"))


def time_of(text: str) -> datetime:
    """A vendor's ISO time."""
    return datetime.fromisoformat(text)
