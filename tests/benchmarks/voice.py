"""How fast comments are judged, and how often rightly: ``python -m tests.benchmarks.voice`` from the checkout's root.

Accuracy is that of the half of each labelled set that the lexicon was not tuned on.
"""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cx_etl.inference import voice
from cx_etl.voice.judging import Judge
from cx_etl.voice.language import Language
from cx_etl.voice.sentiment import sentiment_of
from cx_etl.voice.text import words
from sandbox.generator.phrases import HAPPY, UNHAPPY
from tests.benchmarks.measuring import Bench, bench, show
from voices import LANGUAGES, LEXICON, Labelled, accuracy_of, detection, judged_sets

COMMENTS = 100_000
LEAST = 60


def main() -> None:
    """Print both tables; without the real sets only the speed."""
    judge = Judge(LEXICON)
    _show_speed(judge)
    sets = judged_sets(judge)
    _show_accuracy(sets)
    _show_detection(judge)


def _show_speed(judge: Judge) -> None:
    texts = _comments()
    judge.judge("a sentence that loads the language model, as nobody knows its words")
    with bench() as place:
        rounds = {
            "words, themes and sentiment": [place.here(lambda: [_by_lexicon(judge, text) for text in texts])],
            "all, language included": [place.here(lambda: [judge.judge(text) for text in texts])],
            "the step, all new": [place.here(lambda: _step(place, texts))],
            "the step, nothing new": [place.here(lambda: _step(place, []))],
        }
        show("voice", COMMENTS, rounds, {"characters": sum(map(len, texts)) // COMMENTS})


def _comments() -> list[str]:
    """Distinct comments of one to four sentences in six languages."""
    rng = random.Random(3)
    spoken = [(*HAPPY[language], *UNHAPPY[language]) for language in HAPPY]
    return [f"{' '.join(rng.choices(rng.choice(spoken), k=rng.randint(1, 4)))} {n}" for n in range(COMMENTS)]


def _by_lexicon(judge: Judge, text: str) -> None:
    found = words(text)
    sentiment_of(found, list(judge.matcher(Language("en", "Latn", 1.0)).matches(found)))


def _step(place: Bench, texts: list[str]) -> None:
    with place.connect() as connection:
        connection.execute(
            "create table if not exists intermediate.int_survey_responses__comments as"
            " select encode(sha256(convert_to(comment, 'UTF8')), 'hex') as comment_hash, comment"
            " from unnest(%s::text[]) as comment",
            (texts,),
        )
        voice.run(connection, None)  # type: ignore[arg-type]


def _show_accuracy(sets: dict[str, list[Labelled]]) -> None:
    print("\n| comments, held-out half | n | decided | accuracy | macro F1 | majority |\n|---|---|---|---|---|---|")
    for name, comments in sorted(sets.items(), key=lambda item: (item[0].split(",")[0], -len(item[1]))):
        if len(comments) >= LEAST:
            one = accuracy_of(comments)
            print(
                f"| {name} | {one.n:,} | {one.decided:.1%} | {one.accuracy:.3f} | {one.macro_f1:.3f}"
                f" | {one.baseline:.3f} |"
            )


def _show_detection(judge: Judge) -> None:
    print("\n| language | sentences | first 5 words | first 2 words |\n|---|---|---|---|")
    for language in LANGUAGES:
        shares = [detection(judge, language, first) for first in (None, 5, 2)]
        print(f"| {language} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


if __name__ == "__main__":
    main()
