"""What really happened, written down while it happens, and the metrics that follow from it.

Nothing here reads a vendor record. An event at time t belongs to as-of night A when t lies before the local
midnight that ends A.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sandbox.generator.hours import business_seconds
from sandbox.generator.plan import Plan

Cell = dict[str, float]
Periods = dict[str, Cell]
DAILY = 60
INACTIVE = timedelta(days=90)
RULES = (
    "n equals denominator; nps: numerator = promoters - detractors; first_reply_(business_)minutes_mean: in minutes",
    "day and rolling_30d cover the 60 days up to the as-of night; rolling_30d is keyed by its last day",
    "answers are dated by when the answer in force was given: a rating changed next day moves to that day",
    "answers outside the declared scale and of undeclared forms are not scored",
    "first replies are dated by the ticket's creation, deliveries by the delivery",
    "business minutes: Monday to Friday, 09:00 to 18:00 in Lisbon, less the holidays of the helpdesk's schedule",
    "reopen_rate: solved tickets by the day of their first solution; numerator = reopened since",
    "deleted tickets and those tagged spam or test leave the support metrics once they are so; ratings stay",
    "test orders count nowhere in the store metrics; cancelled orders count as placed",
    "a customer is an e-mail without regard to case and outer blanks; an order without one is a customer of its own",
    "logo_churn_rate: at start = last order in the 90 local days before the period; "
    "lost = those without an order in the 90 local days before its end; months that are over only; "
    "all_time: all buyers, and those whose last order is over 90 days before the end",
    "churn.inactive_90d: at start = any order before the month; lost = last of them over 90 local days before it",
)


@dataclass(frozen=True)
class Contribution:
    """What one event adds to a rate: counted for nights after ``known`` and not after ``until``."""

    day: date
    known: datetime
    until: datetime | None
    numerator: int | Fraction


@dataclass
class Diary:
    """The bookkeeping of a world."""

    plan: Plan
    contributions: dict[str, list[Contribution]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))

    def answered(self, metrics: tuple[str, ...], at: datetime, numerator: int, until: datetime | None = None) -> None:
        """A scored answer, in force until it is changed."""
        for metric in metrics:
            self.contributions[metric].append(Contribution(self.plan.local_date(at), at, until, numerator))

    def replied(self, created: datetime, replied: datetime, until: datetime | None) -> None:
        """A ticket's first public reply, counted until the ticket is excluded."""
        day = self.plan.local_date(created)
        minutes = {
            "first_reply_minutes_mean": Fraction(int((replied - created).total_seconds()), 60),
            "first_reply_business_minutes_mean": Fraction(business_seconds(created, replied), 60),
        }
        for metric, spent in minutes.items():
            self.contributions[metric].append(Contribution(day, replied, until, spent))

    def solved(self, at: datetime, reopened: datetime | None, until: datetime | None) -> None:
        """A ticket's first solution, which turns out not to have been the last when the ticket is opened again."""
        counted = self.contributions["reopen_rate"]
        first_end = min((each for each in (reopened, until) if each), default=None)
        counted.append(Contribution(self.plan.local_date(at), at, first_end, 0))
        if reopened is not None and (until is None or reopened < until):
            counted.append(Contribution(self.plan.local_date(at), reopened, until, 1))

    def delivered(self, at: datetime, is_late: bool) -> None:
        """A delivery that had a promised date."""
        self.contributions["late_delivery_rate"].append(Contribution(self.plan.local_date(at), at, None, int(is_late)))

    def ordered(self, buyer: str, at: datetime) -> None:
        """An order placed by someone known under one name, whatever the vendors call them."""
        self.orders[buyer].append(self.plan.local_date(at))


def truths(diary: Diary) -> dict[str, Any]:
    """All metrics as of the last nights, and churn at the start of each month."""
    plan = diary.plan
    buyers = Buyers(diary)
    as_of = {str(night): _as_of(diary, buyers, night) for night in plan.as_of_nights}
    months = [start for start, _ in _months(plan, plan.last_night) if start > plan.first_night]
    churn = {str(start): buyers.inactive_before(start) for start in months}
    return {"rules": list(RULES), "as_of": as_of, "churn": {"inactive_90d": churn}}


def _as_of(diary: Diary, buyers: "Buyers", night: date) -> dict[str, dict[str, Periods]]:
    periods = _periods(diary.plan, night)
    end = diary.plan.end_of(night)
    metrics = {name: _summed(items, periods, end) for name, items in sorted(diary.contributions.items())}
    metrics["repeat_purchase_rate"] = _measured(buyers.repeat, periods)
    metrics["logo_churn_rate"] = _measured(buyers.churned, _elapsed(periods))
    metrics["logo_churn_rate"]["all_time"] = {"all": buyers.gone_quiet(night + timedelta(days=1))}
    return metrics


def _measured(
    measure: Callable[[date, date], Cell], periods: dict[str, dict[str, tuple[date, date]]]
) -> dict[str, Periods]:
    return {
        grain: {label: measure(start, stop) for label, (start, stop) in cells.items()}
        for grain, cells in periods.items()
    }


def _elapsed(periods: dict[str, dict[str, tuple[date, date]]]) -> dict[str, dict[str, tuple[date, date]]]:
    """Without the month that is not over: who of its customers is lost is not known yet."""
    months = {label: (start, stop) for label, (start, stop) in periods["month"].items() if stop.day == 1}
    return {**periods, "month": months}


def _periods(plan: Plan, night: date) -> dict[str, dict[str, tuple[date, date]]]:
    """Per grain the periods as half-open ranges of local dates, none going past the night."""
    first, one = plan.first_night, timedelta(days=1)
    days = [night - timedelta(days=back) for back in range(DAILY - 1, -1, -1)]
    days = [day for day in days if day >= first]
    return {
        "day": {str(day): (day, day + one) for day in days},
        "month": {str(start)[:7]: (start, stop) for start, stop in _months(plan, night)},
        "rolling_30d": {str(day): (day - timedelta(days=29), day + one) for day in days},
        "all_time": {"all": (first, night + one)},
    }


def _months(plan: Plan, night: date) -> Iterator[tuple[date, date]]:
    """Calendar months of the world as half-open ranges; the last one ends with the night."""
    start = plan.first_night.replace(day=1)
    while start <= night:
        following = (start + timedelta(days=31)).replace(day=1)
        yield start, min(following, night + timedelta(days=1))
        start = following


def _summed(
    items: list[Contribution], periods: dict[str, dict[str, tuple[date, date]]], end: datetime
) -> dict[str, Periods]:
    by_day: dict[date, list[int | Fraction]] = defaultdict(lambda: [0, 0])
    for item in items:
        if item.known < end and (item.until is None or item.until >= end):
            by_day[item.day][0] += item.numerator
            by_day[item.day][1] += 1
    return {
        grain: {label: _cell(by_day, start, stop) for label, (start, stop) in cells.items()}
        for grain, cells in periods.items()
    }


def _cell(by_day: dict[date, list[int | Fraction]], start: date, stop: date) -> Cell:
    inside = [pair for day, pair in by_day.items() if start <= day < stop]
    total = sum(pair[0] for pair in inside)
    return _rate(int(total) if total == int(total) else round(float(total), 6), int(sum(pair[1] for pair in inside)))


def _rate(numerator: float, denominator: int) -> Cell:
    return {"n": denominator, "numerator": numerator, "denominator": denominator}


class Buyers:
    """The dates on which each buyer ordered."""

    def __init__(self, diary: Diary) -> None:
        self._dates = [sorted(days) for days in diary.orders.values()]

    def repeat(self, start: date, stop: date) -> Cell:
        """Buyers with two or more orders in the range, of those with any."""
        counts = [self._between(dates, start, stop) for dates in self._dates]
        return _rate(sum(count >= 2 for count in counts), sum(count >= 1 for count in counts))

    def churned(self, start: date, stop: date) -> Cell:
        """Buyers active at the start of the range, and those of them inactive at its end."""
        active = [dates for dates in self._dates if self._between(dates, start - INACTIVE, start)]
        lost = sum(not self._between(dates, stop - INACTIVE, stop) for dates in active)
        return _rate(lost, len(active))

    def gone_quiet(self, stop: date) -> Cell:
        """All buyers before the date, and those of them whose last order lies over 90 days back."""
        found = self.inactive_before(stop)
        return _rate(found["customers_lost"], found["customers_at_start"])

    def inactive_before(self, start: date) -> Cell:
        """Buyers from before the date, and those of them whose last order lies over 90 days back."""
        before = [dates[: bisect_left(dates, start)] for dates in self._dates]
        last = [dates[-1] for dates in before if dates]
        return {
            "customers_at_start": len(last),
            "customers_lost": sum(day < start - INACTIVE for day in last),
        }

    @staticmethod
    def _between(dates: list[date], start: date, stop: date) -> int:
        return bisect_left(dates, stop) - bisect_left(dates, start)
