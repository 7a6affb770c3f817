"""Landing: response pages as received, compressed and immutable, a journal while running, a manifest at the end.

``landing/<account id>/<stream>/night=<date>/<run>/`` holds ``page-00001.zst`` …, ``journal.jsonl`` (one line per step,
synced before the next request) and, only when the window is complete, ``manifest.json``. The id of a source's main
account is the source's name.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import zstandard

from cx_etl.errors import DataError, RetriableError
from cx_etl.settings import load_settings
from cx_etl.sources.base import Request


class File(msgspec.Struct, frozen=True):
    """One landed page: its name in the run's folder, and the SHA-256 and size of what was received."""

    name: str
    sha256: str
    bytes: int


class Step(msgspec.Struct, frozen=True):
    """One answered request: the pages it landed (none, one, or the parts of a file), and what it leads to.

    A run's first step is its start: no answer, only the first requests.
    """

    next: tuple[Request, ...]
    files: tuple[File, ...] = ()
    records: int = 0
    vendor_total: int | None = None
    cursor: str | None = None
    calls: int = 0
    quota_used: float = 0.0
    quota_left: float | None = None
    chain: str = ""
    context: dict[str, str] = {}
    observed_at: datetime | None = None
    note: str = ""


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
    quota_used: float
    quota_left: float | None
    observed_at: datetime
    seconds: float
    notes: tuple[str, ...] = ()


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
        write_whole(self.path / "abandoned.txt", reason.encode())

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

    def land(self, number: int, body: bytes) -> File:
        """Write a page as received."""
        name = f"page-{number:05d}.zst"
        write_whole(self.path / name, zstandard.ZstdCompressor(level=3).compress(body))
        return File(name, hashlib.sha256(body).hexdigest(), len(body))

    def land_again(self, file: File, body: bytes) -> File:
        """Write what a page may hold from now on beside it, under a name of its own."""
        name = f"{file.name.removesuffix('.zst').partition('~')[0]}~{secrets.token_hex(3)}.zst"
        write_whole(self.path / name, zstandard.ZstdCompressor(level=3).compress(body))
        return File(name, hashlib.sha256(body).hexdigest(), len(body))

    def rewrite_journal(self, steps: list[Step]) -> None:
        """Put these steps in place of those taken, all at once."""
        write_whole(self.path / "journal.jsonl", b"".join(msgspec.json.encode(step) + b"\n" for step in steps))

    def finish(self, manifest: Manifest) -> None:
        write_whole(self.path / "manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))

    def manifest(self) -> Manifest:
        return msgspec.json.decode((self.path / "manifest.json").read_bytes(), type=Manifest)

    def pages(self) -> Iterator[tuple[Step, str, bytes]]:
        """Landed pages in order with their step and file name, each verified against its checksum.

        Raises DataError naming a damaged file.
        """
        for step in self.steps():
            for file in step.files:
                yield step, file.name, self.body(file)

    def body(self, file: File) -> bytes:
        """The page as it was received, or rewritten. Raises DataError if it is not what its checksum says."""
        path = self.path / file.name
        body = zstandard.ZstdDecompressor().decompress(path.read_bytes(), max_output_size=file.bytes)
        if hashlib.sha256(body).hexdigest() != file.sha256:
            raise DataError(f"{path} is not what was received: its checksum differs", "extract the night again")
        return body


@contextmanager
def alone(account_id: str, stream: str) -> Iterator[None]:
    """Within, nobody else lands the stream. Raises RetriableError at once if somebody does.

    A lock of the file system, not of the warehouse: that one is lost when the server restarts, and two workers would
    write to one run. It ends with its process, however that ends.
    """
    path = load_settings().landing_dir / account_id / stream / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RetriableError(
                f"{account_id} {stream} is being extracted by somebody else", "wait until that ends, then run again"
            ) from error
        yield


def folder_of(account_id: str, stream: str, night: date, purpose: str = "night") -> Path:
    """Where the runs of that night are; ``purpose`` is ``night``, or ``reconcile`` for a longer window."""
    return load_settings().landing_dir / account_id / stream / f"{purpose}={night.isoformat()}"


def new_run(account_id: str, stream: str, night: date, purpose: str = "night") -> Run:
    """A new, empty run folder; run ids sort by time."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
    path = folder_of(account_id, stream, night, purpose) / run_id
    path.mkdir(parents=True)
    return Run(path)


def runs(account_id: str, stream: str, night: date, purpose: str = "night") -> list[Run]:
    """The night's runs, oldest first."""
    folder = folder_of(account_id, stream, night, purpose)
    return [Run(path) for path in sorted(folder.iterdir())] if folder.exists() else []


def newest_finished(found: list[Run], run_id: str | None = None) -> Run | None:
    """The finished run of that id, or the newest finished one; None when there is none."""
    finished = [run for run in found if run.is_finished and run_id in (None, run.run_id)]
    return finished[-1] if finished else None


def write_whole(path: Path, content: bytes) -> None:
    """The file appears with all its content or not at all, crash or not."""
    temporary = path.with_suffix(path.suffix + ".part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
