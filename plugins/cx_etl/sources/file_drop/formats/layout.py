"""How a file is laid out and landed: each part as received, behind one line that says how to read it."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from cx_etl.errors import DataError
from cx_etl.sources.file_drop.contracts import BROKEN
from cx_etl.sources.file_drop.declaration import FileStream
from cx_etl.sources.file_drop.limits import Limits

PART_BYTES = 8 * 1024 * 1024
# What the standard library raises for an archive that is cut, damaged, encrypted or packed in an unknown way.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


class How(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the bytes of a part are read.

    ``columns`` are the keys of a record in the order of the file, ``names`` the keys that differ from the file's own.
    ``skip`` lines at the start of the part are no rows; ``line`` is the number of its first line in the file.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    names: dict[str, str] = {}
    skip: int = 0
    line: int = 1
    sheet: str = ""


@dataclass(frozen=True)
class File:
    """A fetched file: its plain content on the disk, what it is called where it came from, and inside its archive."""

    path: Path
    name: str
    stream: FileStream
    limits: Limits
    inner: str = ""

    @property
    def ending(self) -> str:
        return PurePosixPath(self.inner or self.name).suffix.lower()

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def wrong(self, reason: str, next_step: str = "") -> DataError:
        """The error that leaves the file where it is."""
        return DataError(
            f"{self.stream.label}: {self.name} {reason}",
            next_step or "deliver the file again, or correct its [[files]] entry; nothing of it was loaded",
        )


@dataclass(frozen=True)
class Part:
    """The bytes from ``start`` to ``end`` of a file hold whole rows."""

    start: int
    end: int
    how: How


@dataclass(frozen=True)
class Survey:
    """What a file was found to be. Its parts follow each other without a gap."""

    rows: int
    parts: tuple[Part, ...]
    detected: dict[str, str]

    def bodies(self, path: Path) -> Iterator[bytes]:
        """What lands: each part behind the line that says how to read it."""
        with path.open("rb") as content:
            for part in self.parts:
                content.seek(part.start)
                yield msgspec.json.encode(part.how) + b"\n" + content.read(part.end - part.start)


def whole(file: File, rows: int, how: How, **detected: str) -> Survey:
    """The survey of a file that is one part."""
    return Survey(rows, (Part(0, file.size, how),), {"format": how.format, **detected})


def require_small(file: File) -> None:
    """Raise DataError for a file that would not fit in memory."""
    if file.size > file.limits.whole_file_bytes:
        raise file.wrong(
            f"has {file.size / 1e6:,.0f} MB and can only be read whole",
            "split it, deliver CSV or JSON lines, or raise [options.file_drop] largest_whole_file_mb",
        )


def record_keys(file: File, header: Iterable[str]) -> tuple[str, ...]:
    """What each column of the header is called in a record: declared ones by their name, others by their own title.

    Raises DataError naming the file and a declared column that is missing or there twice.
    """
    names = file.stream.names_by_header
    reserved = {column.name for column in file.stream.columns} | {BROKEN}
    keys: list[str] = []
    for position, text in enumerate(header, start=1):
        title = text.strip()
        key = names.get(title)
        if key in keys:
            raise file.wrong(f"has the column {title!r} twice")
        if key is None:
            key = title or f"column {position}"
            key = f"{key} ({position})" if key in reserved or key in keys else key
        keys.append(key)
    require_columns(file, keys)
    return tuple(keys)


def require_columns(file: File, found: Iterable[str]) -> None:
    """Raise DataError naming the file and the declared columns that are not among those found."""
    found = list(found)
    missing = [column for column in file.stream.columns if not column.optional and column.name not in found]
    if missing:
        titles = ", ".join(" or ".join(map(repr, column.headers)) for column in missing)
        raise file.wrong(f"has no column {titles}; it has {', '.join(map(repr, found))[:500] or 'none'}")


def broken(reason: str, text: str) -> msgspec.Raw:
    """The record that stands for a row which is none."""
    return msgspec.Raw(msgspec.json.encode({BROKEN: reason, "text": text}))
