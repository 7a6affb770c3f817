"""Comments in many languages: the app reviews through the whole pipeline, and how often the judge is right.

Not expressed by a mart: the store's locale of a review, which is not the language of its text and which no survey
tool has a field for, and with it the rows that are equal in all columns. Labelled sentences are no answers of
customers: what is said of their files is counted in them, a check that the judge is measured by all they hold.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.voice.judging import Judge
from pipelines import Built, bring_in, pipeline
from voices import LANGUAGES, LEXICON, SETS, Labelled, accuracy_of, detection, judged_sets, rows_of, sentences

NIGHT = date(2025, 9, 17)
SCRIPTS = {"ar": "ARABIC", "ur": "ARABIC", "pa": "GURMUKHI", "te": "TELUGU", "en": "LATIN", "pt": "LATIN"}
Expected = Callable[[str], dict[str, Any]]

pytestmark = pytest.mark.skipif(not SETS.exists(), reason=f"the real sets are not at {SETS}")


@pytest.fixture(scope="module")
def reviews(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The app reviews as survey answers, built."""
    from sandbox.convert import convert

    dataset = tmp_path_factory.mktemp("multilang") / "reviews"
    convert(SETS, dataset)
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", "UTC", postgres, patch, "multilang") as (sandbox, dsn),
    ):
        bring_in(sandbox, NIGHT, "UTC")
        transform.build(NIGHT)
        yield Built(dsn)


def test_every_review_is_a_scored_comment(reviews: Built, expected: Expected) -> None:
    facts = expected("multilang")
    rows = reviews.rows("select score, count(*) as n from audit.feedback_comments group by 1")
    assert {str(row["score"]): row["n"] for row in rows} == facts["pk.score_distribution"]
    assert sum(row["n"] for row in rows) == facts["pk.reviews"] == 9468


def test_csat_and_mean(reviews: Built, expected: Expected) -> None:
    facts = expected("multilang")
    metric = reviews.row(
        "select * from audit.metric_values where metric_variant = 'csat_top2' and grain = 'all_time'"
        " and segment_name = 'all'"
    )
    assert metric["n"] == facts["pk.reviews"]
    assert round(float(metric["value"]), 4) == facts["pk.csat_pct"]
    mean = reviews.row("select avg(score) as mean from audit.feedback_comments")["mean"]
    assert round(float(mean), 6) == facts["pk.mean"]


def test_by_app(reviews: Built, expected: Expected) -> None:
    csat = reviews.rows("select * from audit.csat_daily where business_date = %s", NIGHT)
    means = reviews.rows("select channel, avg(score) as mean from audit.feedback_comments group by 1")
    mean_of = {row["channel"]: round(float(row["mean"]), 6) for row in means}
    found = {
        row["channel"]: {
            "n": row["n"],
            "mean": mean_of[row["channel"]],
            "csat_pct": round(100 * row["satisfied"] / row["n"], 4),
        }
        for row in csat
    }
    assert found == expected("multilang")["pk.by_app"]


def test_reviews_with_arabic_letters(reviews: Built, expected: Expected) -> None:
    row = reviews.row(
        "select count(*) as n, round(avg(score), 6) as mean,"
        " round(100.0 * count(*) filter (where bucket = 'satisfied') / count(*), 4) as csat"
        " from audit.feedback_comments where comment ~ %s",
        "[\u0600-\u06ff]",
    )
    facts = expected("multilang")["pk.urdu_script_reviews"]
    assert (row["n"], float(row["mean"]), float(row["csat"])) == (facts["n"], facts["mean"], facts["csat_pct"])


def test_the_published_rows_of_the_labelled_sets(expected: Expected) -> None:
    facts = expected("multilang")
    for name in ("arabic_PROD", "arabic_RES2"):
        polarities = [row["polarity"] for row in rows_of(SETS / f"{name}.csv.gz")]
        assert {each: polarities.count(each) for each in sorted(set(polarities))} == facts[name]["polarity"]
        assert len(polarities) == facts[name]["rows"] == facts[name]["published_rows"]
    labels = Counter(row["label"] for row in rows_of(SETS / "telugu_movie_sentences.csv.gz"))
    assert (labels.total(), labels) == (facts["telugu"]["rows"], facts["telugu"]["label"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_are_in_the_script_of_their_language(expected: Expected, language: str) -> None:
    fact, texts = expected("multilang")[f"lingua.{language}"], sentences(language)
    assert (len(texts), sum(SCRIPTS[language] in _scripts(text) for text in texts)) == tuple(fact.values())


def _scripts(text: str) -> set[str]:
    """The first words of its letters' names."""
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def test_the_file_of_reviews_is_taken_as_it_is(expected: Expected) -> None:
    """It repeats rows; each is an answer of its own, as in the published figures."""
    facts, rows = expected("multilang"), list(rows_of(SETS / "pk_app_reviews.csv.gz"))
    assert len(rows) - len({tuple(row.values()) for row in rows}) == facts["pk.exact_duplicate_rows"]
    assert Counter(row["lang"] for row in rows) == facts["pk.store_locale"]


def test_themes_of_the_day_add_up_to_their_comments(reviews: Built) -> None:
    """Counted again from the comments, comment by comment."""
    comments = reviews.rows("select * from audit.feedback_comments")
    daily = {row["theme"]: row for row in reviews.rows("select * from audit.feedback_themes_daily")}
    assert set(daily) >= {"delivery", "service", "price", "app", "none"}
    for theme, row in daily.items():
        with_it = [each for each in comments if theme in (each["themes"] or ["none"])]
        assert row["comments"] == len(with_it), theme
        assert row["all_comments"] == 9468
        for sentiment in ("positive", "neutral", "negative"):
            assert row[f"{sentiment}_comments"] == sum(each["sentiment"] == sentiment for each in with_it)
        assert row["detractors"] == sum(each["score"] <= 2 for each in with_it)
        if with_it:
            mean = sum(25 * (each["score"] - 1) for each in with_it) / len(with_it)
            assert float(row["mean_scaled_score"]) == pytest.approx(mean, abs=1e-5)
    assert daily["app"]["comments"] > 1000


def test_metrics_about_comments(reviews: Built) -> None:
    rows = reviews.rows("select * from audit.metric_values where grain = 'all_time'")
    found = {(row["metric_variant"], row["segment_name"], row["segment_value"]): row for row in rows}
    daily = {row["theme"]: row for row in reviews.rows("select * from audit.feedback_themes_daily")}
    assert found["comment_rate", "all", "all"]["value"] == 100
    share = found["comment_theme_share", "theme", "delivery"]
    assert (share["numerator"], share["denominator"]) == (daily["delivery"]["comments"], 9468)
    assert found["comment_theme_share", "all", "all"]["numerator"] == 9468 - daily["none"]["comments"]
    comments = reviews.rows("select sentiment, language from audit.feedback_comments")
    for segment in ("all", "en", "ur"):
        ours = [each["sentiment"] for each in comments if segment in ("all", each["language"])]
        net = found["comment_sentiment_net", "all" if segment == "all" else "language", segment]
        assert net["n"] == len(ours)
        assert net["numerator"] == ours.count("positive") - ours.count("negative")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(LEXICON)


@pytest.fixture(scope="module")
def held_out(judge: Judge) -> dict[str, list[Labelled]]:
    return judged_sets(judge)


# Floors three points below what was measured (docs/benchmarks.md): a changed lexicon must not quietly judge worse.
@pytest.mark.parametrize(
    ("name", "accuracy", "macro_f1"),
    [
        ("Arabic products", 0.73, 0.53),
        ("Arabic restaurants", 0.815, 0.53),
        ("Portuguese orders", 0.79, 0.59),
        ("Telugu films", 0.575, 0.67),
        ("app reviews", 0.75, 0.55),
        ("app reviews, en in Latn", 0.815, 0.58),
        ("app reviews, ur in Latn", 0.68, 0.52),
    ],
)
def test_sentiment_of_comments_it_was_not_tuned_on(
    held_out: dict[str, list[Labelled]], name: str, accuracy: float, macro_f1: float
) -> None:
    found = accuracy_of(held_out[name])
    assert found.accuracy >= accuracy
    assert found.macro_f1 >= macro_f1
    assert found.accuracy > found.baseline


def test_urdu_in_its_own_script_is_below_always_positive(held_out: dict[str, list[Labelled]]) -> None:
    """Half of what it misses are names and greetings with five stars; by labels, not by shares, it is far above."""
    found = accuracy_of(held_out["app reviews, ur in Arab"])
    assert 0.59 <= found.accuracy < found.baseline
    always_positive = 2 * found.baseline / (1 + found.baseline) / 3
    assert found.macro_f1 >= always_positive + 0.15


@pytest.mark.parametrize(
    ("language", "sentences", "five_words"),
    [
        ("ar", 0.99, 0.985),
        ("en", 0.99, 0.96),
        ("pa", 0.99, 0.985),
        ("pt", 0.99, 0.92),
        ("te", 0.99, 0.99),
        ("ur", 0.95, 0.88),
    ],
)
def test_languages_of_sentences(judge: Judge, language: str, sentences: float, five_words: float) -> None:
    assert detection(judge, language) >= sentences
    assert detection(judge, language, 5) >= five_words


def test_every_language_of_the_set_is_asked_for() -> None:
    assert set(LANGUAGES) == {path.name.split(".")[0] for path in (SETS / "lingua_sentences").glob("*.txt.gz")}


def test_sentences_of_other_languages_are_not_taken_for_roman_urdu(judge: Judge) -> None:
    for language in ("en", "pt"):
        roman = [text for text in sentences(language) if judge.judge(text).language.code == "ur"]
        assert len(roman) <= 3, roman
