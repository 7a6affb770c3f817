"""Large files of JSON lines, read in parts that fit in memory."""

from collections.abc import Iterator
from pathlib import Path

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
        while part := file.read(size):
            yield part + file.readline()
