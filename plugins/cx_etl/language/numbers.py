"""Numbers and dates as the spoken language writes them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cx_etl.language.spoken import ENGLISH, is_right_to_left, locale_of, spoken

if TYPE_CHECKING:
    from babel import Locale

MINUS = "\N{MINUS SIGN}"
# Before a number in a line that runs from the right: without it, its sign would be shown behind it.
_MARK = "\N{LEFT-TO-RIGHT MARK}"
_ZEROS = {"ar": "\N{ARABIC-INDIC DIGIT ZERO}", "ur": "\N{EXTENDED ARABIC-INDIC DIGIT ZERO}"}
_ZEROS |= {"pa": "\N{GURMUKHI DIGIT ZERO}", "te": "\N{TELUGU DIGIT ZERO}"}
_LATIN = "0123456789"
_NATIVE = {
    language: str.maketrans(_LATIN, "".join(chr(ord(zero) + place) for place in range(10)))
    for language, zero in _ZEROS.items()
}


def digits(text: Any) -> str:
    """The text in the digits that the settings want, ungrouped: for numbers that name something, as a publication."""
    native = _NATIVE.get(spoken().language) if spoken().has_native_digits else None
    return str(text).translate(native) if native else str(text)


def count(value: Any) -> str:
    """12,345."""
    return _signed(MINUS if int(value) < 0 else "", _grouped(abs(int(value))))


def number(value: Any, places: int = 1) -> str:
    """1,234.5 with a real minus sign; never minus zero."""
    sign, size = _rounded(value, places)
    return _signed(MINUS if sign < 0 else "", size)


def brief(value: Any) -> str:
    """The same without a decimal that is zero, for where there is little room."""
    return number(value, 0 if f"{float(value):.1f}".endswith(".0") else 1)


def signed(value: Any, places: int = 1) -> str:
    """+1.2, or -1.2 with a real minus sign; ±0.0 where nothing is left after rounding."""
    sign, size = _rounded(value, places)
    return _signed({1: "+", -1: MINUS, 0: "±"}[sign], size)


def unsigned(value: Any, places: int = 1) -> str:
    """How much a change is, whichever way it goes; ±0.0 where nothing is left after rounding."""
    sign, size = _rounded(value, places)
    return _signed("" if sign else "±", size)


def percent_sign() -> str:
    """Of the digits in use, without the marks of direction that would separate it from its number."""
    return str(_symbols(_system())["percentSign"]).strip(_MARK + "\N{ARABIC LETTER MARK}")


def day(value: date) -> str:
    """Thursday 18 October 2018, whatever the machine's locale is."""
    return _date(value, "EEEE d MMMM y" if spoken().language == ENGLISH else "full")


def short_day(value: date) -> str:
    """2018-10-18; in other languages as they write a date in a table."""
    return value.isoformat() if spoken().language == ENGLISH else _date(value, "medium")


def weekday(value: date) -> str:
    """Thursday."""
    return _date(value, "EEEE")


def month(value: date) -> str:
    """2018-10; in other languages the month's name and year."""
    from babel.dates import format_skeleton

    if spoken().language == ENGLISH:
        return f"{value:%Y-%m}"
    return digits(format_skeleton("yMMMM", value, locale=_locale()))


def moment(value: datetime) -> str:
    """2018-10-19 02:14 UTC; the warehouse connection is in UTC."""
    return f"{short_day(value.date())} {digits(f'{value:%H:%M}')} UTC"


def _locale() -> "Locale":
    return locale_of(spoken().language)


def _system() -> str:
    """The numbering system: it decides the separators, too."""
    native = {"ar": "arab", "ur": "arabext"}.get(spoken().language, "latn")
    return native if spoken().has_native_digits else "latn"


def _symbols(system: str) -> Any:
    return _locale().number_symbols[system]


def _date(value: date, pattern: str) -> str:
    from babel.dates import format_date

    return digits(format_date(value, pattern, locale=_locale()))


def _grouped(whole: int) -> str:
    from babel.numbers import format_decimal

    return format_decimal(whole, locale=_locale(), numbering_system=_system())


def _rounded(value: Any, places: int) -> tuple[int, str]:
    """The sign, which is 0 where nothing is left, and the rounded size."""
    text = f"{float(value):.{places}f}"
    whole, _, fraction = text.lstrip("-").partition(".")
    size = _grouped(int(whole)) + (f"{_symbols(_system())['decimal']}{fraction}" if fraction else "")
    sign = 0 if not text.strip("-0.") else -1 if text.startswith("-") else 1
    return sign, size


def _signed(sign: str, size: str) -> str:
    return f"{_MARK if is_right_to_left() else ''}{sign}{digits(size)}"
