"""Page and mail of a real publication in every language: all of it, in its direction, with its numbers and dates."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cx_etl import snapshot
from cx_etl.errors import ConfigError
from cx_etl.language.numbers import brief, count, day, month, number, percent_sign, short_day, signed
from cx_etl.language.spoken import speaking
from cx_etl.mail.contents import Contents, contents_of
from cx_etl.mail.edition import Edition, edition_of
from cx_etl.mail.subscriptions import Subscription
from cx_etl.settings import LANGUAGES, load_settings
from cx_etl.snapshot.page import mirrored
from tests.expectations.handmade import NIGHT, connection
from tests.unit.language.test_catalogues import PLACEHOLDER, TRANSLATED, forms, messages
from tests.unit.snapshot.conftest import HOSTILE, marts, publish_build, two_publications  # noqa: F401

MINUS = "\N{MINUS SIGN}"
MARK = "\N{LEFT-TO-RIGHT MARK}"
RIGHT_TO_LEFT = ("ar", "ur")
# What is the same in every script: abbreviations, names of sources, segments and metrics of the fixture, addresses.
NAMES = {"UTC", "NPS", "CSAT", "shopify", "zendesk", "channel", "board", "script", "alert", "x"}
NAMES |= {"fct", "orders", "delivery", "days", "at", "least", "observed", "of", "rows"}


def words_of(html: str) -> str:
    """What is read, in one line: without styles, pictures, and what is marked as English."""
    bare = re.sub(r"<(style|svg|nav).*?</\1>|<(\w+)[^>]* lang=\"en\" dir=\"ltr\">.*?</\2>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>|&#?\w+;", " ", bare))


def english_left(language: str, text: str) -> list[str]:
    """Of the catalogue's sentences, the pieces that stand in the text in English."""
    lines = {" ".join(form.split()) for message in messages(language) for form in forms(message)}
    pieces = [piece for message in messages(language) for source in _sources(message.id) for piece in _pieces(source)]
    return [piece for piece in pieces if not any(piece in line for line in lines) and piece in text]


def _sources(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


def _pieces(source: str) -> list[str]:
    """What stands between placeholders; a single word is found by the script."""
    pieces = re.split(PLACEHOLDER.pattern.replace("(\\w+)", "\\w+"), source.replace("%%", "%"))
    return [piece.strip(" ,.:;") for piece in pieces if len(re.findall(r"\w+", piece)) > 1]


def latin_words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", text)) - NAMES


@pytest.fixture(params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(language: str, two_publications: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: F811
    monkeypatch.setenv("CX_SNAPSHOT_LANGUAGES", f"en,{language}")
    path = Path(snapshot.render(two_publications[1]).path)
    return path.with_suffix(f".{language}.html").read_text(encoding="utf-8")


@pytest.fixture
def letter(language: str, two_publications: tuple[int, int]) -> Contents:  # noqa: F811
    with connection() as warehouse:
        return contents_of(warehouse, edition_of(warehouse, NIGHT), subscription(language))


def subscription(language: str) -> Subscription:
    return Subscription(name="board", to=("ann@shop.example",), language=language, zone="UTC")  # type: ignore[arg-type]


def test_no_english_is_left_on_the_page(page: str, language: str) -> None:
    words = words_of(page)
    assert english_left(language, words) == []
    labels = " ".join(re.findall(r'aria-label="([^"]+)"', page))
    assert english_left(language, labels) == []
    if language != "pt":
        assert latin_words(words) == set()
        assert latin_words(labels) == set()


def test_no_english_is_left_in_the_mail(letter: Contents, language: str) -> None:
    plain = letter.text[: letter.text.rindex("95%")].rpartition("\n\n")[0]
    for words in (letter.subject, words_of(letter.html), " ".join(plain.split()), *letter.things):
        assert english_left(language, words) == []
        if language != "pt":
            assert latin_words(words) == set()


@pytest.mark.parametrize("kind", ["no_new_data", "gate red", "taken back"])
def test_no_english_is_left_where_an_older_publication_is_told(
    language: str,
    kind: str,
    two_publications: tuple[int, int],  # noqa: F811
) -> None:
    first, second = two_publications
    editions = {
        "no_new_data": Edition(NIGHT, "no_new_data", second),
        "gate red": Edition(NIGHT, "kept", first, "gate red", ("7 of 9 rows",)),
        "taken back": Edition(NIGHT, "kept", first, "taken back", taken_back=second),
    }
    with connection() as warehouse:
        told = contents_of(warehouse, editions[kind], subscription(language))
    for words in (told.subject, words_of(told.html), *told.things):
        assert english_left(language, words) == []
        if language != "pt":
            assert latin_words(words) == set()


def test_page_and_mail_run_in_the_direction_of_their_script(page: str, letter: Contents, language: str) -> None:
    is_turned = language in RIGHT_TO_LEFT
    for html in (page, letter.html):
        assert re.search(rf'<html lang="{language}"' + (' dir="rtl">' if is_turned else ">"), html)
    assert bool(re.search('<table[^>]* dir="rtl"', letter.html)) == is_turned
    assert ("text-align: right; vertical-align" in page) == is_turned
    assert "direction: ltr" in page, "a chart's time runs from the left"


def test_figures_are_the_same_in_every_language(page: str, letter: Contents, language: str) -> None:
    shown = {"pt": "12.345", "pa": "12,345", "te": "12,345"}.get(language, f"{MARK}12,345")
    decimal = "," if language == "pt" else "."
    for words in (words_of(page), words_of(letter.html), letter.text):
        assert shown in words
        assert f"{MARK if language in RIGHT_TO_LEFT else ''}{MINUS}31{decimal}3" in words
    assert HOSTILE not in page + letter.html


def test_pages_link_one_another(two_publications: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("CX_SNAPSHOT_LANGUAGES", "pt,ar,en")
    path = Path(snapshot.render(two_publications[1]).path)
    names = {"pt": path.name, "ar": f"{path.stem}.ar.html", "en": f"{path.stem}.en.html"}
    for language, name in names.items():
        links = re.findall(r'<a href="([^"]+)" lang="(\w+)"', (path.parent / name).read_text(encoding="utf-8"))
        assert {(other, names[other]) for other in names if other != language} == {(lang, to) for to, lang in links}
        index = path.with_name("index.html" if language == "pt" else f"index.{language}.html")
        assert index.read_bytes() == (path.parent / name).read_bytes()
    assert '<html lang="pt">' in (load_settings().snapshots_dir / "index.html").read_text(encoding="utf-8")


def test_a_page_that_stands_is_kept(two_publications: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("CX_SNAPSHOT_LANGUAGES", "en,pt")
    beside = Path(snapshot.render(two_publications[1]).path).with_suffix(".pt.html")
    before = beside.read_bytes()
    with connection() as warehouse:
        warehouse.execute("update raw.quarantine set replayed_at = now()")
    snapshot.render(two_publications[1])
    assert beside.read_bytes() == before


def test_with_one_language_there_is_one_page_and_no_link(two_publications: tuple[int, int]) -> None:  # noqa: F811
    path = Path(snapshot.render(two_publications[1]).path)
    assert {each.name for each in path.parent.iterdir()} == {path.name, "index.html"}
    assert "hreflang" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("1,234.6", f"{MINUS}3.1", "+1.2", "±0.0", "1,234,567", "31", "%")),
        ("pt", ("1.234,6", f"{MINUS}3,1", "+1,2", "±0,0", "1.234.567", "31", "%")),
        ("te", ("1,234.6", f"{MINUS}3.1", "+1.2", "±0.0", "12,34,567", "31", "%")),
        ("ar", (*(MARK + text for text in ("1,234.6", f"{MINUS}3.1", "+1.2", "±0.0", "1,234,567", "31")), "%")),
    ],
)
def test_numbers_are_written_as_the_language_does(language: str, expected: tuple[str, ...]) -> None:
    with speaking(language):
        found = (number(1234.56), number(-3.14), signed(1.25), signed(-0.04), count(1234567), brief(Decimal("31.02")))
        assert (*found, percent_sign()) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ar", MARK + "١٬٢٣٤٫٦"),
        ("ur", MARK + "۱٬۲۳۴٫۶"),
        ("pa", "੧,੨੩੪.੬"),
        ("te", "౧,౨౩౪.౬"),
        ("pt", "1.234,6"),
        ("en", "1,234.6"),
    ],
)
def test_digits_can_be_those_of_the_script(language: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_SNAPSHOT_DIGITS", "native")
    with speaking(language):
        assert number(1234.56) == expected
        if language not in ("pt", "en"):
            assert not re.search("[0-9]", day(date(2018, 10, 18)) + short_day(date(2018, 10, 18)))


def test_dates_are_written_as_the_language_does() -> None:
    night = date(2018, 10, 18)
    with speaking("pt"):
        assert day(night) == "quinta-feira, 18 de outubro de 2018"
        assert month(night) == "outubro de 2018"
    with speaking("ar"):
        assert day(night) == "الخميس، 18 أكتوبر 2018"
    assert (day(night), short_day(night), month(night)) == ("Thursday 18 October 2018", "2018-10-18", "2018-10")


def test_a_style_sheet_is_turned_round() -> None:
    css = "td { text-align: left; padding: 1px 2px 3px 4px; border-left: 0; margin: 0 0 6px; }"
    turned = "td { text-align: right; padding: 1px 4px 3px 2px; border-right: 0; margin: 0 0 6px; }"
    assert mirrored(css) == css
    with speaking("ur"):
        assert mirrored(css) == turned


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("LANGUAGES", "en,tlh", r"\[snapshot\] languages: 'tlh' is none of en, ar, ur, pa, te, pt"),
        ("DIGITS", "roman", r"\[snapshot\] digits is 'roman'"),
    ],
)
def test_an_unknown_language_is_refused(key: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CX_SNAPSHOT_{key}", value)
    with pytest.raises(ConfigError, match=says):
        load_settings()


def test_every_language_can_be_subscribed_to() -> None:
    from typing import get_args, get_type_hints

    assert get_args(get_type_hints(Subscription)["language"]) == LANGUAGES
