"""The hours in which support works, for helpdesks that have no schedule of their own: what [business_hours] says."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from cx_etl.errors import ConfigError

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MINUTES_OF_DAY = 24 * 60
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True)
class BusinessHours:
    """Spans in minutes since Sunday midnight, in the zone; one that crosses midnight ends after its day does."""

    time_zone: str
    spans: tuple[tuple[int, int], ...]
    holidays: tuple[date, ...]


def read(section: dict[str, Any], time_zone: str) -> BusinessHours:
    """The section of the settings. Raises ConfigError naming the entry that is wrong."""
    spans = {span for entry in section.get("hours", []) for span in _spans(entry)}
    if not spans:
        raise ConfigError("[business_hours] hours is empty", 'write for example ["mon-fri 09:00-18:00"]')
    return BusinessHours(time_zone, tuple(sorted(spans)), tuple(_day(entry) for entry in section.get("holidays", [])))


def _spans(entry: str) -> list[tuple[int, int]]:
    """One span per day of ``mon-fri 09:00-18:00``; ``22:00-06:00`` ends on the day after, ``00:00-24:00`` with it."""
    found = _SPAN.fullmatch(entry)
    if not found or found[1] not in DAYS or (found[2] or found[1]) not in DAYS:
        raise _wrong("hours", entry, 'write for example "mon-fri 09:00-18:00"')
    opens, closes = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if max(opens, closes) > MINUTES_OF_DAY or opens == closes:
        raise _wrong("hours", entry, "write times of a day that differ")
    closes += MINUTES_OF_DAY if closes < opens else 0
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    days = [(first + day) % 7 for day in range((last - first) % 7 + 1)]
    return [(day * MINUTES_OF_DAY + opens, day * MINUTES_OF_DAY + closes) for day in days]


def _day(entry: Any) -> date:
    try:
        return entry if isinstance(entry, date) else date.fromisoformat(entry)
    except (TypeError, ValueError):
        raise _wrong("holidays", entry, 'write dates such as "2026-12-25"') from None


def _wrong(key: str, entry: Any, next_step: str) -> ConfigError:
    return ConfigError(f"[business_hours] {key} has {entry!r}", next_step)
