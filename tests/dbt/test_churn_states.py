"""Churn states at every month's start against rules written the slow way, customer by customer and month by month."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from churn_worlds import Order, build

FIRST, AS_OF = date(2024, 1, 1), date(2025, 6, 30)
MONTHS = [date(year, month, 1) for year in (2024, 2025) for month in range(1, 13)]
MONTHS = [month for month in MONTHS if FIRST < month <= AS_OF + timedelta(days=1)]
Histories = dict[str, list[date]]
# Half of the gaps are short, so that customers have a cadence to fall out of.
GAPS = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 250)), max_size=9)


@st.composite
def worlds(draw: Any) -> list[Order]:
    orders = []
    for number in range(draw(st.integers(20, 60))):
        day = FIRST + timedelta(days=draw(st.integers(0, 500)))
        for gap in [0, *draw(GAPS)]:
            day += timedelta(days=gap)
            orders.append((f"c{number}", day, 10.0))
    return orders


def histories_of(orders: list[Order]) -> Histories:
    found = defaultdict(set)
    for customer, day, _ in orders:
        found[customer].add(day)
    return {customer: sorted(days) for customer, days in found.items()}


def inactive(days: list[date], month: date, limit: int) -> str:
    if (month - days[-1]).days > limit:
        return "lost"
    return "active" if (month - days[0]).days > limit else "unknown"


def gaps_of(days: list[date]) -> list[int]:
    return [(later - earlier).days for earlier, later in pairwise(days)]


def cadence(days: list[date], month: date, everybody: list[list[date]]) -> str:
    since = (month - days[-1]).days
    if len(days) > 1:
        return "lost" if since > 3 * median(gaps_of(days)) else "active"
    gaps = sorted(gap for each in everybody for gap in gaps_of(each))
    if not gaps:
        return "unknown"
    return "lost" if since > gaps[ceil(len(gaps) * 9 / 10) - 1] else "unknown"


def expected_states(histories: Histories) -> dict[tuple[str, str, date], str]:
    """What each rule says of each customer who had ordered, at each month's start, from the orders before it."""
    said = {}
    for month in MONTHS:
        seen = {key: [day for day in days if day < month] for key, days in histories.items()}
        seen = {key: days for key, days in seen.items() if days}
        for key, days in seen.items():
            said["inactive_90d", key, month] = inactive(days, month, 90)
            said["inactive_180d", key, month] = inactive(days, month, 180)
            said["cadence", key, month] = cadence(days, month, list(seen.values()))
    return said


def unfolded(rows: list[dict[str, Any]]) -> dict[tuple[str, str, date], str]:
    """The state at every month's start, from the rows in which it changes."""
    said: dict[tuple[str, str, date], str] = {}
    for row in sorted(rows, key=lambda row: row["month"]):
        for month in MONTHS:
            if month >= row["month"]:
                said[row["churn_rule"], row["customer_key"], month] = row["state"]
    return said


@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(orders=worlds())
def test_states_are_those_of_the_slow_rules(warehouse: str, orders: list[Order]) -> None:
    built = build(warehouse, orders, AS_OF)
    rows = built.rows("select * from intermediate.int_customers__churn_states where churn_rule <> 'p_alive'")
    histories = {key: [day for day in days if day <= AS_OF] for key, days in histories_of(orders).items()}
    expected = expected_states({key: days for key, days in histories.items() if days})
    found = unfolded(rows)
    wrong = {key: (found.get(key), state) for key, state in expected.items() if found.get(key) != state}
    assert not wrong
    assert found.keys() == expected.keys()
    _require_sums(built, expected, histories)


def _require_sums(built: Any, expected: dict[tuple[str, str, date], str], histories: Histories) -> None:
    """The periods count exactly these states, and what changes between two months."""
    rows = built.rows(
        "select * from intermediate.int_churn__periods where segment_name = 'all' and churn_rule <> 'p_alive'"
    )
    assert rows
    for row in rows:
        rule, month = row["churn_rule"], row["month"]
        later = (month + timedelta(days=31)).replace(day=1)
        now = {key: state for (of, key, at), state in expected.items() if (of, at) == (rule, month)}
        then = {key: state for (of, key, at), state in expected.items() if (of, at) == (rule, later)}
        assert row["at_start"] == len(now)
        assert row["lost"] == list(now.values()).count("lost")
        assert row["unknown"] == list(now.values()).count("unknown")
        if later > AS_OF + timedelta(days=1):
            assert row["newly_lost"] is None
            continue
        assert row["newly_lost"] == sum(now[key] != "lost" and then[key] == "lost" for key in now)
        assert row["won_back"] == sum(now[key] == "lost" and then[key] != "lost" for key in now)


@pytest.mark.parametrize("segment", ["country", "order_value_band", "first_month", "tenure_band"])
def test_segments_add_up_to_all(warehouse: str, segment: str) -> None:
    orders = [
        (f"c{n}", FIRST + timedelta(days=n * 3 + k * (n % 40)), 13.0 * (n % 50)) for n in range(120) for k in range(3)
    ]
    built = build(warehouse, orders, AS_OF, {f"c{n}": "PT" if n % 3 else "DE" for n in range(100)})
    sums = "churn_rule, month, sum(at_start), sum(lost), sum(unknown), sum(newly_lost), sum(won_back)"
    query = (
        f"select {sums} from intermediate.int_churn__periods where segment_name = '{{}}' group by 1, 2 order by 1, 2"
    )
    assert built.rows(query.format(segment)) == built.rows(query.format("all"))
    values = {
        row["v"]
        for row in built.rows(
            f"select distinct segment_value as v from intermediate.int_churn__periods where segment_name = '{segment}'"
        )
    }
    assert len(values) > 2


def test_p_alive_states_are_of_each_month_s_own_fit(warehouse: str) -> None:
    """From the orders before the month alone, and its stored parameters; unknown without a repeat or parameters."""
    rng, orders = Random(3), []
    for number in range(400):
        day, leaving = float(rng.randint(0, 300)), rng.betavariate(1, 2)
        while day < 500:
            orders.append((f"c{number}", FIRST + timedelta(days=int(day)), 10.0))
            day += rng.expovariate(1 / 25)
            if rng.random() < leaving:
                break
    built = build(warehouse, orders, AS_OF)
    fits = {row["fitted_on"]: row for row in built.rows(FITS)}
    found = unfolded(built.rows("select * from intermediate.int_customers__churn_states where churn_rule = 'p_alive'"))
    expected = {}
    for key, days in histories_of(orders).items():
        for month in MONTHS:
            if seen := [day for day in days if day < month]:
                expected["p_alive", key, month] = alive_or_not(seen, month, fits[month])
    assert [fit["status"] for fit in fits.values()].count("fitted") > 10
    assert [fit["status"] for fit in fits.values()].count("too_few_customers") > 0
    assert set(expected.values()) == {"unknown", "active", "lost"}
    assert found == expected


FITS = "select * from inference.lifetime_parameters where is_month_start order by fitted_on"


def alive_or_not(days: list[date], month: date, fit: dict[str, Any]) -> str:
    x, recency, age = len(days) - 1, (days[-1] - days[0]).days / 7, (month - days[0]).days / 7
    if x == 0 or fit["status"] != "fitted":
        return "unknown"
    growth = ((fit["alpha"] + age) / (fit["alpha"] + recency)) ** (fit["r"] + x)
    return "lost" if 1 / (1 + fit["a"] / (fit["b"] + x - 1) * growth) < 0.5 else "active"
