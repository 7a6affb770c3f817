"""A judge of comments: language, themes and sentiment, from the lexicon and nothing else that changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from cx_etl.voice.language import ROMAN_URDU, Detector, Language
from cx_etl.voice.lexicon import Match, Matcher, digest_of, read_terms
from cx_etl.voice.sentiment import Sentiment, sentiment_of
from cx_etl.voice.text import words

# Raised when the code judges differently with the same lexicon.
RULES = 1
LEXICON = "voice_lexicon.csv"


@dataclass(frozen=True)
class Judgement:
    """``themes`` maps each theme to the terms that told it. All words are the lexicon's own, never the comment's."""

    language: Language
    sentiment: Sentiment
    themes: Mapping[str, tuple[str, ...]]


class Judge:
    """Judges by one lexicon. ``version`` names all that a judgement depends on."""

    def __init__(self, lexicon: Path) -> None:
        self.version = f"{RULES}/py3langid {version('py3langid')}/{digest_of(lexicon)}"
        self._terms = read_terms(lexicon)
        self._detector = Detector(self._terms)
        self._matcher = cache(self._matcher_of)

    def judge(self, text: str) -> Judgement:
        """What the comment is about and how it is meant."""
        found = words(text)
        language = self._detector.language_of(text, found)
        matches = list(self.matcher(language).matches(found))
        return Judgement(language, sentiment_of(found, matches), _themes(matches))

    def matcher(self, language: Language) -> Matcher:
        """What finds the terms to expect in a comment of the language."""
        return self._matcher(*_vocabularies(language))

    def _matcher_of(self, *languages: str) -> Matcher:
        """The terms of these languages, in their order: where two share a word, the first one's meaning holds."""
        return Matcher(term for language in languages for term in self._terms if term.language == language)


def _vocabularies(language: Language) -> tuple[str, ...]:
    """Whose words to expect. Words of other scripts never clash; of two languages in one script, one is spoken."""
    latin = ("pt",) if language.code == "pt" else ("en", ROMAN_URDU)
    if (language.code, language.script) == ("ur", "Latn"):
        latin = (ROMAN_URDU, "en")
    arabic = "ur" if language.code == "ur" else "ar"
    return (*latin, arabic, "pa", "te", "mul")


def _themes(matches: list[Match]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for match in matches:
        if match.term.theme:
            found.setdefault(match.term.theme, set()).add(match.term.text)
    return {theme: tuple(sorted(found[theme])) for theme in sorted(found)}
