"""What the headline figures are called, measured in and mean. The words of the snapshot stand here and nowhere else."""

from dataclasses import dataclass
from typing import Any

from cx_etl.snapshot.page import number, signed


@dataclass(frozen=True)
class Unit:
    """How a figure is shown, what a change of it is measured in, what it counts, and its axis."""

    suffix: str
    change: str
    counted: str
    axis: str

    def value(self, value: Any) -> str:
        return number(value) + self.suffix

    def difference(self, value: Any) -> str:
        return f"{signed(value)} {self.change}"

    def interval(self, low: Any, high: Any) -> str:
        return f"{number(low)} to {number(high)}{self.suffix}"

    def between(self, low: Any, high: Any) -> str:
        return f"{number(low)} and {number(high)}{self.suffix}"


def _points(counted: str) -> Unit:
    return Unit("", "points", counted, "points")


def _percent(counted: str) -> Unit:
    return Unit("%", "percentage points", counted, "percent")


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
        "Net promoter score",
        _points("answers"),
        True,
        "Share of 9 and 10 less share of 0 to 6 among all scored answers to the recommendation question,"
        " in points from \N{MINUS SIGN}100 to 100.",
    ),
    Metric(
        "csat_top2",
        "Satisfied customers",
        _percent("answers"),
        True,
        "Share of satisfied answers: 4 and 5 of 5, 3 of 3, or good against bad. Unanswered requests do not count.",
    ),
    Metric(
        "ces_agree",
        "Found it easy",
        _percent("answers"),
        True,
        "Share of 4 and 5 of 5 in agreement that it was easy to get done what one came for.",
    ),
    Metric(
        "first_reply_minutes_mean",
        "Time to first reply",
        Unit(" minutes", "minutes", "tickets answered", "minutes"),
        False,
        "Mean time from a ticket's creation to the first public comment of an agent, in calendar minutes,"
        " over the tickets that got one.",
    ),
    Metric(
        "late_delivery_rate",
        "Late deliveries",
        _percent("deliveries"),
        False,
        "Share of delivered orders that arrived after the promised date, among those with a promise;"
        " cancelled orders are left out.",
    ),
    Metric(
        "repeat_purchase_rate",
        "Repeat buyers",
        _percent("buyers"),
        True,
        "Customers with two or more orders in the period, among those with at least one in it.",
    ),
    Metric(
        "logo_churn_rate",
        "Customers lost",
        _percent("customers at the start"),
        False,
        "Customers who had ordered in the 90 days before the period and at its end have not for 90 days, among all who"
        " had at its start; new ones are not counted.",
    ),
)

INTERVAL_SENTENCE = (
    "The range beside a figure is its 95% interval: adjusted Wald for the net promoter score, Wilson for shares,"
    " normal for means. A change is called beyond chance when it is significant at 95%."
)


def label_of(variant: str) -> str:
    """The name that readers know, or the variant's own where it is no headline."""
    return next((metric.label for metric in HEADLINES if metric.variant == variant), variant)


def shown(variant: str, value: Any) -> str:
    """A figure of any variant in its unit; variants that are no headline keep the mart's own number."""
    if value is None:
        return "no value"
    unit = next((metric.unit for metric in HEADLINES if metric.variant == variant), None)
    return unit.value(value) if unit else number(value, 2)
