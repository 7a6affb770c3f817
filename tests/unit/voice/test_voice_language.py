"""Languages by script, by telling words, by the library; and how sure one may be."""

import pytest

from cx_etl.voice.judging import Judge
from cx_etl.voice.language import script_of
from voices import LEXICON


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(LEXICON)


@pytest.mark.parametrize(
    ("text", "code", "script"),
    [
        ("The delivery was late and nobody answers", "en", "Latn"),
        ("good", "en", "Latn"),
        ("very nice app 👍", "en", "Latn"),
        ("A entrega foi rápida e o produto é ótimo", "pt", "Latn"),
        ("ótimo", "pt", "Latn"),
        ("zabardast", "ur", "Latn"),
        ("bohat achi app hai", "ur", "Latn"),
        ("Delivery late thi aur rider ne call bhi nahi ki", "ur", "Latn"),
        ("app achi hai but service bad hai", "ur", "Latn"),
        ("خدمة سيئة", "ar", "Arab"),
        ("ممتاز", "ar", "Arab"),
        ("بہت خوب", "ur", "Arab"),
        ("زبردست", "ur", "Arab"),
        ("خیال رہے", "ur", "Arab"),  # by its letters: the library takes it for Arabic
        ("ਬਹੁਤ ਵਧੀਆ ਸੇਵਾ", "pa", "Guru"),
        ("చాలా బాగుంది", "te", "Telu"),
        ("बहुत अच्छी सेवा है", "hi", "Deva"),
        ("খুব ভালো", "bn", "Beng"),
        ("Очень хорошая служба поддержки", "ru", "Cyrl"),
        ("La entrega llegó muy tarde y el paquete estaba roto", "es", "Latn"),
        ("とても良いです", "ja", "Kana"),
        ("👍👍", "und", "Zyyy"),
        ("5/5", "und", "Zyyy"),
        ("", "und", "Zyyy"),
    ],
)
def test_language(judge: Judge, text: str, code: str, script: str) -> None:
    found = judge.judge(text).language
    assert (found.code, found.script) == (code, script)
    assert 0 <= found.confidence <= 1


def test_a_name_is_no_language(judge: Judge) -> None:
    assert judge.judge("Zeeshan").language.code == "und"


def test_the_script_of_most_letters_counts(judge: Judge) -> None:
    assert script_of("Samsung Galaxy بہت اچھا موبائل ہے اور بیٹری بھی") == "Arab"
    assert script_of("very nice موبائل") == "Latn"
    assert judge.judge("iPhone بہت اچھا موبائل ہے اور بیٹری بھی").language.code == "ur"


def test_tags_are_no_letters(judge: Judge) -> None:
    assert judge.judge("<p class='comment-body'><span>خدمة ممتازة</span></p>").language.code == "ar"
