"""Adapters: each turns one published set of real data into vendor records, streaming from its files."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.records.writer import DatasetWriter


@dataclass(frozen=True)
class Adapter:
    """One set: how to recognise it, how to convert it, under which terms, and what its questions measure.

    One that ``has_dates`` of its own is merged with others; one without has no place in their calendar.
    """

    name: str
    licence: str
    marker: str
    convert: Callable[[Path, DatasetWriter], None]
    metrics: tuple[Mapping[str, Any], ...]
    has_dates: bool = True


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a gzipped CSV file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def number_of(hexadecimal: str) -> int:
    """A numeric id from a 32-digit hexadecimal one: its first 15 digits, which fit a signed 64-bit integer."""
    return int(hexadecimal[:15], 16)


def distinct_numbers(ids: set[str], what: str) -> None:
    """Raise ValueError when two of the ids would get the same number."""
    if len({number_of(one) for one in ids}) != len(ids):
        raise ValueError(f"{what}: two ids share their first 15 digits; lengthen number_of")
