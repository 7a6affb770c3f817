"""Visits to the shop's site as web analytics shows them: in part on the day, most the next night, settled later."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.records.ga4 import CHANNEL, DEVICE, cell, counts_of

if TYPE_CHECKING:
    from sandbox.generator.others import Day

# Share of a date's sessions by channel, and how many of them do what the shop waits for.
CHANNELS = {
    "Organic Search": (0.34, 0.9),
    "Direct": (0.24, 1.3),
    "Paid Search": (0.14, 1.2),
    "Organic Social": (0.1, 0.5),
    "Email": (0.08, 1.9),
    "Paid Social": (0.06, 0.6),
    "Referral": (0.03, 0.8),
    "Unassigned": (0.01, 0.1),
}
DEVICES = {"mobile": 0.58, "desktop": 0.36, "tablet": 0.05, "smart tv": 0.01}
SESSIONS_PER_PERSON, SESSIONS_AT_LEAST = 0.6, 40
# Hours after the date began in the business zone, and how much of it shows by then.
SETTLING = ((16, 0.4), (26, 0.86), (33, 0.93), (50, 0.985), (74, 1.0))
VANISH_RATE = 0.08


class Site:
    """Writes each date several times, as its numbers settle; now and then a small channel is gone when they have."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng

    def live(self, day: "Day") -> None:
        """All versions of the date's cells; the numbers hang together with the day's orders."""
        rng = self._rng
        busy = self._plan.busyness(day.date)
        sessions = SESSIONS_AT_LEAST + round(len(day.present) * SESSIONS_PER_PERSON * busy * rng.uniform(0.8, 1.2))
        wishes = len(day.orders) + round(sessions * 0.02)
        channels = {name: round(sessions * share * rng.uniform(0.7, 1.3)) for name, (share, _) in CHANNELS.items()}
        devices = {name: round(sum(channels.values()) * share) for name, share in DEVICES.items()}
        for at, share in self._moments(day.date):
            self._write_channels(day.date, at, share, channels, wishes)
            self._write_devices(day.date, at, share, devices, wishes)
        if rng.random() < VANISH_RATE and channels["Unassigned"] and self._may_vanish(day.date):
            self._vanish(day.date, "Unassigned")

    def _moments(self, day: date) -> Iterator[tuple[datetime, float]]:
        for hours, share in SETTLING:
            yield (
                self._plan.settle(self._plan.midnight(day) + timedelta(hours=hours, minutes=day.toordinal() % 50)),
                share,
            )

    def _write_channels(self, day: date, at: datetime, share: float, channels: dict[str, int], wishes: int) -> None:
        weight = sum(channels[name] * keen for name, (_, keen) in CHANNELS.items())
        for name, sessions in channels.items():
            seen = round(sessions * share)
            if not seen:
                continue
            events = round(wishes * share * sessions * CHANNELS[name][1] / weight)
            self._version("channel_days", at, cell(day, CHANNEL, name, counts_of(seen, events)))
            # Some sessions buy twice: they count once.
            converted = min(seen, events - events // 6)
            if converted:
                self._version("channel_conversions", at, cell(day, CHANNEL, name, {"sessions": converted}))

    def _write_devices(self, day: date, at: datetime, share: float, devices: dict[str, int], wishes: int) -> None:
        total = max(1, sum(devices.values()))
        for name, sessions in devices.items():
            if seen := round(sessions * share):
                sums = counts_of(seen, round(wishes * share * sessions / total))
                self._version("device_days", at, cell(day, DEVICE, name, sums))

    def _version(self, stream: str, at: datetime, record: dict[str, object]) -> None:
        self._sink.version(f"ga4/{stream}", at, record)

    def _vanish(self, day: date, channel: str) -> None:
        """A row that falls below the vendor's thresholds when the date has settled."""
        *_, (last, _) = self._moments(day)
        self._sink.deletion("ga4/channel_days", self._plan.later(last, 5), f"{day}|{channel}")

    def _may_vanish(self, day: date) -> bool:
        """Not in the last nights, so that they may be brought in in any order."""
        return day + timedelta(days=5) < self._plan.as_of_nights[0]
