"""Landing: response pages as received, compressed and immutable, a journal while running, a manifest at the end.

``landing/<source>/<stream>/night=<date>/<run>/`` holds ``page-00001.zst`` …, ``journal.jsonl`` (one line per step,
synced before the next request) and, only when the window is complete, ``manifest.json``.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import zstandard

from cx_etl.errors import CxError, DataError
from cx_etl.settings import load_settings
from cx_etl.sources.base import Request

ACCOUNT = "main"


class Step(msgspec.Struct, frozen=True):
    """One answered request: the page it landed (if any), and what is to be asked next."""

    next: Request | None
    file: str | None = None
    sha256: str | None = None
    records: int = 0
    bytes: int = 0
    vendor_total: int | None = None
    cursor: str | None = None
    calls: int = 0
    context: dict[str, str] = {}
    observed_at: datetime | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What a finished run fetched, and the proof that it is all there was."""

    source: str
    account: str
    stream: str
    night: date
    run_id: str
    window_from: datetime
    window_to: datetime
    pages: int
    records: int
    bytes: int
    calls: int
    vendor_total: int | None
    cursor_before: str | None
    cursor_after: str | None
    seconds: float


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    path: Path

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def is_finished(self) -> bool:
        return (self.path / "manifest.json").exists()

    @property
    def is_resumable(self) -> bool:
        """Interrupted, rather than finished or given up."""
        return not self.is_finished and not (self.path / "abandoned.txt").exists()

    def abandon(self, reason: str) -> None:
        """Give the run up: its pages stay as evidence, the next extraction starts anew."""
        _write_whole(self.path / "abandoned.txt", reason.encode())

    def steps(self) -> list[Step]:
        """The steps taken so far. A last line cut by a crash is not one of them, and is removed."""
        journal = self.path / "journal.jsonl"
        if not journal.exists():
            return []
        content = journal.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(journal, len(whole))
        return [msgspec.json.decode(line, type=Step) for line in whole.splitlines()]

    def record(self, step: Step) -> None:
        """Append a step; it is on the disk before this returns."""
        with (self.path / "journal.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(step) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def land(self, number: int, body: bytes) -> tuple[str, str]:
        """Write a page as received; returns its file name and the SHA-256 of the bytes as received."""
        name = f"page-{number:05d}.zst"
        _write_whole(self.path / name, zstandard.ZstdCompressor(level=3).compress(body))
        return name, hashlib.sha256(body).hexdigest()

    def finish(self, manifest: Manifest) -> None:
        _write_whole(self.path / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))

    def manifest(self) -> Manifest:
        return msgspec.json.decode((self.path / "manifest.json").read_bytes(), type=Manifest)

    def pages(self) -> Iterator[tuple[Step, bytes]]:
        """Landed pages in order, each verified against its checksum. Raises DataError naming a damaged file."""
        for step in self.steps():
            if step.file is None:
                continue
            path = self.path / step.file
            body = zstandard.ZstdDecompressor().decompress(path.read_bytes(), max_output_size=step.bytes)
            if hashlib.sha256(body).hexdigest() != step.sha256:
                raise DataError(f"{path} is not what was received: its checksum differs", "extract the night again")
            yield step, body


def night_dir(source: str, stream: str, night: date) -> Path:
    return load_settings().landing_dir / source / stream / f"night={night.isoformat()}"


def new_run(source: str, stream: str, night: date) -> Run:
    """A new, empty run folder; run ids sort by time."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    path = night_dir(source, stream, night) / run_id
    path.mkdir(parents=True)
    return Run(path)


def runs(source: str, stream: str, night: date) -> list[Run]:
    """The night's runs, oldest first."""
    folder = night_dir(source, stream, night)
    return [Run(path) for path in sorted(folder.iterdir())] if folder.exists() else []


def finished_run(source: str, stream: str, night: date, run_id: str | None) -> Run:
    """The given run, or the newest finished one. Raises CxError when there is none."""
    for run in reversed(runs(source, stream, night)):
        if run.is_finished and run_id in (None, run.run_id):
            return run
    raise CxError(
        f"nothing complete has landed for {source} {stream} of {night}", f"cx extract {night} --source {source}"
    )


def _write_whole(path: Path, content: bytes) -> None:
    """The file appears with all its content or not at all, crash or not."""
    temporary = path.with_suffix(path.suffix + ".part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
