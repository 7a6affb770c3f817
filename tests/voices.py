"""The labelled comments of the real sets, split in two by their text: one half to tune on, one to judge by."""

import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cx_etl.settings import ROOT
from cx_etl.voice.judging import Judge, Judgement

SETS = ROOT.parent / "shared" / "data" / "multilang"
LEXICON = ROOT / "dbt_project" / "seeds" / "voice_lexicon.csv"
LANGUAGES = ("ar", "en", "pa", "pt", "te", "ur")
LABELS = {1: "positive", 0: "neutral", -1: "negative"}


@dataclass(frozen=True)
class Labelled:
    """A comment, what people said of it, and what we say."""

    text: str
    label: str
    judged: Judgement


@dataclass(frozen=True)
class Accuracy:
    """``decided``: the share not called neutral. ``baseline``: the accuracy of always answering the commonest label."""

    n: int
    decided: float
    accuracy: float
    macro_f1: float
    baseline: float


def judged_sets(judge: Judge, held_out: bool = True) -> dict[str, list[Labelled]]:
    """The comments of the half, judged, by set; those of the app reviews by the language that is detected too."""
    found: dict[str, list[Labelled]] = {}
    for name, text, polarity in _labelled():
        if is_held_out(text) == held_out:
            one = Labelled(text, LABELS[polarity], judge.judge(text))
            found.setdefault(name, []).append(one)
            if name == "app reviews":
                language = one.judged.language
                found.setdefault(f"app reviews, {language.code} in {language.script}", []).append(one)
    return found


def is_held_out(text: str) -> bool:
    """The same for equal texts, so that nothing is in both halves."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 1


def accuracy_of(comments: Sequence[Labelled]) -> Accuracy:
    """Shares of all comments. The macro F1 is the mean over the labels that people gave."""
    pairs = [(each.label, each.judged.sentiment.label) for each in comments]
    labels = Counter(label for label, _ in pairs)
    right = sum(label == said for label, said in pairs)
    scores = [_f1(pairs, label) for label in sorted(labels)]
    decided = sum(said != "neutral" for _, said in pairs)
    return Accuracy(
        len(pairs),
        decided / len(pairs),
        right / len(pairs),
        sum(scores) / len(scores),
        labels.most_common(1)[0][1] / len(pairs),
    )


def _f1(pairs: Sequence[tuple[str, str]], label: str) -> float:
    both = sum(one == other == label for one, other in pairs)
    either = sum((one == label) + (other == label) for one, other in pairs)
    return 2 * both / either if either else 0.0


def sentences(language: str) -> list[str]:
    """The library authors' own test sentences of a language."""
    with gzip.open(SETS / "lingua_sentences" / f"{language}.txt.gz", "rt", encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip()]


def detection(judge: Judge, language: str, first_words: int | None = None) -> float:
    """Share of the sentences, or of their first words, whose language is found."""
    texts = [" ".join(each.split()[:first_words]) for each in sentences(language)]
    found = [judge.judge(text).language for text in texts]
    return sum(each.code == language and not _is_roman(each.code, each.script) for each in found) / len(texts)


def _is_roman(code: str, script: str) -> bool:
    return code == "ur" and script == "Latn"


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _labelled() -> Iterator[tuple[str, str, int]]:
    """Set, text and polarity of every labelled comment. Four and five stars are positive, one and two negative."""
    for name, file in (("Arabic products", "arabic_PROD"), ("Arabic restaurants", "arabic_RES2")):
        for row in rows_of(SETS / f"{file}.csv.gz"):
            yield name, row["text"], int(row["polarity"])
    for row in rows_of(SETS / "telugu_movie_sentences.csv.gz"):
        yield "Telugu films", row["text"], 1 if row["label"] == "1" else -1
    for row in rows_of(SETS / "pk_app_reviews.csv.gz"):
        yield "app reviews", row["content"], _polarity(row["score"])
    for row in rows_of(SETS.parent / "olist" / "olist_order_reviews_dataset.csv.gz"):
        text = f"{row['review_comment_title']}. {row['review_comment_message']}".strip(" .")
        if text:
            yield "Portuguese orders", text, _polarity(row["review_score"])


def _polarity(stars: str) -> int:
    return (int(stars) > 3) - (int(stars) < 3)
