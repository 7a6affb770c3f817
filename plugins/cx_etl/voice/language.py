"""The language of a comment: by its script where that tells, else by words that give it away, else by the library."""

import copy
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cx_etl.voice.lexicon import Term
from cx_etl.voice.text import plain, words

# A longer text says nothing more about its language.
READ_CHARACTERS = 2000
UNDETERMINED = "und"
# What the lexicon calls it.
ROMAN_URDU = "ur-Latn"
# Below it the library has guessed: a name, one misspelt word. In Latin script, where most of these are, a language that
# the lexicon lacks must be surer.
SURE = 0.4
SURE_OF_OTHERS = 0.7

# First and last code point of the letters that people write comments in, by ISO 15924 script.
SCRIPTS = (
    (0x0041, 0x024F, "Latn"), (0x1E00, 0x1EFF, "Latn"), (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"),
    (0x0530, 0x058F, "Armn"), (0x0590, 0x05FF, "Hebr"), (0x0600, 0x06FF, "Arab"), (0x0750, 0x077F, "Arab"),
    (0x08A0, 0x08FF, "Arab"), (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFE, "Arab"), (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"), (0x0A00, 0x0A7F, "Guru"), (0x0A80, 0x0AFF, "Gujr"), (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"), (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"), (0x0E00, 0x0E7F, "Thai"), (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"),
    (0x3040, 0x30FF, "Kana"), (0x3400, 0x9FFF, "Hani"), (0xAC00, 0xD7AF, "Hang"),
)  # fmt: skip

# Between which languages the library decides, per script. Few, because a short comment fits many languages a little.
CANDIDATES = {
    "Latn": ("en", "pt", "es", "fr", "de", "it"), "Arab": ("ar", "ur", "fa"), "Deva": ("hi", "mr", "ne"),
    "Cyrl": ("ru", "uk", "bg", "sr"), "Hani": ("zh", "ja"), "Kana": ("ja",), "Hang": ("ko",), "Beng": ("bn",),
    "Guru": ("pa",), "Gujr": ("gu",), "Orya": ("or",), "Taml": ("ta",), "Telu": ("te",), "Knda": ("kn",),
    "Mlym": ("ml",), "Sinh": ("si",), "Thai": ("th",), "Geor": ("ka",), "Grek": ("el",), "Armn": ("hy",),
    "Hebr": ("he",),
}  # fmt: skip

# Letters that Urdu has and Arabic and Persian do not.
URDU_LETTERS = frozenset("ٹڈڑںےۓھہۂۃ")


@dataclass(frozen=True)
class Language:
    """``code`` is ISO 639-1 (``und``: cannot be told), ``script`` ISO 15924: Roman Urdu is ``ur`` in ``Latn``."""

    code: str
    script: str
    confidence: float


def script_of(text: str) -> str:
    """The script of most letters; Zyyy when there are none."""
    counts: Counter[str] = Counter()
    for char, number in Counter(text[:READ_CHARACTERS]).items():
        script = _script(char)
        if script:
            counts[script] += number
    return max(sorted(counts), key=counts.__getitem__) if counts else "Zyyy"


@cache
def _script(char: str) -> str:
    code = ord(char)
    found = next((name for first, last, name in SCRIPTS if first <= code <= last), "")
    return found if char.isalpha() else ""


class Detector:
    """Tells languages. ``terms`` are those of the lexicon: its words and markers give some languages away."""

    def __init__(self, terms: Iterable[Term]) -> None:
        known: dict[str, set[str]] = {}
        self._spoken: set[str] = set()
        for term in terms:
            self._spoken.add(term.language)
            parts = words(term.text)
            if len(parts) == 1:
                known.setdefault(parts[0], set()).add(term.language)
        # A word that two languages share gives neither away.
        self._telling = {word: languages.pop() for word, languages in known.items() if len(languages) == 1}

    def language_of(self, text: str, found: Sequence[str]) -> Language:
        """The language of the text, whose words are ``found``."""
        text = plain(text[: 2 * READ_CHARACTERS])
        script = script_of(text)
        candidates = CANDIDATES.get(script, ())
        if len(candidates) < 2:
            return Language(candidates[0], script, 1.0) if candidates else Language(UNDETERMINED, script, 0.0)
        if script == "Arab" and not URDU_LETTERS.isdisjoint(text):
            return Language("ur", script, 1.0)
        return self._told_by_words(found, script) or self._told_by_library(text[:READ_CHARACTERS], script)

    def _told_by_words(self, found: Sequence[str], script: str) -> Language | None:
        """Words known of one language only decide where they are many of all, or where all agree in a short text."""
        votes = Counter(self._telling[word] for word in found if word in self._telling)
        if not votes:
            return None
        best, most = max(votes.items(), key=lambda vote: (vote[1], vote[0]))
        share, agreement = most / len(found), most / votes.total()
        # Roman Urdu is full of English words, and English has none of Roman Urdu's.
        roman = votes[ROMAN_URDU]
        if roman >= max(0.4 * votes.total(), min(2, 0.3 * len(found))) or (
            best == "en" and roman >= max(2, 0.2 * len(found))
        ):
            return Language("ur", "Latn", round(roman / votes.total(), 3))
        if share >= 0.3 and agreement >= 0.75 and best in CANDIDATES[script]:
            return Language(best, script, round(agreement, 3))
        return None

    def _told_by_library(self, text: str, script: str) -> Language:
        code, confidence = _identifier(script).classify(text)
        is_sure = confidence >= (SURE if code in self._spoken or script != "Latn" else SURE_OF_OTHERS)
        return Language(code if is_sure else UNDETERMINED, script, round(float(confidence), 3))


@cache
def _identifier(script: str) -> Any:
    """The library's classifier for the languages of a script; all of them share the model's tables."""
    identifier = copy.copy(_model())
    identifier.set_languages(list(CANDIDATES[script]))
    return identifier


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
