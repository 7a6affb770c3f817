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

    A set that ``stands_alone`` is another shop's, in other years and money: it is converted where it is asked for, and
    not as one of a directory of sets.
    """

    name: str
    licence: str
    marker: str
    convert: Callable[[Path, DatasetWriter], None]
    metrics: tuple[Mapping[str, Any], ...]
    stands_alone: bool = False


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
