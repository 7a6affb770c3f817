"""Every catalogue says all that the code and the templates say, and nothing else."""

import re
from functools import cache
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from cx_etl.language.catalogue import CATALOGUES, ngettext
from cx_etl.language.spoken import NAMES, speaking
from cx_etl.settings import LANGUAGES

TRANSLATED = LANGUAGES[1:]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@cache
def said() -> frozenset[Any]:
    """What stands in code and templates: a text, or a singular with its plural."""
    with (CATALOGUES / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "NN_": (1, 2)}
    found = extract_from_dir(CATALOGUES.parent, methods, options, keywords)
    return frozenset(message for _, _, message, _, _ in found)


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "cx.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_code_and_templates_are_both_read() -> None:
    assert len(said()) > 150
    assert {"What this rests on", "Net promoter score", "Nothing was restated.", "Nights", ", late"} <= said()
    assert ("%(count)s late answer", "%(count)s late answers") in said()


def test_there_is_a_catalogue_of_every_language_and_no_other() -> None:
    assert {path.name for path in CATALOGUES.iterdir() if path.is_dir()} == set(TRANSLATED)
    assert set(NAMES) == set(LANGUAGES)


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_fuzzy_or_stale(language: str) -> None:
    found = messages(language)
    assert {message.id for message in found} == said()
    assert not catalogue(language).obsolete
    assert [message.id for message in found if message.fuzzy] == []
    assert [message.id for message in found if not all(forms(message))] == []
    plurals = {len(forms(message)) for message in found if message.pluralizable}
    assert plurals == {catalogue(language).num_plurals}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_filled_with_what_its_source_is_filled_with(language: str) -> None:
    for message in messages(language):
        sources = message.id if message.pluralizable else (message.id,)
        expected = {name for source in sources for name in PLACEHOLDER.findall(source)}
        for place, form in enumerate(forms(message)):
            # A form that stands for one number alone may say it as a word: "two answers".
            optional = {"count"} if message.pluralizable and _stands_for_one_number(language, place) else set()
            found = PLACEHOLDER.findall(form)
            assert expected - optional <= set(found) <= expected, form
            assert len(found) == len(set(found)), form
            assert form % dict.fromkeys(expected, "x"), form
            assert form.count("%%") == sources[0].count("%%"), form


@cache
def _numbers(language: str) -> dict[int, set[int]]:
    import gettext

    form_of = gettext.c2py(catalogue(language).plural_expr)  # type: ignore[attr-defined]
    found: dict[int, set[int]] = {}
    for number in range(1000):
        found.setdefault(form_of(number), set()).add(number)
    return found


def _stands_for_one_number(language: str, place: int) -> bool:
    return len(_numbers(language)[place]) == 1


def test_arabic_counts_in_its_own_forms() -> None:
    late = ("%(count)s late answer", "%(count)s late answers")
    expected = {
        0: "\u200e0 إجابة متأخرة",
        1: "إجابة متأخرة واحدة",
        2: "إجابتان متأخرتان",
        7: "\u200e7 إجابات متأخرة",
        11: "\u200e11 إجابة متأخرة",
        1204: "\u200e1,204 إجابات متأخرة",
    }
    with speaking("ar"):
        assert {number: ngettext(*late, number) for number in expected} == expected
