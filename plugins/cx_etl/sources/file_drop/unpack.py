"""Compressed files: their content, on the disk, and never more of it than the limit."""

import gzip
import zipfile
from pathlib import PurePosixPath
from typing import Protocol

from cx_etl.sources.file_drop.formats.layout import UNREADABLE, File

# Where the content of a compressed file is put, beside the file itself.
UNPACKED = "unpacked.part"
_BLOCK_BYTES = 1024 * 1024


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def unpacked(file: File) -> File:
    """The file itself, or what a .gz or .zip holds. Raises DataError for one that is cut or too large."""
    try:
        if file.ending == ".gz":
            with gzip.open(file.path) as content:
                return _copied(file, content, PurePosixPath(file.name).stem)
        if file.ending == ".zip":
            with zipfile.ZipFile(file.path) as archive, archive.open(_only_member(file, archive)) as content:
                return _copied(file, content, PurePosixPath(content.name or "").name)
    except UNREADABLE as error:
        raise file.wrong(f"cannot be unpacked: {error}; it may be cut") from None
    if file.size > file.limits.file_bytes:
        raise _too_large(file)
    return file


def _only_member(file: File, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir() and not _is_mark(member.filename)]
    if len(members) != 1:
        raise file.wrong(f"holds {len(members)} files; a zip may hold one")
    return members[0]


def _is_mark(name: str) -> bool:
    """What macOS puts beside each file."""
    return name.startswith("__MACOSX/") or name.endswith("/.DS_Store")


def _copied(file: File, content: _Readable, inner: str) -> File:
    path, left = file.path.with_name(UNPACKED), file.limits.file_bytes
    with path.open("wb") as target:
        while block := content.read(_BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                raise _too_large(file)
            target.write(block)
    return File(path, file.name, file.stream, file.limits, inner)


def _too_large(file: File) -> Exception:
    return file.wrong(
        f"holds more than {file.limits.largest_file_mb:,.0f} MB",
        "split it, or raise [options.file_drop] largest_file_mb",
    )
