"""Contacts and losses the slow way: plain loops over orders, tickets and answers, written from the definitions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Z = 1.959964
MOODS = {
    "promoter": "positive",
    "satisfied": "positive",
    "easy": "positive",
    "detractor": "negative",
    "dissatisfied": "negative",
    "hard": "negative",
}


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The interval of Wilson as the roots of (p - hits/n)² = z² p (1 - p) / n."""
    share = hits / n
    a, b, c = 1 + Z * Z / n, -2 * share - Z * Z / n, share * share
    root = sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_after(day: date) -> date:
    return month_of(month_of(day) + timedelta(days=32))


# --- contacts ---------------------------------------------------------------------------------------------------------


def order_contacts(order: Row) -> Iterator[tuple[str, datetime | None, str]]:
    """Kind, time and outcome of what a customer notices of an order."""
    yield "order", order["ordered_at"], "negative" if order["is_cancelled"] else "neutral"
    yield "payment", order["paid_at"], "neutral"
    yield "shipment", order["shipped_at"], "neutral"
    if order["delivered_at"] and order["promised_at"]:
        yield "delivery", order["delivered_at"], "negative" if order["is_delivered_late"] else "positive"
    else:
        yield "delivery", order["delivered_at"], "neutral"


def ticket_contacts(ticket: Row) -> Iterator[tuple[str, datetime | None, str]]:
    """The ticket itself and its first reply."""
    if ticket["is_excluded"] or ticket["customer_key"] is None:
        return
    well = "positive" if ticket["is_one_touch"] else "neutral"
    kind = "social" if ticket["channel"] in ("twitter", "facebook", "instagram") else "ticket"
    yield kind, ticket["created_at"], "negative" if ticket["reopens"] else well
    if ticket["first_reply_at"]:
        waited = ticket["first_reply_at"] - ticket["created_at"]
        slow = "negative" if waited > timedelta(hours=24) else "neutral"
        yield "reply", ticket["first_reply_at"], "positive" if waited <= timedelta(hours=1) else slow


def contacts(orders: Sequence[Row], tickets: Sequence[Row], answers: Sequence[Row]) -> list[dict[str, Any]]:
    """Every contact that the facts tell of; the facts have no returns, refunds and checkouts."""
    found = []
    for key, customer, moments in [
        *((each["order_key"], each["customer_key"], order_contacts(each)) for each in orders),
        *((each["ticket_key"], each["customer_key"], ticket_contacts(each)) for each in tickets),
        *(
            (
                each["response_key"],
                each["customer_key"],
                [("survey", each["responded_at"], MOODS.get(each["bucket"], "neutral"))],
            )
            for each in answers
        ),
    ]:
        found += [
            {
                "touchpoint_key": f"{kind}:{key}",
                "customer_key": customer,
                "touchpoint": kind,
                "occurred_at": at,
                "outcome": mood,
            }
            for kind, at, mood in moments
            if at and customer
        ]
    return found


# --- last contacts before a loss --------------------------------------------------------------------------------------


def last_contacts(
    orders: Sequence[Row], all_contacts: Sequence[Row], days: int, as_of: date, zone: str
) -> Iterator[tuple[date, str, Row, bool]]:
    """Month, customer, last contact before it, lost or not: of everybody whose days of grace run out in the month."""
    by_customer = defaultdict(list)
    for each in all_contacts:
        by_customer[each["customer_key"]].append(each)
    for customer in {each["customer_key"] for each in orders}:
        dates = [each["business_date"] for each in orders if each["customer_key"] == customer]
        month = month_of(min(dates))
        while month_after(month) <= as_of + timedelta(days=1):
            end = month_after(month)
            before = [day for day in dates if day < month]
            if before and month <= max(before) + timedelta(days=days) < end:
                start = datetime.combine(month, time(), ZoneInfo(zone))
                seen = [each for each in by_customer[customer] if each["occurred_at"] < start]
                last = max(seen, key=lambda each: (each["occurred_at"], each["touchpoint_key"]))
                yield month, customer, last, not any(month <= day < end for day in dates)
            month = end
