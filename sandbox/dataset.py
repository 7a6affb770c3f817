"""A dataset directory in memory: the versions of every record, and what exists at an instant."""

import gzip
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import Response

from sandbox.clock import Clock, SlidingWindow
from sandbox.faults import Faults

Record = dict[str, Any]
Order = Callable[["Version"], tuple[Any, ...]]
# From the newest record and the time of its deletion to what the vendor shows afterwards.
Tombstone = Callable[[Record, datetime], Record]


class Line(msgspec.Struct, gc=False):
    """One line of a stream file."""

    at: datetime
    record: msgspec.Raw = msgspec.Raw(b"")
    deleted: bool = False
    id: int | str | None = None
    form_id: str | None = None


class Version(msgspec.Struct, gc=False, frozen=True):
    """One version of one record: ``keys`` holds the few fields that paging needs, ``raw`` the record as JSON."""

    at: float
    id: int | str
    keys: Any
    raw: msgspec.Raw
    deleted: bool
    form_id: str | None

    def decode(self) -> Record:
        return msgspec.json.decode(self.raw)


@dataclass(frozen=True)
class StreamSpec:
    """How to read a stream: the fields to index (``id`` among them) and what a deletion looks like, if it is shown."""

    name: str
    keys: type[msgspec.Struct]
    tombstone: Tombstone | None = None


class Stream:
    """The versions of one stream, oldest first. A view is kept until it is asked for another instant."""

    def __init__(self, versions: Iterable[Version] = ()) -> None:
        self._versions = sorted(versions, key=lambda version: version.at)
        self._times = [version.at for version in self._versions]
        self._now = -1.0
        self._views: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self._versions)

    def live(self, now: float) -> dict[int | str, Version]:
        """The newest version of each record at ``now``, without deleted ones."""
        return self.cached(now, "live", self._newest)

    def rows(self, now: float, order: Order) -> list[Version]:
        """The same as a list in the given order; the order function itself is the cache key, so pass a module's one."""
        return self.cached(now, order, lambda at: sorted(self.live(at).values(), key=order))

    def cached(self, now: float, key: Any, make: Callable[[float], Any]) -> Any:
        """What ``make`` gives for this instant, made once per instant and key."""
        if now != self._now:
            self._now, self._views = now, {}
        if key not in self._views:
            self._views[key] = make(now)
        return self._views[key]

    def _newest(self, now: float) -> dict[int | str, Version]:
        seen = self._versions[: bisect_right(self._times, now)]
        newest = {version.id: version for version in seen}
        return {key: version for key, version in newest.items() if not version.deleted}


@dataclass(frozen=True)
class Dataset:
    """What ``dataset.toml`` says, and the streams by ``system/stream``."""

    settings: dict[str, Any]
    streams: dict[str, Stream]

    def stream(self, name: str) -> Stream:
        return self.streams[name]

    def first_clock(self) -> datetime:
        """02:00 local time after the last night: when that night would be extracted."""
        zone = ZoneInfo(self.settings["time_zone"])
        return datetime.combine(self.settings["last_night"] + timedelta(days=1), time(2), zone)


@dataclass
class World:
    """All that the vendors' handlers share."""

    dataset: Dataset
    clock: Clock
    limited: bool
    faults: Faults
    calls: SlidingWindow = field(default_factory=SlidingWindow)
    # What a vendor keeps between requests: export jobs, temporary files.
    memory: dict[str, Any] = field(default_factory=dict)

    def stream(self, name: str) -> Stream:
        return self.dataset.stream(name)


def load_dataset(folder: Path, specs: Iterable[StreamSpec]) -> Dataset:
    """Read every stream named by the specs; one without a file is empty."""
    settings = tomllib.loads((folder / "dataset.toml").read_text(encoding="utf-8"))
    return Dataset(settings, {spec.name: Stream(read_versions(folder, spec)) for spec in specs})


def read_versions(folder: Path, spec: StreamSpec) -> list[Version]:
    """The versions of one stream; a deletion carries the vendor's view of it when the spec has one."""
    decode_line, decode_keys = msgspec.json.Decoder(Line).decode, msgspec.json.Decoder(spec.keys).decode
    lines = sorted((decode_line(text) for text in read_lines(folder / spec.name)), key=lambda line: line.at)
    versions: list[Version] = []
    newest: dict[int | str, msgspec.Raw] = {}
    for line in lines:
        raw, deleted = line.record, line.deleted
        if deleted and spec.tombstone and line.id in newest:
            record = spec.tombstone(msgspec.json.decode(newest[line.id]), line.at)
            raw, deleted = msgspec.Raw(msgspec.json.encode(record)), False
        keys: Any = None if deleted else decode_keys(raw)
        key = line.id if deleted else keys.id
        if key is None:
            raise ValueError(f"{spec.name}: a deletion at {line.at.isoformat()} names no id")
        versions.append(Version(line.at.timestamp(), key, keys, raw, deleted, line.form_id))
        if spec.tombstone:
            newest[key] = raw
    return versions


def read_lines(path: Path) -> list[bytes]:
    """The non-empty lines of ``<path>.jsonl`` or ``<path>.jsonl.gz``; none when neither is there."""
    plain, packed = path.with_name(f"{path.name}.jsonl"), path.with_name(f"{path.name}.jsonl.gz")
    if plain.exists():
        text = plain.read_bytes()
    elif packed.exists():
        text = gzip.decompress(packed.read_bytes())
    else:
        return []
    return [line for line in text.split(b"\n") if line.strip()]


def iso_of(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer; ``msgspec.Raw`` parts are copied as they are."""
    return Response(msgspec.json.encode(body), status, headers, "application/json; charset=utf-8")
