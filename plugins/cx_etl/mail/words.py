"""Sentences of the mail: its subject, what to look at, what is said first. Figures and their words are the page's."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cx_etl.mail.edition import Edition
from cx_etl.snapshot import words
from cx_etl.snapshot.page import count, day, moment, number

if TYPE_CHECKING:
    from cx_etl.snapshot.figures import Figures, Headline, Value

# What a subject has room for; other metrics go by the page's words.
_SHORT = {"nps": ("NPS", "responses"), "csat_top2": ("CSAT", "responses"), "ces_agree": ("CES", "responses")}
# Control characters other than the end of a line, and those that turn the direction of what follows.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_TEXT = 300


def without_controls(value: Any) -> Any:
    """A text without what a mail program or terminal would obey; anything else as it is."""
    return _CONTROLS.sub(" ", value) if isinstance(value, str) else value


def inert(text: str) -> str:
    """A text from outside: one line without control characters, and not longer than a paragraph."""
    line = " ".join(without_controls(text).split())
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"


def subject(
    edition: Edition, figures: "Figures", segment: str, headlines: "tuple[Headline, ...]", things: tuple[str, ...]
) -> str:
    """The verdict of the day: how it stands, against a week before, from how much, and what to look at.

    ``segment`` is whose figures these are, empty for everyone's.
    """
    shown = next((each for each in headlines if each.now), None)
    standing = _standing(shown, edition.kind == "new") if shown else ()
    parts = [_state(edition, figures), segment, *standing, _look(things)]
    return inert(" · ".join(part for part in parts if part))


def _state(edition: Edition, figures: "Figures") -> str:
    """What is not as on every day; empty where it is."""
    if edition.kind == "new":
        return ""
    as_of = figures.publication.as_of_date
    if edition.kind == "no_new_data":
        return f"No new data, as of {day(as_of)}"
    whose = "yesterday's" if as_of == edition.night - timedelta(days=1) else f"those of {day(as_of)}"
    return f"Kept {whose}: {edition.cause}"


def _standing(headline: "Headline", with_change: bool) -> tuple[str, str]:
    metric, now = headline.metric, headline.now
    assert now is not None
    name, counted = _SHORT.get(metric.variant, (metric.label, metric.unit.counted))
    change = f" {against_last_week(headline)}" if with_change and against_last_week(headline) else ""
    return f"{name} {_brief(now.value)}{metric.unit.suffix}{change}", f"{count(now.n)} {counted}"


def against_last_week(headline: "Headline") -> str:
    """The figure against the same one a week before, both as published now; empty where that has none."""
    before, now = _week_before(headline), headline.now
    if now is None or now.value is None or before is None or before.value is None:
        return ""
    weekday = f"last {day(before.last_day).split()[0]}"
    size = number(abs(now.value - before.value)).removesuffix(".0")
    if size == "0":
        return f"= {weekday}"
    unit = "" if headline.metric.unit.change == "points" else f" {headline.metric.unit.change}"
    return f"{'▲' if now.value > before.value else '▼'} {size}{unit} vs {weekday}"


def _week_before(headline: "Headline") -> "Value | None":
    if headline.now is None:
        return None
    wanted = headline.now.last_day - timedelta(days=7)
    return next((each for each in headline.trend if each.last_day == wanted), None)


def _brief(value: Any) -> str:
    return number(value).removesuffix(".0")


def _look(things: tuple[str, ...]) -> str:
    if not things:
        return "nothing to look at"
    return "1 thing to look at" if len(things) == 1 else f"{len(things)} things to look at"


def things_to_look_at(edition: Edition, figures: "Figures") -> tuple[str, ...]:
    """What a person should see to, a sentence each. Where an earlier publication was kept, only why it was."""
    if edition.kind == "kept":
        return tuple(map(inert, edition.reasons))
    held = (
        f"{count(records)} {'record' if records == 1 else 'records'} from {source}"
        f" {'is' if records == 1 else 'are'} held back and in no figure"
        for source, records in figures.quarantined
    )
    late = (
        f"{line.source} is complete only until {moment(line.complete_until)}"
        for line in figures.sources
        if line.night < figures.publication.night
    )
    restated = (words.restated(figures).rstrip("."),) if figures.restated else ()
    things = (
        *(f"{move[0].upper()}{move[1:]}, beyond chance" for move in words.moves(figures)),
        *(f"Warning of the checks: {warning}" for warning in figures.warnings),
        *late,
        *held,
        *restated,
    )
    return tuple(map(inert, things))


def notice(edition: Edition, figures: "Figures") -> str:
    """What must be known before the figures are read; empty where they are new."""
    if edition.kind == "new":
        return ""
    publication = figures.publication
    shown = f"publication {publication.publication_id}, as of {day(publication.as_of_date)}"
    if edition.kind == "no_new_data":
        return (
            f"No source brought anything new for the night of {day(edition.night)}. These are the figures of {shown}."
        )
    if edition.cause == "taken back":
        return f"The figures of the night of {day(edition.night)} were taken back. These are those of {shown}."
    return (
        f"The checks stopped the figures of the night of {day(edition.night)}: they are not published."
        f" These are still the figures of {shown}."
    )
