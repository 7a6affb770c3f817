"""Sentences of the snapshot: what changed, whether it is beyond chance, and the verdict of the day."""

from dataclasses import dataclass
from datetime import date, timedelta

from cx_etl.language.catalogue import N_, gettext, ngettext
from cx_etl.language.numbers import month, number, short_day
from cx_etl.snapshot.figures import Figures, Headline

# Below this an interval is too rough to act upon: the figure is shown, with a word of caution.
FEW = 30
_PERIODS = {"day": N_("day %(day)s"), "week": N_("week %(day)s"), "all_time": N_("all time %(day)s")}


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
        return Change(gettext("%(change)s, significance not computed", change=words), "soft")
    if not now.is_significant:
        return Change(gettext("%(change)s, within chance", change=words), "soft")
    tone = "good" if (difference > 0) == headline.metric.more_is_better else "bad"
    return Change(gettext("%(change)s, beyond chance", change=words), tone)


def since_last_publication(headline: Headline) -> str:
    """The change of the shown figure against what the last publication showed; empty where either has none."""
    now, last = headline.now, headline.last_published
    if now is None or last is None or now.value is None or last.value is None:
        return ""
    if now.value == last.value:
        return gettext("unchanged")
    return headline.metric.unit.difference(now.value - last.value)


def period(grain: str, start: date, end: date) -> str:
    """A period as readers call it."""
    if grain == "rolling_30d":
        return gettext("30 days to %(day)s", day=short_day(end - timedelta(days=1)))
    if grain == "month":
        return month(start)
    return gettext(_PERIODS.get(grain, f"{grain} %(day)s"), day=short_day(start))


def effects(figures: Figures) -> str:
    """How far records in quarantine could move the headline figures of 30 days; empty if they could not."""
    found = []
    for each in figures.headlines:
        if each.now and each.metric.variant in figures.effects:
            low, high = figures.effects[each.metric.variant]
            bounds = {"low": number(low), "high": each.metric.unit.value(high)}
            found.append(gettext("%(figure)s between %(low)s and %(high)s", figure=_name(each), **bounds))
    return gettext("; ").join(found)


def held(figures: Figures) -> str:
    """The records in quarantine, by source."""
    told = (
        ngettext("%(count)s record from %(source)s", "%(count)s records from %(source)s", records, source=source)
        for source, records in figures.quarantined
    )
    return gettext(", ").join(told)


def verdict(figures: Figures) -> str:
    """The day in a sentence or two: moves beyond chance, checks, restatements."""
    return " ".join((_moves(figures), _checks(figures), restated(figures)))


def moves(figures: Figures) -> list[str]:
    """What moved beyond chance, from enough answers to act upon."""
    return [_move(each) for each in figures.headlines if each.now and each.now.is_significant and each.now.n >= FEW]


def _moves(figures: Figures) -> str:
    if moved := moves(figures):
        return gettext("Beyond chance against the 30 days before: %(moves)s.", moves=gettext("; ").join(moved))
    if any(each.now for each in figures.headlines):
        return gettext("No headline figure moved beyond chance against the 30 days before.")
    return gettext("There are no answers, tickets or orders in the last 30 days.")


def _move(headline: Headline) -> str:
    now, unit, figure = headline.now, headline.metric.unit, _name(headline)
    if now is None or now.value is None or now.previous_value is None:
        return gettext("%(figure)s changed", figure=figure)
    told = {"figure": figure, "size": unit.size(now.value - now.previous_value), "value": unit.value(now.value)}
    if now.value > now.previous_value:
        return gettext("%(figure)s up %(size)s to %(value)s", **told)
    return gettext("%(figure)s down %(size)s to %(value)s", **told)


def _name(headline: Headline) -> str:
    """The figure's name within a sentence."""
    return gettext(headline.metric.label).lower()


def _checks(figures: Figures) -> str:
    count = len(figures.warnings)
    if not count:
        return gettext("The checks raised no warning.")
    return ngettext("%(count)s warning from the checks.", "%(count)s warnings from the checks.", count)


def restated(figures: Figures) -> str:
    """How many earlier figures changed, in a sentence."""
    count = len(figures.restated)
    if figures.publication.previous_id is None:
        return gettext("This is the first publication.")
    if not count:
        return gettext("Nothing was restated.")
    return ngettext("%(count)s earlier figure was restated.", "%(count)s earlier figures were restated.", count)
