"""The sandbox's time: a clock that stands still until it is set, and the vendors' rate limits in real time."""

import time
from collections import defaultdict, deque
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """A settable instant. It does not tick, so that a night's answers never depend on how fast they were asked for."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def set(self, now: datetime) -> None:
        """Move the clock; a time without an offset is refused, because it would mean different instants elsewhere."""
        if now.tzinfo is None:
            raise ValueError(f"the sandbox clock needs a time with an offset, got {now.isoformat()}")
        self.now = now.astimezone(UTC)

    @property
    def unix(self) -> float:
        return self.now.timestamp()

    @property
    def iso(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def http_date(self) -> str:
        return format_datetime(self.now.replace(microsecond=0), usegmt=True)


class SlidingWindow:
    """Counts calls per name over the last seconds of real time."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def take(self, name: str, limit: int, seconds: float) -> tuple[int, float]:
        """Count one call; give the number in the window with this one, and the seconds until the oldest leaves it."""
        now, calls = time.monotonic(), self._calls[name]
        while calls and calls[0] <= now - seconds:
            calls.popleft()
        if len(calls) >= limit:
            return limit + 1, calls[0] + seconds - now
        calls.append(now)
        return len(calls), calls[0] + seconds - now


class PointBucket:
    """Shopify's budget of query points: full at first, refilled in real time."""

    def __init__(self, size: float, per_second: float) -> None:
        self.size, self.per_second = size, per_second
        self.level, self._at = size, time.monotonic()

    def take(self, points: float) -> bool:
        """Take the points if they are there; leave the bucket as it is if not."""
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self._at) * self.per_second)
        self._at = now
        if points > self.level:
            return False
        self.level -= points
        return True
