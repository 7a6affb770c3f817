"""Sentiment of a comment from its matches: weights, turned by negations and moved by intensifiers and contrasts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cx_etl.voice.lexicon import Match, Term
from cx_etl.voice.text import STOP

# How many words a negation or an intensifier reaches within its clause.
NEGATION_REACH = 3
NEGATION_REACH_BACK = 4
INTENSIFIER_REACH = 2
# "Not good" is bad, but less than "bad" is; "no problem" is hardly praise.
TURNED_GOOD = -0.75
TURNED_BAD = -0.4
# "Nice, but late": what comes before the contrast counts half.
BEFORE_CONTRAST = 0.5
# How fast the score nears 1 with more words.
SOFTNESS = 15


@dataclass
class Opinion:
    """A word of mood at its place, with what its neighbours made of it."""

    place: int
    words: str
    value: float


@dataclass(frozen=True)
class Sentiment:
    """``score`` from -1 to 1; the words that made it, as the lexicon writes them, negations with what they turn."""

    label: str
    score: float
    positive_words: tuple[str, ...]
    negative_words: tuple[str, ...]


def sentiment_of(found: Sequence[str], matches: Sequence[Match]) -> Sentiment:
    """The sentiment of a comment's words."""
    clauses = _clauses(found)
    opinions = [Opinion(m.place, m.term.text, m.term.polarity * m.term.weight) for m in matches if _is_opinion(m.term)]
    for match in matches:
        if match.term.role == "intensifier":
            _intensify(match, opinions, clauses)
    for match in matches:
        if match.term.role.startswith("negator"):
            _negate(match, opinions, clauses)
    for match in matches:
        if match.term.role == "contrast":
            for opinion in opinions:
                if opinion.place < match.place:
                    opinion.value *= BEFORE_CONTRAST
    return _summed(opinions)


def _is_opinion(term: Term) -> bool:
    return term.role == "word" and term.polarity != 0


def _clauses(found: Sequence[str]) -> list[int]:
    """The number of the clause that each word stands in."""
    numbers, number = [], 0
    for word in found:
        number += word == STOP
        numbers.append(number)
    return numbers


def _intensify(match: Match, opinions: list[Opinion], clauses: list[int]) -> None:
    """The nearest opinion, what follows before what precedes: "very good", and "جيد جدا"."""
    near = _near(match.place, opinions, clauses, INTENSIFIER_REACH, INTENSIFIER_REACH)
    if near:
        min(near, key=lambda one: (abs(one.place - match.place), one.place < match.place)).value *= match.term.weight


def _negate(match: Match, opinions: list[Opinion], clauses: list[int]) -> None:
    """Turn the nearest opinion in the negator's direction. One that finds none is a small complaint: "no reply yet"."""
    is_after = match.term.role == "negator_after"
    ahead, back = (0, NEGATION_REACH_BACK) if is_after else (NEGATION_REACH, 0)
    near = _near(match.place, opinions, clauses, ahead, back)
    if near:
        target = min(near, key=lambda one: abs(one.place - match.place))
        target.value *= TURNED_GOOD if target.value > 0 else TURNED_BAD
        target.words = f"{target.words} {match.term.text}" if is_after else f"{match.term.text} {target.words}"
    elif match.term.polarity:
        opinions.append(Opinion(match.place, match.term.text, match.term.polarity * match.term.weight))


def _near(place: int, opinions: list[Opinion], clauses: list[int], ahead: int, back: int) -> list[Opinion]:
    """Opinions of the same clause from ``back`` words before the place to ``ahead`` words after it."""
    return [
        one for one in opinions if place - back <= one.place <= place + ahead and clauses[one.place] == clauses[place]
    ]


def _summed(opinions: list[Opinion]) -> Sentiment:
    total = math.fsum(one.value for one in opinions)
    score = round(total / math.sqrt(total * total + SOFTNESS), 4)
    label = "positive" if score > 0 else "negative" if score < 0 else "neutral"
    return Sentiment(
        label,
        score,
        tuple(sorted({one.words for one in opinions if one.value > 0})),
        tuple(sorted({one.words for one in opinions if one.value < 0})),
    )
