"""The language that is spoken now. English, unless someone speaks another."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from cx_etl.settings import LANGUAGES, load_settings

if TYPE_CHECKING:
    from babel import Locale

ENGLISH = LANGUAGES[0]
# What readers call their language.
NAMES = {"en": "English", "ar": "العربية", "ur": "اردو", "pa": "ਪੰਜਾਬੀ", "te": "తెలుగు", "pt": "Português"}


class Spoken(NamedTuple):
    language: str
    has_native_digits: bool


_BY_DEFAULT = Spoken(ENGLISH, False)
_now: ContextVar[Spoken] = ContextVar("spoken")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within, every sentence, number and date is in the language, with the digits of the settings."""
    token = _now.set(Spoken(language, load_settings().digits == "native"))
    try:
        yield
    finally:
        _now.reset(token)


def spoken() -> Spoken:
    return _now.get(_BY_DEFAULT)


@cache
def locale_of(language: str) -> "Locale":
    """What Babel knows of the language: its separators, its names of days and months, its plurals."""
    from babel import Locale

    return Locale(language)


def is_right_to_left() -> bool:
    return locale_of(spoken().language).text_direction == "rtl"
