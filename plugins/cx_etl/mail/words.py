"""Sentences of the mail: its subject, what to look at, what is said first. Figures and their words are the page's."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cx_etl.language.catalogue import NN_, gettext, ngettext
from cx_etl.language.numbers import brief, day, digits, moment, weekday
from cx_etl.mail.edition import Edition
from cx_etl.snapshot import words

if TYPE_CHECKING:
    from cx_etl.snapshot.figures import Figures, Headline, Value

# What a subject has room for; other metrics go by the page's words.
_SHORT = {"nps": "NPS", "csat_top2": "CSAT", "ces_agree": "CES"}
_RESPONSES = NN_("%(count)s responses", "%(count)s responses")
# Control characters other than the end of a line, and those that turn the direction of what follows. The marks that
# turn nothing but a sign beside them stay: our own numbers and dates need them in Arabic and Urdu.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
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
        return gettext("No new data, as of %(day)s", day=day(as_of))
    cause = gettext(edition.cause)
    if as_of == edition.night - timedelta(days=1):
        return gettext("Kept yesterday's: %(cause)s", cause=cause)
    return gettext("Kept those of %(day)s: %(cause)s", day=day(as_of), cause=cause)


def _standing(headline: "Headline", with_change: bool) -> tuple[str, str]:
    metric, now = headline.metric, headline.now
    assert now is not None
    name = _SHORT.get(metric.variant) or gettext(metric.label)
    counted = ngettext(*_RESPONSES, now.n) if metric.variant in _SHORT else metric.unit.of(now.n)
    change = f" {against_last_week(headline)}" if with_change and against_last_week(headline) else ""
    return f"{name} {metric.unit.written(brief(now.value))}{change}", counted


def against_last_week(headline: "Headline") -> str:
    """The figure against the same one a week before, both as published now; empty where that has none."""
    before, now = _week_before(headline), headline.now
    if now is None or now.value is None or before is None or before.value is None:
        return ""
    size, unit = brief(abs(now.value - before.value)), headline.metric.unit
    if size == brief(0):
        return gettext("= last %(weekday)s", weekday=weekday(before.last_day))
    change = (
        f"{'▲' if now.value > before.value else '▼'} {size if unit.is_points else gettext(unit.changed, number=size)}"
    )
    return gettext("%(change)s vs last %(weekday)s", change=change, weekday=weekday(before.last_day))


def _week_before(headline: "Headline") -> "Value | None":
    if headline.now is None:
        return None
    wanted = headline.now.last_day - timedelta(days=7)
    return next((each for each in headline.trend if each.last_day == wanted), None)


def _look(things: tuple[str, ...]) -> str:
    if not things:
        return gettext("nothing to look at")
    return ngettext("%(count)s thing to look at", "%(count)s things to look at", len(things))


def things_to_look_at(edition: Edition, figures: "Figures") -> tuple[str, ...]:
    """What a person should see to, a sentence each. Where an earlier publication was kept, only why it was."""
    if edition.taken_back is not None:
        number = digits(edition.taken_back)
        return (gettext("publication %(number)s of this night was taken back", number=number),)
    if edition.kind == "kept":
        return tuple(map(inert, edition.reasons))
    held = (
        ngettext(
            "%(count)s record from %(source)s is held back and in no figure",
            "%(count)s records from %(source)s are held back and in no figure",
            records,
            source=source,
        )
        for source, records in figures.quarantined
    )
    late = (
        gettext("%(source)s is complete only until %(moment)s", source=line.source, moment=moment(line.complete_until))
        for line in figures.sources
        if line.night < figures.publication.night
    )
    restated = (words.restated(figures).rstrip(gettext(".")),) if figures.restated else ()
    things = (
        *(gettext("%(change)s, beyond chance", change=f"{move[0].upper()}{move[1:]}") for move in words.moves(figures)),
        *(gettext("Warning of the checks: %(warning)s", warning=warning) for warning in figures.warnings),
        *late,
        *held,
        *restated,
    )
    return tuple(map(inert, things))


def notice(edition: Edition, figures: "Figures") -> str:
    """What must be known before the figures are read; empty where they are new."""
    if edition.kind == "new":
        return ""
    publication, night = figures.publication, day(edition.night)
    shown = {"number": digits(publication.publication_id), "day": day(publication.as_of_date)}
    if edition.kind == "no_new_data":
        return gettext(
            "No source brought anything new for the night of %(night)s."
            " These are the figures of publication %(number)s, as of %(day)s.",
            night=night,
            **shown,
        )
    if edition.taken_back is not None:
        return gettext(
            "The figures of the night of %(night)s were taken back."
            " These are those of publication %(number)s, as of %(day)s.",
            night=night,
            **shown,
        )
    return gettext(
        "The checks stopped the figures of the night of %(night)s: they are not published."
        " These are still the figures of publication %(number)s, as of %(day)s.",
        night=night,
        **shown,
    )
