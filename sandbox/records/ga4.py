"""Google Analytics 4: the cells of which the sandbox makes reports."""

from datetime import date
from typing import Any

Record = dict[str, Any]

CHANNEL, DEVICE = "sessionDefaultChannelGroup", "deviceCategory"


def counts_of(sessions: int, key_events: int) -> Record:
    """What a number of sessions comes to in the other counts, in proportions that such shops have."""
    users = max(1, round(sessions * 0.83)) if sessions else 0
    return {
        "sessions": sessions,
        "engagedSessions": round(sessions * 0.61),
        "keyEvents": key_events,
        "activeUsers": users,
        "totalUsers": users + round(sessions * 0.02),
        "newUsers": round(users * 0.55),
        "screenPageViews": round(sessions * 4.2),
    }


def cell(day: date, dimension: str, value: str, sums: Record) -> Record:
    """The sums of one value of a dimension on one date of the property."""
    return {"id": f"{day}|{value}", "date": str(day), dimension: value, **sums}
