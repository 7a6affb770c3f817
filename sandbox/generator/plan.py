"""The frame of a generated world: its nights, its business time zone and how busy each day is."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

# A night is extracted at 02:00; nothing happens between the last midnights and then, so that what is
# extracted is exactly what happened before midnight and the truth of those nights can be reached.
QUIET_MINUTES = 125
WEEK = (1.08, 1.0, 0.98, 1.02, 1.16, 0.94, 0.82)


@dataclass(frozen=True)
class Plan:
    """Size and calendar of the world."""

    seed: int
    customers: int
    nights: int
    last_night: date
    time_zone: str

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def first_night(self) -> date:
        return self.last_night - timedelta(days=self.nights - 1)

    @property
    def as_of_nights(self) -> list[date]:
        """The nights whose truth is kept: the last three."""
        return [self.last_night - timedelta(days=back) for back in range(min(3, self.nights) - 1, -1, -1)]

    @cached_property
    def horizon(self) -> datetime:
        """Versions from here on are not written: two days after the last night."""
        return self.midnight(self.last_night + timedelta(days=3))

    def days(self) -> list[date]:
        """Every night of the world, and one more day whose events no night may count."""
        return [self.first_night + timedelta(days=day) for day in range(self.nights + 1)]

    def midnight(self, day: date) -> datetime:
        """The UTC instant at which the local day begins."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def local_date(self, moment: datetime) -> date:
        """The business date of an instant."""
        return moment.astimezone(self.zone).date()

    def end_of(self, night: date) -> datetime:
        """The first instant that no longer belongs to the night."""
        return self.midnight(night + timedelta(days=1))

    def moment_in(self, day: date, rng: Random) -> datetime:
        """A random instant of the local day, busier around the middle; the day may have 23 or 25 hours."""
        length = (self.end_of(day) - self.midnight(day)).total_seconds()
        share = rng.betavariate(1.6, 1.4)
        return self.settle(self.midnight(day) + timedelta(seconds=int(share * (length - 1))))

    def later(self, moment: datetime, minutes: float) -> datetime:
        """Whole minutes after the moment, at least one, outside the quiet hours."""
        return self.settle(moment + timedelta(minutes=max(1, round(minutes))))

    def settle(self, moment: datetime) -> datetime:
        """The moment, or the first whole-minute step from it past the quiet hours that hold it."""
        for start in self._quiet_starts:
            passed = moment - start
            if timedelta(0) <= passed < timedelta(minutes=QUIET_MINUTES):
                left = timedelta(minutes=QUIET_MINUTES) - passed
                return moment + timedelta(minutes=math.ceil(left.total_seconds() / 60))
        return moment

    def busyness(self, day: date) -> float:
        """How busy the day is: the week's rhythm times a yearly wave that peaks in late November."""
        yearly = 1 + 0.3 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 330) / 365.25)
        return WEEK[day.weekday()] * yearly

    @cached_property
    def _quiet_starts(self) -> list[datetime]:
        return [self.end_of(night) for night in self.as_of_nights]


def poisson(mean: float, rng: Random) -> int:
    """A Poisson draw; a rounded normal one where the mean is large."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
