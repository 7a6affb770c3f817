"""Sentences in the language that is spoken now, by the gettext catalogues of locale/. English stands in the code."""

import gettext as standard
import io
from functools import cache
from pathlib import Path
from typing import Any

from cx_etl.language.numbers import count
from cx_etl.language.spoken import ENGLISH, locale_of, spoken

CATALOGUES = Path(__file__).resolve().parents[1] / "locale"


def gettext(message: str, /, **values: Any) -> str:
    """The sentence with the values in it. A per cent sign is written twice, in every message."""
    return _catalogue(spoken().language).gettext(message) % values


def ngettext(one: str, many: str, number: int, /, **values: Any) -> str:
    """The same for what is counted: in the form of the number, which is ``%(count)s`` in it."""
    found = _catalogue(spoken().language).ngettext(one, many, number)
    return found % {"count": count(number), **values}


def N_(message: str) -> str:
    """Marks a message that is translated where it is shown."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:
    """The same for the two forms of what is counted."""
    return one, many


@cache
def _catalogue(language: str) -> standard.NullTranslations:
    """Compiled when it is first needed, so that a catalogue and what is said of it cannot differ."""
    if language == ENGLISH:
        return standard.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (CATALOGUES / language / "LC_MESSAGES" / "cx.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale_of(language)))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)
