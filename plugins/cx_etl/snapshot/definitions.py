"""What the headline figures are called, measured in and mean. What they mean is told in English only."""

from dataclasses import dataclass
from typing import Any

from cx_etl.language.catalogue import N_, NN_, gettext, ngettext
from cx_etl.language.numbers import number, percent_sign, signed, unsigned


@dataclass(frozen=True)
class Unit:
    """How a figure is shown, what a change of it is measured in, what it counts, and its axis; all to be translated."""

    shown: str
    change: str
    changed: str
    counted: str
    some: tuple[str, str]
    axis: str

    def value(self, value: Any) -> str:
        return self.written(number(value))

    def written(self, number: str) -> str:
        """A number that is formatted already, in the unit."""
        return gettext(self.shown, number=number, percent=percent_sign())

    def full(self, value: Any) -> str:
        """The figure with its unit also where a page says it elsewhere: 31.0 points."""
        return gettext(self.changed, number=number(value)) if self.is_points else self.value(value)

    def difference(self, value: Any) -> str:
        return gettext(self.changed, number=signed(value))

    def size(self, value: Any) -> str:
        return gettext(self.changed, number=unsigned(value))

    def interval(self, low: Any, high: Any) -> str:
        return gettext("%(low)s to %(high)s", low=number(low), high=self.value(high))

    def of(self, n: int) -> str:
        """12,345 answers."""
        return ngettext(*self.some, n)

    @property
    def is_points(self) -> bool:
        return self.change == _POINTS


_POINTS = N_("points")
_ANSWERS = N_("answers"), NN_("%(count)s answers", "%(count)s answers")


def _percent(counted: str, some: tuple[str, str]) -> Unit:
    changed = N_("%(number)s percentage points")
    return Unit("%(number)s%(percent)s", "percentage points", changed, counted, some, N_("percent"))


@dataclass(frozen=True)
class Metric:
    """One headline figure. ``more_is_better`` decides the colour of a change that is beyond chance."""

    variant: str
    label: str
    unit: Unit
    more_is_better: bool
    sentence: str


HEADLINES = (
    Metric(
        "nps",
        N_("Net promoter score"),
        Unit("%(number)s", _POINTS, N_("%(number)s points"), *_ANSWERS, _POINTS),
        True,
        "Share of 9 and 10 less share of 0 to 6 among all scored answers to the recommendation question,"
        " in points from \N{MINUS SIGN}100 to 100.",
    ),
    Metric(
        "csat_top2",
        N_("Satisfied customers"),
        _percent(*_ANSWERS),
        True,
        "Share of satisfied answers: 4 and 5 of 5, 3 of 3, or good against bad. Unanswered requests do not count.",
    ),
    Metric(
        "ces_agree",
        N_("Found it easy"),
        _percent(*_ANSWERS),
        True,
        "Share of 4 and 5 of 5 in agreement that it was easy to get done what one came for.",
    ),
    Metric(
        "first_reply_minutes_mean",
        N_("Time to first reply"),
        Unit(
            *(N_("%(number)s minutes"), "minutes", "%(number)s minutes"),
            *(N_("tickets answered"), NN_("%(count)s tickets answered", "%(count)s tickets answered"), N_("minutes")),
        ),
        False,
        "Mean time from a ticket's creation to the first public comment of an agent, in calendar minutes,"
        " over the tickets that got one.",
    ),
    Metric(
        "late_delivery_rate",
        N_("Late deliveries"),
        _percent(N_("deliveries"), NN_("%(count)s deliveries", "%(count)s deliveries")),
        False,
        "Share of delivered orders that arrived after the promised date, among those with a promise;"
        " cancelled orders are left out.",
    ),
    Metric(
        "repeat_purchase_rate",
        N_("Repeat buyers"),
        _percent(N_("buyers"), NN_("%(count)s buyers", "%(count)s buyers")),
        True,
        "Customers with two or more orders in the period, among those with at least one in it.",
    ),
    Metric(
        "logo_churn_rate",
        N_("Customers lost"),
        _percent(
            N_("customers at the start"), NN_("%(count)s customers at the start", "%(count)s customers at the start")
        ),
        False,
        "Customers who had ordered in the 90 days before the period and at its end have not for 90 days, among all who"
        " had at its start; new ones are not counted.",
    ),
)

INTERVAL_SENTENCE = N_(
    "The range beside a figure is its 95%% interval: adjusted Wald for the net promoter score, Wilson for shares,"
    " normal for means. A change is called beyond chance when it is significant at 95%%."
)


def label_of(variant: str) -> str:
    """The name that readers know, or the variant's own where it is no headline."""
    return next((gettext(metric.label) for metric in HEADLINES if metric.variant == variant), variant)


def shown(variant: str, value: Any) -> str:
    """A figure of any variant in its unit; variants that are no headline keep the mart's own number."""
    if value is None:
        return gettext("no value")
    unit = next((metric.unit for metric in HEADLINES if metric.variant == variant), None)
    return unit.value(value) if unit else number(value, 2)
