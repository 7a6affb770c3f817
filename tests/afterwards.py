"""What follows an experience, the slow way: plain loops over orders, tickets and answers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from journeys import Row, month_of

REFERENCE = {
    "late_delivery": "on_time",
    "first_reply": "within_hour",
    "reopen": "not_reopened",
    "first_contact_resolution": "more_contacts",
    "refund": "not_refunded",
    "nps_score": "promoter",
}


def experiences(
    orders: Sequence[Row], tickets: Sequence[Row], answers: Sequence[Row], refunded: Mapping[str, datetime]
) -> Iterator[tuple[str, str, str, datetime, str]]:
    """Event, bucket, customer, time and key of every experience."""
    for order in orders:
        arrived = order["delivered_at"]
        if arrived and not order["is_cancelled"]:
            who = (order["customer_key"], arrived, order["order_key"])
            if order["promised_at"]:
                late = arrived - order["promised_at"]
                much = "late_up_to_3_days" if late <= timedelta(days=3) else "late_over_3_days"
                yield "late_delivery", "on_time" if late <= timedelta(0) else much, *who
            back = refunded.get(order["order_key"])
            soon = back is not None and back - arrived <= timedelta(days=30)
            yield "refund", "refunded" if soon else "not_refunded", *who
    for ticket in tickets:
        if ticket["is_excluded"] or ticket["customer_key"] is None:
            continue
        if ticket["first_reply_at"]:
            waited = ticket["first_reply_at"] - ticket["created_at"]
            slow = "within_day" if waited <= timedelta(hours=24) else "after_day"
            bucket = "within_hour" if waited <= timedelta(hours=1) else slow
            yield "first_reply", bucket, ticket["customer_key"], ticket["first_reply_at"], ticket["ticket_key"]
        if ticket["first_resolved_at"]:
            who = (ticket["customer_key"], ticket["first_resolved_at"], ticket["ticket_key"])
            yield "reopen", "reopened" if ticket["reopens"] else "not_reopened", *who
            if ticket["is_one_touch"] is not None and ticket["public_agent_replies"] > 0:
                once = ticket["is_one_touch"] and not ticket["reopens"]
                yield "first_contact_resolution", "first_contact" if once else "more_contacts", *who
    for answer in answers:
        if answer["metric"] == "nps" and answer["bucket"] and answer["customer_key"]:
            yield "nps_score", answer["bucket"], answer["customer_key"], answer["responded_at"], answer["response_key"]


def band(value: float | None, limits: Sequence[tuple[float, str]]) -> str:
    """The first band whose upper limit is above the value."""
    return "no_order" if value is None else next(name for limit, name in limits if value < limit)


VALUES = [(50, "under_50"), (100, "50_to_100"), (250, "100_to_250"), (float("inf"), "250_and_more")]
AGES = [
    (30, "under_30_days"),
    (90, "30_to_89_days"),
    (365, "90_to_364_days"),
    (float("inf"), "365_days_and_more"),
]


def followed(
    found: Sequence[tuple[str, str, str, datetime, str]],
    orders: Sequence[Row],
    answers: Sequence[Row],
    as_of: date,
    zone: str,
) -> Iterator[dict[str, Any]]:
    """The first experience of each customer, event and month, with what the customer did in the 90 days after it."""

    def day(at: datetime) -> date:
        return at.astimezone(ZoneInfo(zone)).date()

    first: dict[tuple[str, str, date], tuple[datetime, str, str]] = {}
    for event, bucket, customer, at, key in found:
        if day(at) <= as_of:
            place = (event, customer, month_of(day(at)))
            first[place] = min(first.get(place, (at, key, bucket)), (at, key, bucket))
    for (event, customer, month), (at, _, bucket) in first.items():
        own = sorted(
            (each for each in orders if each["customer_key"] == customer),
            key=lambda each: (each["ordered_at"], each["order_key"]),
        )
        before = [each for each in own if each["ordered_at"] <= at]
        is_over = day(at) + timedelta(days=90) <= as_of

        def within(moment: datetime, start: datetime = at) -> bool:
            return moment > start and day(moment) <= day(start) + timedelta(days=90)

        def next_bucket(metric: str, who: str = customer, start: datetime = at) -> str | None:
            later = [
                (each["responded_at"], each["response_key"], each["bucket"])
                for each in answers
                if each["customer_key"] == who
                and each["metric"] == metric
                and each["bucket"]
                and each["responded_at"] > start
            ]
            return min(later)[2] if later and within(min(later)[0], start) else None

        yield {
            "cell": (event, bucket, month),
            "order_value_band": band(before[-1]["gross_sales"] - before[-1]["discounts"] if before else None, VALUES),
            "customer_age_band": band((day(at) - before[0]["business_date"]).days if before else None, AGES),
            "is_repeat": any(within(each["ordered_at"]) for each in own) if is_over else None,
            "nps": next_bucket("nps") if is_over else None,
            "csat": next_bucket("csat") if is_over else None,
        }


def mantel_haenszel(tables: Sequence[tuple[int, int, int, int]]) -> tuple[float, float]:
    """Common risk difference and its variance by Sato, of tables (hits, n) with and (hits, n) without."""
    weight = sum(Fraction(n1 * n0, n1 + n0) for _, n1, _, n0 in tables)
    difference = sum(Fraction(n1 * n0, n1 + n0) * (Fraction(x1, n1) - Fraction(x0, n0)) for x1, n1, x0, n0 in tables)
    difference /= weight
    p = sum(
        (n1 * n1 * x0 - n0 * n0 * x1 + Fraction(n1 * n0 * (n0 - n1), 2)) / (n1 + n0) ** 2 for x1, n1, x0, n0 in tables
    )
    q = sum(Fraction(x1 * (n0 - x0) + x0 * (n1 - x1), 2 * (n1 + n0)) for x1, n1, x0, n0 in tables)
    return float(difference), float((difference * p + q) / weight**2)


def table_of(people: Sequence[Row]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows of experience_to_value by their key, with the figures that are counted or computed from counts."""
    cells: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for person in people:
        cells[(*person["cell"], "all", "all")].append(person)
        for name in ("order_value_band", "customer_age_band"):
            cells[(*person["cell"], name, person[name])].append(person)
    rows = {}
    for (event, bucket, month, name, value), members in cells.items():
        over = [each for each in members if each["is_repeat"] is not None]
        others = cells.get((event, REFERENCE[event], month, name, value), [])
        tables = strata(over, [each for each in others if each["is_repeat"] is not None])
        is_compared = tables and bucket != REFERENCE[event]
        scores = Counter(each[metric] for each in over for metric in ("nps", "csat") if each[metric])
        rows[event, bucket, month, name, value] = {
            "customers": len(members),
            "n": len(over),
            "repeat_customers": sum(each["is_repeat"] for each in over) if over else None,
            "reference_n": sum(n0 for _, _, _, n0 in tables) if is_compared else None,
            "compared_n": sum(n1 for _, n1, _, _ in tables) if is_compared else 0,
            "difference": mantel_haenszel(tables) if is_compared else None,
            "next_nps_n": sum(scores[key] for key in ("promoter", "passive", "detractor")) if over else None,
            "next_nps_promoters": scores["promoter"] if over else None,
            "next_nps_detractors": scores["detractor"] if over else None,
            "next_csat_n": sum(scores[key] for key in ("satisfied", "neutral", "dissatisfied")) if over else None,
            "next_csat_satisfied": scores["satisfied"] if over else None,
        }
    return rows


def strata(exposed: Sequence[Row], others: Sequence[Row]) -> list[tuple[int, int, int, int]]:
    """Hits and number with and without the experience, of each stratum that has both."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for people, place in ((exposed, 0), (others, 2)):
        for each in people:
            cell = counts[each["order_value_band"], each["customer_age_band"]]
            cell[place] += each["is_repeat"]
            cell[place + 1] += 1
    return [(x1, n1, x0, n0) for x1, n1, x0, n0 in counts.values() if n1 and n0]
