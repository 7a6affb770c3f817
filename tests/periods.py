"""The periods for which metrics are published, by a look at every day."""

from collections.abc import Iterator
from datetime import date, timedelta

Period = tuple[str, date, date]


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def every_period(first: date, last: date) -> Iterator[Period]:
    """Grain, start and end of every period that has one of the days, half-open, those under way too."""
    for day in every_day(first, last):
        yield "day", day, day + timedelta(days=1)
        yield "rolling_30d", day - timedelta(days=29), day + timedelta(days=1)
        if day.weekday() == 0 or day == first:
            monday = day - timedelta(days=day.weekday())
            yield "week", monday, monday + timedelta(days=7)
        if day.day == 1 or day == first:
            start = day.replace(day=1)
            yield "month", start, (start + timedelta(days=31)).replace(day=1)
    yield "all_time", first, last + timedelta(days=1)
