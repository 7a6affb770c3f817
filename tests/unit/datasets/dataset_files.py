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
    """Every line of the stream, in the order of the file."""
    with gzip.open(dataset / f"{stream}.jsonl.gz", "rb") as lines:
        for text in lines:
            line = msgspec.json.decode(text)
            record = line["record"]
            key = record["response_id"] if "response_id" in record else record["id"]
            yield Version(datetime.fromisoformat(line["at"]), key, record, line)


def newest(dataset: Path, stream: str, before: datetime | None = None) -> list[dict[str, Any]]:
    """The last version of each record, of those before the instant."""
    found = {
        version.id: version.record for version in versions(dataset, stream) if before is None or version.at < before
    }
    return list(found.values())


def streams(dataset: Path) -> list[str]:
    """The streams the dataset has, as system/stream."""
    return sorted(f"{path.parent.name}/{path.name.removesuffix('.jsonl.gz')}" for path in dataset.glob("*/*.jsonl.gz"))


def time_of(text: str) -> datetime:
    """A vendor's ISO time."""
    return datetime.fromisoformat(text)
