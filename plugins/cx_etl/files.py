"""Large files of JSON lines, plain or zipped, read in parts that fit in memory."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cx_etl.errors import RetriableError

PART_BYTES = 8 * 1024 * 1024


def count_lines(path: Path) -> tuple[int, bool]:
    """How many lines that are not empty the file has, and whether its last one ends a JSON object."""
    lines, last = 0, b""
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                lines, last = lines + 1, line
    return lines, last.rstrip().endswith(b"}") or not lines


def line_parts(path: Path, size: int = PART_BYTES) -> Iterator[bytes]:
    """The file in parts of about that many bytes, each ending at the end of a line."""
    with path.open("rb") as file:
        yield from _parts(file, size)


def zipped_lines(path: Path, name: str) -> Iterator[bytes]:
    """The lines of the zip's only member that are not empty. Raises RetriableError, in the end at the latest, for a zip
    that is cut or damaged: its checksum covers every byte. ``name`` says in the error what it is.
    """
    with _only_member(path, name) as member:
        yield from (line for line in member if line.strip())


def zipped_line_parts(path: Path, name: str, size: int = PART_BYTES) -> Iterator[bytes]:
    """The zip's only member in parts of about that many bytes, each ending at the end of a line."""
    with _only_member(path, name) as member:
        yield from _parts(member, size)


def zipped_checksum(path: Path, name: str) -> str:
    """What tells the zip's only member from another one: its checksum and its size."""
    with _only_member(path, name), zipfile.ZipFile(path) as archive:
        (member,) = archive.infolist()
        return f"{member.CRC:08x} {member.file_size}"


@contextmanager
def _only_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if len(members := archive.namelist()) != 1:
                raise RetriableError(f"{name}: the zip holds {len(members)} files instead of one", "run again")
            with archive.open(members[0]) as member:
                yield member
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise RetriableError(f"{name}: the zip is cut or damaged: {error}", "run again") from error


def _parts(file: IO[bytes], size: int) -> Iterator[bytes]:
    while part := file.read(size):
        yield part + file.readline()
