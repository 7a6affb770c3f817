"""The lexicon: which words mean what, and the matching of a comment's words with it.

It is data (``voice_lexicon.csv``): a term is a word, several, or the beginning (``term*``) or ending (``*term``) of
one; its role says what it does to the terms beside it.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cx_etl.voice.text import STOP, shortened, words

# What Arabic writes together with the next word: and, so, with, for, like, the.
ARABIC_PREFIXES = ("وال", "فال", "بال", "كال", "لل", "ال", "و", "ف", "ب", "ل", "ك")
# Beginnings and endings are looked for up to this many characters.
LONGEST_PART = 12


@dataclass(frozen=True)
class Term:
    """One line of the lexicon; see ``ROLES`` for its role."""

    language: str
    text: str
    theme: str
    polarity: int
    weight: float
    role: str


@dataclass(frozen=True)
class Match:
    """A term that occurs at a place in a comment's words, over ``length`` of them."""

    place: int
    length: int
    term: Term


# word: tells a theme or a mood; negator: turns what follows; negator_after: what precedes; intensifier: weighs its
# neighbour; contrast: what precedes weighs less; marker: only tells the language.
ROLES = ("word", "negator", "negator_after", "intensifier", "contrast", "marker")


def read_terms(path: Path) -> list[Term]:
    """The terms of the file. Raises ValueError for one that no comment could match, or that contradicts itself."""
    with path.open(encoding="utf-8", newline="") as lines:
        terms = [
            Term(row["language"], row["term"], row["theme"], int(row["polarity"]), float(row["weight"]), row["role"])
            for row in csv.DictReader(lines)
        ]
    for term in terms:
        if term.role not in ROLES or term.polarity not in (-1, 0, 1) or set(words(term.text)) <= {STOP}:
            raise ValueError(f"{path.name}: {term} has an unknown role or polarity, or no word")
    return terms


def digest_of(path: Path) -> str:
    """Twelve digits that change with the content of the file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


class Matcher:
    """Finds terms in words, the longest first. Holds those it is given; the first of two equal ones wins."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._single: dict[str, Term] = {}
        self._beginnings: dict[str, Term] = {}
        self._endings: dict[str, Term] = {}
        self._several: dict[str, dict[tuple[str, ...], Term]] = {}
        self._markers: set[str] = set()
        for term in terms:
            self._add(term)
        self._longest = {
            first: sorted({len(rest) for rest in rests}, reverse=True) for first, rests in self._several.items()
        }
        self._known = lru_cache(maxsize=1 << 16)(self._look_up)

    def _add(self, term: Term) -> None:
        parts = tuple(words(term.text.strip("*")))
        if term.role == "marker":
            self._markers.add(parts[0])
        elif term.text.endswith("*"):
            self._beginnings.setdefault(parts[0], term)
        elif term.text.startswith("*"):
            self._endings.setdefault(parts[0], term)
        elif len(parts) == 1:
            self._single.setdefault(parts[0], term)
        else:
            self._several.setdefault(parts[0], {}).setdefault(parts[1:], term)

    def matches(self, found: Sequence[str]) -> Iterator[Match]:
        """The matches from left to right; a word is part of one at most."""
        place, end = 0, len(found)
        while place < end:
            word = found[place]
            match = (self._longer(found, place) if word in self._several else None) or self._one(word, place)
            if match:
                yield match
            place += match.length if match else 1

    def _longer(self, found: Sequence[str], place: int) -> Match | None:
        rests = self._several[found[place]]
        for length in self._longest[found[place]]:
            term = rests.get(tuple(found[place + 1 : place + 1 + length]))
            if term:
                return Match(place, length + 1, term)
        return None

    def _one(self, word: str, place: int) -> Match | None:
        term = self._known(word)
        return Match(place, 1, term) if term else None

    def _look_up(self, word: str) -> Term | None:
        if word in self._single or word in self._markers:
            return self._single.get(word)
        return self._single.get(shortened(word)) or self._part_of(word) or self._without_prefix(word)

    def _part_of(self, word: str) -> Term | None:
        """The longest ending, or else beginning: endings are grammar, and may turn what the beginning says."""
        lengths = range(min(len(word), LONGEST_PART), 2, -1)
        endings = (self._endings.get(word[-length:]) for length in lengths)
        beginnings = (self._beginnings.get(word[:length]) for length in lengths)
        return next(filter(None, endings), None) or next(filter(None, beginnings), None)

    def _without_prefix(self, word: str) -> Term | None:
        if not "\u0621" <= word[0] <= "\u064a":
            return None
        for prefix in ARABIC_PREFIXES:
            if word.startswith(prefix) and len(word) > len(prefix) + 2:
                term = self._single.get(word[len(prefix) :])
                if term and term.role == "word":
                    return term
        return None
