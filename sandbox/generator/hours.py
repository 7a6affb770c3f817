"""The hours in which the helpdesk's agents work, and how it counts them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# The vendor's name of the zone, and the zone.
VENDOR_ZONE, ZONE = "Lisbon", ZoneInfo("Europe/Lisbon")
OPENS, CLOSES = time(9), time(18)
# Name, month, first and last day.
HOLIDAYS = (("New Year", 1, 1, 1), ("Natal", 12, 24, 26), ("عيد", 5, 1, 2))


def business_minutes(start: datetime, end: datetime) -> int:
    """Whole minutes of the interval in business hours, as the helpdesk tells them."""
    return business_seconds(start, end) // 60


def business_seconds(start: datetime, end: datetime) -> int:
    """Seconds of the interval within Monday to Friday, 09:00 to 18:00 by the helpdesk's clocks, without holidays."""
    seconds = 0.0
    day, last = start.astimezone(ZONE).date(), end.astimezone(ZONE).date()
    while day <= last:
        if day.weekday() < 5 and not is_holiday(day):
            opens, closes = (datetime.combine(day, at, ZONE).astimezone(UTC) for at in (OPENS, CLOSES))
            seconds += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
        day += timedelta(days=1)
    return int(seconds)


def is_holiday(day: date) -> bool:
    return any(day.month == month and first <= day.day <= last for _, month, first, last in HOLIDAYS)
