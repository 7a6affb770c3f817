"""Sentences of the snapshot: what changed, whether it is beyond chance, and the verdict of the day."""

from dataclasses import dataclass
from datetime import date, timedelta

from cx_etl.snapshot.figures import Figures, Headline

# Below this an interval is too rough to act upon: the figure is shown, with a word of caution.
FEW = 30


@dataclass(frozen=True)
class Change:
    """A change in words; ``tone`` colours it when it is beyond chance."""

    words: str
    tone: str


def against_previous_period(headline: Headline) -> Change | None:
    """The change against the 30 days before these; nothing where either has no value."""
    now = headline.now
    if now is None or now.value is None or now.previous_value is None:
        return None
    difference = now.value - now.previous_value
    words = headline.metric.unit.difference(difference)
    if now.is_significant is None:
        return Change(f"{words}, significance not computed", "soft")
    if not now.is_significant:
        return Change(f"{words}, within chance", "soft")
    return Change(f"{words}, beyond chance", "good" if (difference > 0) == headline.metric.more_is_better else "bad")


def since_last_publication(headline: Headline) -> str:
    """The change of the shown figure against what the last publication showed; empty where either has none."""
    now, last = headline.now, headline.last_published
    if now is None or last is None or now.value is None or last.value is None:
        return ""
    if now.value == last.value:
        return "unchanged"
    return headline.metric.unit.difference(now.value - last.value)


def period(grain: str, start: date, end: date) -> str:
    """A period as readers call it."""
    if grain == "rolling_30d":
        return f"30 days to {end - timedelta(days=1)}"
    if grain == "month":
        return f"{start:%Y-%m}"
    return f"{grain.replace('_', ' ')} {start}"


def effects(figures: Figures) -> str:
    """How far records in quarantine could move the headline figures of 30 days; empty if they could not."""
    found = []
    for each in figures.headlines:
        if each.now and each.metric.variant in figures.effects:
            low, high = figures.effects[each.metric.variant]
            found.append(f"{each.metric.label.lower()} between {each.metric.unit.between(low, high)}")
    return "; ".join(found)


def verdict(figures: Figures) -> str:
    """The day in a sentence or two: moves beyond chance, checks, restatements."""
    return " ".join((_moves(figures), _checks(figures), restated(figures)))


def moves(figures: Figures) -> list[str]:
    """What moved beyond chance, from enough answers to act upon."""
    return [_move(each) for each in figures.headlines if each.now and each.now.is_significant and each.now.n >= FEW]


def _moves(figures: Figures) -> str:
    if moved := moves(figures):
        return f"Beyond chance against the 30 days before: {'; '.join(moved)}."
    if any(each.now for each in figures.headlines):
        return "No headline figure moved beyond chance against the 30 days before."
    return "There are no answers, tickets or orders in the last 30 days."


def _move(headline: Headline) -> str:
    now = headline.now
    if now is None or now.value is None or now.previous_value is None:
        return f"{headline.metric.label.lower()} changed"
    rose = "up" if now.value > now.previous_value else "down"
    size = headline.metric.unit.difference(now.value - now.previous_value).lstrip("+\N{MINUS SIGN}")
    return f"{headline.metric.label.lower()} {rose} {size} to {headline.metric.unit.value(now.value)}"


def _checks(figures: Figures) -> str:
    count = len(figures.warnings)
    if not count:
        return "The checks raised no warning."
    return "1 warning from the checks." if count == 1 else f"{count} warnings from the checks."


def restated(figures: Figures) -> str:
    """How many earlier figures changed, in a sentence."""
    count = len(figures.restated)
    if figures.publication.previous_id is None:
        return "This is the first publication."
    if not count:
        return "Nothing was restated."
    return "1 earlier figure was restated." if count == 1 else f"{count:,} earlier figures were restated."
