"""Dataset directories: gzipped JSON lines per stream, the same bytes for the same input."""

import gzip
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import msgspec

_MARK = "# Written by the sandbox; replaced as a whole when it is written again.\n"
_encode = msgspec.json.Encoder().encode


def stamp(moment: datetime) -> str:
    """The moment as the vendors write it: UTC, whole seconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode_version(at: datetime, record: Mapping[str, Any], beside: Mapping[str, Any]) -> bytes:
    """One line of a stream: a version of a record, and what stands beside it (a form's id)."""
    return _encode({"at": stamp(at), **beside, "record": record}) + b"\n"


def encode_deletion(at: datetime, record_id: str | int) -> bytes:
    """One line of a stream: the record of that id ceases to exist."""
    return _encode({"at": stamp(at), "deleted": True, "id": record_id}) + b"\n"


@dataclass(frozen=True)
class Manifest:
    """What dataset.toml says of the streams beside it, and of the files that come into a drop."""

    name: str
    licence: str
    time_zone: str
    metrics: Sequence[Mapping[str, Any]]
    files: Sequence[Mapping[str, Any]] = ()


class DatasetWriter:
    """Writes beside the target and moves into place on a clean exit, so a half-written set is never served."""

    def __init__(self, out_dir: Path) -> None:
        _refuse_foreign(out_dir)
        self.out_dir = out_dir
        self._partial = out_dir.with_name(out_dir.name + ".partial")
        self._streams: dict[str, tuple[BufferedWriter, gzip.GzipFile]] = {}
        self._earliest: datetime | None = None
        self._latest: datetime | None = None

    def __enter__(self) -> Self:
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for raw, packed in self._streams.values():
            packed.close()
            raw.close()
        if kind is not None:
            shutil.rmtree(self._partial)
            return
        if self.out_dir.exists():
            shutil.rmtree(self.out_dir)
        self._partial.rename(self.out_dir)

    def version(self, stream: str, at: datetime, record: Mapping[str, Any], **beside: Any) -> None:
        """Append one version. Versions of one id must come in the order of their times."""
        self.line(stream, at, encode_version(at, record, beside))

    def line(self, stream: str, at: datetime, line: bytes) -> None:
        """Append a line made by encode_version or encode_deletion."""
        self._note(at)
        self._open(stream).write(line)

    def nights(self, time_zone: str) -> tuple[date, date]:
        """The local dates of the earliest and the latest version or file. Raises ValueError when there is none."""
        if self._earliest is None or self._latest is None:
            raise ValueError(f"no record was written to {self.out_dir}")
        zone = ZoneInfo(time_zone)
        return self._earliest.astimezone(zone).date(), self._latest.astimezone(zone).date()

    def text(self, name: str, content: str) -> None:
        """Write a file that is not a stream."""
        (self._partial / name).write_text(content, encoding="utf-8")

    def file(self, source: str, at: datetime, name: str, content: bytes) -> None:
        """Write a file that comes into the source's drop at that time."""
        self._note(at)
        path = self._partial / "files" / source / f"{at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def describe(self, manifest: Manifest, first_night: date, last_night: date) -> None:
        """Write dataset.toml."""
        head = {"name": manifest.name, "licence": manifest.licence, "time_zone": manifest.time_zone}
        lines = [_MARK, *(f"{key} = {_toml(value)}\n" for key, value in head.items())]
        lines += [f"first_night = {first_night}\n", f"last_night = {last_night}\n"]
        for title, entries in (("metrics", manifest.metrics), ("files", manifest.files)):
            for entry in entries:
                lines += [f"\n[[{title}]]\n", *(f"{key} = {_toml(value)}\n" for key, value in entry.items())]
        self.text("dataset.toml", "".join(lines))

    def _note(self, at: datetime) -> None:
        self._earliest = at if self._earliest is None else min(at, self._earliest)
        self._latest = at if self._latest is None else max(at, self._latest)

    def _open(self, stream: str) -> gzip.GzipFile:
        if stream not in self._streams:
            path = self._partial / f"{stream}.jsonl.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = path.open("wb")
            packed = gzip.GzipFile(filename="", mode="wb", compresslevel=3, fileobj=raw, mtime=0)
            self._streams[stream] = raw, packed
        return self._streams[stream][1]


def _toml(value: Any) -> str:
    """A TOML value. JSON's notation of strings, numbers and flat lists is TOML's too."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return _encode(value).decode()


def _refuse_foreign(out_dir: Path) -> None:
    """Raise FileExistsError when the directory holds anything the sandbox did not write."""
    if not out_dir.exists() or not any(out_dir.iterdir()):
        return
    manifest = out_dir / "dataset.toml"
    if not (manifest.exists() and manifest.read_text(encoding="utf-8").startswith(_MARK)):
        raise FileExistsError(f"{out_dir} holds files the sandbox did not write; name a new directory")
