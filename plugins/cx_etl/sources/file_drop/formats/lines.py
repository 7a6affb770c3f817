"""Lines of text that know where they are: their number, and the offset of the byte after them."""

import io
from collections.abc import Iterable

from cx_etl.sources.file_drop.formats.layout import File

# A line may hold this many fields of the largest size.
_FIELDS = 16


class Lines:
    """``taken`` are the lines since somebody emptied it; ``ended`` says that the text is over."""

    def __init__(self, text: Iterable[str], number: int = 0) -> None:
        self._text, self.number = iter(text), number
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._next()
        if not line:
            self.ended = True
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def _next(self) -> str:
        return next(self._text, "")


class FileLines(Lines):
    """The lines of a file; none so long that it would not fit in memory. ``is_whole``: the last one had an end."""

    def __init__(self, text: io.TextIOWrapper, encoding: str, offset: int, file: File) -> None:
        super().__init__(())
        self._wrapper, self._encoding, self._file = text, encoding, file
        self._longest = _FIELDS * file.limits.field_characters
        self.offset = offset
        self.is_whole = True

    def _next(self) -> str:
        line = self._wrapper.readline(self._longest)
        if len(line) == self._longest:
            raise self._file.wrong(f"has more than {self._longest:,} characters in line {self.number + 1}")
        self.offset += len(line.encode(self._encoding))
        self.is_whole = line.endswith(("\n", "\r")) if line else self.is_whole
        return line
