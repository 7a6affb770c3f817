"""Themes and sentiment in every language of the lexicon; negations, contrasts, emoji; the same each time."""

# ruff: noqa: RUF001 - letters that look alike are the subject here
from pathlib import Path

import pytest

from cx_etl.voice.judging import Judge
from cx_etl.voice.lexicon import read_terms
from sandbox.generator.phrases import HAPPY, UNHAPPY
from voices import LEXICON


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(LEXICON)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("good", "positive"),
        ("not good", "negative"),
        ("I do not like it at all", "negative"),
        ("not bad", "positive"),
        ("no problem", "positive"),
        ("Not yet. Good app", "positive"),  # a negation ends with its clause
        ("اچھا۔ نہیں", "positive"),
        ("It was nice, but the food was cold and it came late", "negative"),
        ("acha hai", "positive"),
        ("acha nahi hai", "negative"),
        ("bilkul bakwas app", "negative"),
        ("اچھا ہے", "positive"),
        ("اچھا نہیں ہے", "negative"),
        ("بھت اچھی ایپ ھے", "positive"),
        ("جيد", "positive"),
        ("غير جيد", "negative"),
        ("لا أنصح به", "negative"),
        ("والخدمةُ رااااائعة", "positive"),
        ("não gostei", "negative"),
        ("nao e bom", "negative"),
        ("sem defeito", "positive"),
        ("చాలా బాగుంది", "positive"),
        ("బాగాలేదు", "negative"),
        ("ਵਧੀਆ ਨਹੀਂ", "negative"),
        ("😡", "negative"),
        ("❤️❤️", "positive"),
        ("ok :(", "neutral"),
        ("The parcel", "neutral"),
        ("", "neutral"),
    ],
)
def test_sentiment(judge: Judge, text: str, label: str) -> None:
    assert judge.judge(text).sentiment.label == label


@pytest.mark.parametrize(
    ("text", "themes"),
    [
        ("My parcel arrived late", {"delivery"}),
        ("Overpriced, and the box was damaged", {"price", "packaging", "product"}),
        ("أين التوصيل؟ السعر غالي", {"delivery", "price"}),
        ("کوئی جواب نہیں دیتا، رقم واپس کریں", {"service", "returns"}),
        ("Artigo errado, quero o reembolso", {"accuracy", "returns"}),
        ("డెలివరీ ఆలస్యం", {"delivery"}),
        ("ਡਿਲੀਵਰੀ ਦੇਰ ਨਾਲ", {"delivery"}),
        ("paise kaat liye, fraud hai", {"payment", "trust"}),
        ("hello", set()),
    ],
)
def test_themes_with_the_words_that_tell_them(judge: Judge, text: str, themes: set[str]) -> None:
    found = judge.judge(text).themes
    assert set(found) >= themes if themes else not found
    assert all(found.values())


def test_words_are_the_lexicon_s_own_and_in_order(judge: Judge) -> None:
    known = {term.text for term in read_terms(LEXICON)}
    found = judge.judge("Sir, LATE delivery!! Not good, useless, overpriced, Delayed")
    listed = [word for each in found.themes.values() for word in each]
    assert set(listed) <= known
    assert found.themes["delivery"] == tuple(sorted(found.themes["delivery"]))
    assert "not good" in found.sentiment.negative_words


def test_what_the_generated_customers_write(judge: Judge) -> None:
    """Six languages, three pleased and three displeased sentences each."""
    wrong = [
        (text, judge.judge(text).sentiment)
        for label, spoken in (("positive", HAPPY), ("negative", UNHAPPY))
        for language, texts in spoken.items()
        for text in texts
        if judge.judge(text).sentiment.label != label or judge.judge(text).language.code != language
    ]
    assert not wrong


def test_another_judge_says_the_same(judge: Judge) -> None:
    texts = [text for spoken in (HAPPY, UNHAPPY) for texts in spoken.values() for text in texts]
    again = Judge(LEXICON)
    assert [again.judge(text) for text in reversed(texts)] == [judge.judge(text) for text in reversed(texts)]
    assert again.version == judge.version


def test_a_comment_of_64_kilobytes(judge: Judge) -> None:
    text = ("بہت خراب سروس ہے، late delivery 😡 <br> " * 2000)[:65536]
    found = judge.judge(text)
    assert (found.language.code, found.sentiment.label) == ("ur", "negative")
    assert set(found.themes) == {"delivery", "service"}
    assert -1 <= found.sentiment.score < -0.9


def test_emoji_between_words_and_scripts(judge: Judge) -> None:
    found = judge.judge("Nice👍بہت اچھا❤️")
    assert set(found.sentiment.positive_words) >= {"nice", "👍", "❤"}


@pytest.mark.parametrize("line", ["en,good,,2,1,word", "en,good,,1,1,adverb", "en,...,,1,1,word"])
def test_a_term_that_cannot_be_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lexicon.csv"
    path.write_text(f"language,term,theme,polarity,weight,role\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="unknown role or polarity"):
        read_terms(path)
