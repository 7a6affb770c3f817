"""Contractual and revenue churn against the slow way: every customer's subscriptions on the first of every month."""

import itertools
from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from churn_worlds import Term, build

FIRST, AS_OF = date(2024, 1, 1), date(2025, 3, 31)
MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(16)]
PLANS = ("basic", "full")
# Amount at a month's start by customer; without a subscription in force there is no entry.
Balances = dict[str, int]


@st.composite
def worlds(draw: Any) -> list[Term]:
    """Terms one after the other, with gaps and overlaps, many at the edges of months."""
    terms = []
    for number in range(draw(st.integers(10, 40))):
        day = FIRST + timedelta(days=draw(st.integers(0, 300)))
        for _ in range(draw(st.integers(1, 4))):
            start = day.replace(day=1) if draw(st.booleans()) else day
            end = start + timedelta(days=draw(st.integers(0, 150)))
            if draw(st.booleans()):
                end = end.replace(day=1) + timedelta(days=31)
                end = end.replace(day=1) - timedelta(days=1)
            ended = end if draw(st.integers(0, 4)) else None
            terms.append((f"c{number}", start, ended, draw(st.integers(0, 60)), draw(st.sampled_from(PLANS))))
            day = end + timedelta(days=draw(st.integers(-20, 70)))
    return terms


def in_force(terms: list[Term], month: date) -> Balances:
    found: Counter[str] = Counter()
    held = set()
    for customer, start, end, amount, _ in terms:
        if start <= month and (end is None or end >= month):
            found[customer] += amount
            held.add(customer)
    return {customer: found[customer] for customer in held}


def month_of(now: Balances, then: Balances) -> tuple[int, int, int, int, int, int]:
    """Customers and revenue at the start; lost, cancelled, contracted and expanded by the next month's."""
    lost = [customer for customer in now if customer not in then]
    changes = [then[customer] - now[customer] for customer in now if customer in then]
    contracted, expanded = -sum(change for change in changes if change < 0), sum(c for c in changes if c > 0)
    return len(now), sum(now.values()), len(lost), sum(now[customer] for customer in lost), contracted, expanded


@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(terms=worlds())
def test_periods_are_those_of_the_slow_count(warehouse: str, terms: list[Term]) -> None:
    built = build(warehouse, [], AS_OF, terms=terms)
    rows = built.rows(
        "select * from intermediate.int_churn__periods where churn_rule = 'contractual' and segment_name = 'all'"
    )
    # What begins after the as-of date is not known yet.
    terms = [term for term in terms if term[1] <= AS_OF]
    found = {row["month"]: row for row in rows}
    for month, later in itertools.pairwise(MONTHS):
        expected = month_of(in_force(terms, month), in_force(terms, later))
        row = found.get(month)
        if row is None:
            assert expected[0] == 0, month
            continue
        said = [row[name] for name in ("at_start", "amount", "newly_lost", "cancelled", "contracted", "expanded")]
        assert said == list(expected), month
    _require_states(built.rows("select * from intermediate.int_customers__churn_states"), terms)


def _require_states(rows: list[dict[str, Any]], terms: list[Term]) -> None:
    said: dict[tuple[str, date], str] = {}
    for row in sorted(rows, key=lambda row: row["month"]):
        for month in MONTHS:
            if month >= row["month"]:
                said[row["customer_key"], month] = row["state"]
    seen = set()
    for month in MONTHS:
        now = in_force(terms, month)
        seen |= now.keys()
        for customer in seen:
            assert said[customer, month] == ("active" if customer in now else "lost")
    assert {customer for customer, _ in said} == seen


def test_a_change_of_plan_moves_the_customer_and_a_month_keeps_who_was_there(warehouse: str) -> None:
    """One customer moves from basic to full in March and leaves in May: lost of full, and of basic nobody ever was."""
    terms: list[Term] = [
        ("mover", date(2024, 1, 1), date(2024, 3, 15), 10, "basic"),
        ("mover", date(2024, 3, 16), date(2024, 5, 20), 30, "full"),
        ("stayer", date(2024, 1, 1), None, 10, "basic"),
    ]
    built = build(warehouse, [], date(2024, 6, 30), terms=terms)
    rows = built.rows(
        "select * from intermediate.int_churn__periods where segment_name = 'plan' order by segment_value, month"
    )
    found = {(row["segment_value"], row["month"].month): row for row in rows}
    assert [found["basic", month]["at_start"] for month in range(1, 7)] == [2, 2, 2, 1, 1, 1]
    assert [found["full", month]["at_start"] for month in range(4, 7)] == [1, 1, 0]
    assert {key for key, row in found.items() if row["newly_lost"]} == {("full", 5)}
    assert found["basic", 3]["expanded"] == 20, "what was gained is the segment's in which the month began"
    assert found["full", 5]["cancelled"] == 30
