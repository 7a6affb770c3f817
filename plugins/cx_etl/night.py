"""Nights: a night is a business date, given by the scheduler and never taken from the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cx_etl.errors import ConfigError


def parse_night(text: str) -> date:
    """The night written YYYY-MM-DD. Raises ConfigError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"not a night: {text!r}", "write it as YYYY-MM-DD, such as 2026-11-20") from None


def parse_clock(text: str) -> time:
    """The time of day written HH:MM. Raises ConfigError for anything else."""
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007
    except ValueError:
        raise ConfigError(f"not a time of day: {text!r}", "write it as HH:MM, such as 06:30") from None


def parse_range(text: str) -> list[date]:
    """The nights of ``FROM..TO``, both ends included, or the one night of a single date."""
    first, _, last = text.partition("..")
    return nights_between(parse_night(first), parse_night(last or first))


def nights_between(first: date, last: date) -> list[date]:
    """The nights from the first to the last, both included. Raises ConfigError if the last is before the first."""
    if last < first:
        raise ConfigError(f"the range {first}..{last} ends before it starts", "give the earlier night first")
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def window_start(night: date, time_zone: str) -> datetime:
    """The UTC instant of the night's first local midnight."""
    return datetime.combine(night, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def window_end(night: date, time_zone: str) -> datetime:
    """The UTC instant of the local midnight that ends the night; exclusive. A DST night has 23 or 25 hours."""
    return window_start(night + timedelta(days=1), time_zone)
