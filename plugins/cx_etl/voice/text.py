"""Comments as words: one spelling for what readers take for the same word, in any script."""
# ruff: noqa: RUF001 - letters that look alike are the subject here

import html
import re
import unicodedata

# Ends a clause: a negation does not reach beyond it. The token is none that a word can be.
STOP = "."

_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
_SMILE = re.compile(r"[:;=]['-]?([()])+")
_RUN = re.compile(r"(\w)\1{2,}")
# Letters that Arabic and Urdu keyboards offer for the same sound: people take whichever is at hand.
_ARABIC_LETTERS = {
    letter: base
    for base, letters in {"ا": "أإآٱ", "ي": "ىیئې", "و": "ؤ", "ك": "ک", "ه": "ةہھۀۃۂە"}.items()
    for letter in letters
}
_SMILES = {")": " 🙂 ", "(": " 🙁 "}
_CLAUSE_ENDS = frozenset(".!?;:,،؛؟۔।॥\n\r…")
_APOSTROPHES = frozenset("'’‘`´")


class _Folding(dict[int, str]):
    """What each character becomes, found out once per character: a letter, nothing, a blank, or a token of its own."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded(chr(code))
        return self[code]


def _folded(char: str) -> str:
    if char in _CLAUSE_ENDS:
        return f" {STOP} "
    if char in _APOSTROPHES:
        return ""
    kind = unicodedata.category(char)
    if kind in ("Cf", "Cc") and not char.isspace():
        return ""  # joiners, direction marks, variation selectors are how a word looks, not which it is
    if kind == "Mn" and _is_optional_mark(char):
        return ""
    if kind == "Sk":
        return ""  # skin tones
    if kind in ("So", "Sm") and ord(char) > 0x2000:
        return f" {char} "
    if kind[0] in "LMN":
        return _ARABIC_LETTERS.get(char) or _without_accent(char)
    return " "


def _is_optional_mark(char: str) -> bool:
    """Vowel signs of Arabic and accents may be left out; those of Indic scripts are the word."""
    code = ord(char)
    return 0x0300 <= code <= 0x036F or 0x0610 <= code <= 0x06ED or 0x08D3 <= code <= 0x08FF or 0xFE00 <= code <= 0xFE0F


def _without_accent(char: str) -> str:
    """é as e. Only for Latin letters: in other scripts a mark makes another letter."""
    parts = unicodedata.normalize("NFD", char)
    return parts[0] if len(parts) > 1 and parts[0].isascii() else char


_FOLDING = _Folding()
_FOLDING[ord("ـ")] = ""  # the stroke that only lengthens an Arabic word


def plain(text: str) -> str:
    """Without HTML tags, entities read and smiles drawn: what a person would see."""
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    return _SMILE.sub(lambda found: _SMILES[found[1]], text)


def words(text: str) -> list[str]:
    """Words, symbols and clause ends, in one spelling. The same words whatever the normal form of the text was."""
    folded = unicodedata.normalize("NFKC", plain(text)).casefold().translate(_FOLDING)
    return _RUN.sub(r"\1\1", folded).split()


def shortened(word: str) -> str:
    """The word with doubled letters once: what "goood" may stand for when "good" and it are both no words."""
    return re.sub(r"(\w)\1", r"\1", word)
