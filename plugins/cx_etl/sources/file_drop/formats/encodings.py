"""Which encoding a text file has: by its mark, by its declaration, by being UTF-8, and only then by a guess."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from cx_etl.sources.file_drop.formats.layout import File

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before those of UTF-16, which it begins with.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What spreadsheets and older systems of our languages write. Each decodes nearly any byte, so this is a guess.
_GUESSED = ["cp1252", "cp1256", "latin_1"]
_SAMPLE_BYTES = 64 * 1024
_BLOCK_BYTES = 1024 * 1024


def encoding_of(file: File) -> tuple[str, bytes]:
    """The encoding of the file's text, and the mark that stands before it. Raises DataError if there is no telling."""
    with file.path.open("rb") as content:
        head = content.read(_SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, mark
    if file.stream.encoding:
        return _without_mark(file.stream.encoding), b""
    if wide := _wide(head):
        return wide, b""
    if _is_utf8(file.path):
        return "utf-8", b""
    return _guess(file), b""


def _without_mark(encoding: str) -> str:
    name = codecs.lookup(encoding).name
    return {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(name, name)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    if len(head) < 4:
        return None
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 and odd < 0.05 else None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as content:
            while block := content.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guess(file: File) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(b"".join(_telling_lines(file.path)), cp_isolation=_GUESSED).best()
    if best is None:
        raise file.wrong("has an encoding that cannot be told", "write encoding in its [[files]] entry")
    return best.encoding


def _telling_lines(path: Path) -> Iterator[bytes]:
    """Lines that are not plain ASCII, as many as make a sample: the others say nothing."""
    taken = 0
    with path.open("rb") as content:
        while taken < _SAMPLE_BYTES and (line := content.readline(_SAMPLE_BYTES)):
            if not line.isascii():
                taken += len(line)
                yield line
