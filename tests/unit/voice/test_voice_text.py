"""One spelling for what readers take for the same word."""

# ruff: noqa: RUF001 - letters that look alike are the subject here
import time
import unicodedata

import pytest

from cx_etl.voice.text import STOP, words

SENTENCES = (
    "Ótimo produto, não é caro",
    "خدمةٌ ممتازةٌ جِدًّا، شكراً",
    "بہت اچھی سروس ہے۔",
    "ਖ਼ਰਾਬ ਗੁਣਵੱਤਾ",
    "చాలా బాగుంది, ఆకట్టుకుంది",
)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_normal_form_of_the_text_does_not_matter(sentence: str, form: str) -> None:
    assert words(unicodedata.normalize(form, sentence)) == words(sentence)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("مُمْتَازٌ", "ممتاز"),  # vowel signs
        ("ممتـــاز", "ممتاز"),  # lengthening strokes
        ("أحمد إلى آخر", "احمد الي اخر"),  # forms of alef, final ya
        ("خدمة", "خدمه"),
        ("ہے ہیں کی", "ھے ھیں كي"),  # Urdu letters and their Arabic twins
        ("ﻣﻤﺘﺎﺯ", "ممتاز"),  # presentation forms
        ("ما\u200cشاء", "ماشاء"),  # zero-width non-joiner
        ("పంచ్\u200cల", "పంచ్ల"),
        ("\u202bخدمة\u202c\u200f", "خدمة"),  # direction marks
        ("\ufeffgood", "good"),
        ("GOOD", "good"),
        ("Ｇｏｏｄ", "good"),  # full width
        ("don’t", "dont"),
        ("gooooood", "good"),
        ("👍🏽", "👍"),  # skin tone
        ("❤️", "❤"),  # variation selector
        ("não", "nao"),
        ("<b>good</b><br/>app", "good app"),
        ("good &amp; cheap", "good cheap"),
        ("good\x00app", "goodapp"),
        ("nice:)", "nice 🙂"),
    ],
)
def test_the_same_to_a_reader(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_vowel_signs_of_indic_scripts_stay() -> None:
    assert words("ਵਧੀਆ ਸੇਵਾ") == ["ਵਧੀਆ", "ਸੇਵਾ"]
    assert words("చాలా బాగుంది") == ["చాలా", "బాగుంది"]


def test_clauses_end_in_every_script() -> None:
    for mark in ".!?,;:،؛؟۔।\n":
        assert words(f"a{mark}b") == ["a", STOP, "b"], mark


def test_what_looks_like_a_tag_and_is_none_stays() -> None:
    assert words("price < 5 and > 3") == ["price", "5", "and", "3"]
    assert "heart" in words("i <3 heart")


def test_nothing_is_no_word() -> None:
    assert words("") == words(" \t\u200b\u200d\ufe0f ") == []


@pytest.mark.parametrize("part", ["good app ", "<", "<b", "&amp;", ":(", "a", "خدمة ", "చ", "👍", "\u0301"])
def test_64_kilobytes_take_no_time(part: str) -> None:
    text = part * (65536 // len(part.encode()))
    started = time.process_time()
    words(text)
    assert time.process_time() - started < 1
