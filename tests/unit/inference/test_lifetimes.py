"""What the step makes of order days: histories, months, states, and the reasons why there are no figures."""

from datetime import date, timedelta

import numpy as np
import pytest

from cx_etl.inference import bg_nbd, fits
from cx_etl.inference.lifetimes import lifetimes, states
from cx_etl.inference.purchases import Purchases, day_number, month_starts

DAY = date(2026, 1, 10)


def purchases(*customers: list[tuple[int, float]]) -> Purchases:
    """Customers with their order days, as days after DAY and values."""
    owners = [place for place, orders in enumerate(customers) for _ in orders]
    days = [day_number(DAY) + day for orders in customers for day, _ in orders]
    starts = np.cumsum([0, *(len(orders) for orders in customers)])[:-1]
    values = np.array([value for orders in customers for _, value in orders], dtype=float)
    keys = [f"c{place}" for place in range(len(customers))]
    return Purchases(keys, np.array(starts), np.array(owners), np.array(days), values)


def many(count: int) -> Purchases:
    """Customers of all kinds, as the model has them: each with a rate and a chance of leaving of its own."""
    rng = np.random.default_rng(count)
    rows = []
    for number in range(count):
        days, rate, leaving = [number % 50], rng.gamma(1.0, 0.05), rng.beta(1.0, 3.0)
        while rng.random() > leaving and (day := days[-1] + 1 + int(rng.exponential(1 / rate))) < 200:
            days.append(day)
        rows.append([(day, 20.0 + number % 7) for day in days])
    return purchases(*rows)


def test_histories_know_only_what_was_before() -> None:
    found = purchases([(0, 1.0), (10, 1.0), (25, 1.0)], [(20, 1.0)], [(40, 1.0)])
    then = found.histories(day_number(DAY) + 25, day_number(DAY) + 30)
    assert then.customers.tolist() == [0, 1]
    assert then.repeats.tolist() == [1, 0]
    assert then.recency.tolist() == [10, 0]
    assert then.age.tolist() == [30, 10]


def test_equal_histories_are_counted_once() -> None:
    same = purchases([(0, 1.0), (7, 1.0)], [(0, 1.0), (7, 1.0)], [(3, 1.0)])
    distinct, counts = same.histories(day_number(DAY) + 99, day_number(DAY) + 30).distinct()
    assert distinct.T.tolist() == [[0, 0, 27], [1, 7, 30]]
    assert counts.tolist() == [1, 2]


def test_values_are_those_of_repeat_days_worth_something() -> None:
    days, means = purchases([(0, 99.0), (1, 10.0), (2, 0.0), (3, 20.0)], [(0, 5.0)]).repeat_values()
    assert days.tolist() == [2, 0]
    assert means.tolist() == [15.0, 0.0]


def test_months_begin_after_the_first_order() -> None:
    assert month_starts(date(2025, 11, 30), date(2026, 2, 1)) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert month_starts(date(2026, 1, 1), date(2026, 1, 31)) == []


def test_too_few_customers_give_no_figures_but_a_reason() -> None:
    found = many(60)
    histories = found.histories(day_number(DAY) + 200, day_number(DAY) + 200)
    orders, values = fits.fit_orders(histories, DAY, False, {}), fits.fit_values(found, DAY, {})
    assert (orders.status, values.status) == ("too_few_customers", "too_few_customers")
    repeats = int((histories.repeats > 0).sum())
    assert orders.reason == f"60 customers, {repeats} of them with repeat orders: 100 and 50 are the fewest for a fit"
    assert orders.columns()["r"] is None
    columns = lifetimes(found, histories, orders, values)
    for name in ("p_alive", "expected_orders_90d", "expected_order_value", "clv_predicted"):
        assert np.isnan(columns[name]).all(), name
    said = states(found, [(DAY + timedelta(days=99), histories)], [orders], 0.5)
    assert set(said["state"]) == {"unknown"}


def test_a_fit_that_does_not_converge_gives_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    found = many(400)
    histories = found.histories(day_number(DAY) + 200, day_number(DAY) + 200)
    assert fits.fit_orders(histories, DAY, False, {}).status == "fitted"
    monkeypatch.setattr("cx_etl.inference.likelihood.LARGEST_SLOPE", 0.0)
    orders = fits.fit_orders(histories, DAY, False, {})
    assert orders.status == "not_converged"
    assert orders.reason
    assert np.isnan(lifetimes(found, histories, orders, fits.fit_values(found, DAY, {}))["p_alive"]).all()


def test_the_same_input_is_not_fitted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    histories = many(400).histories(day_number(DAY) + 200, day_number(DAY) + 200)
    first = fits.fit_orders(histories, DAY, False, {})
    known = {first.fingerprint: bg_nbd.Maximum(first.parameters, first.log_likelihood or 0, first.iterations or 0, "")}
    monkeypatch.setattr(bg_nbd, "fit", lambda *arguments: pytest.fail("fitted again"))
    assert fits.fit_orders(histories, DAY, False, known) == first


def test_a_month_sought_from_the_one_before_ends_where_one_sought_alone_does() -> None:
    found = many(600)
    then = [(day, found.histories(day_number(day), day_number(day))) for day in (date(2026, 5, 1), date(2026, 6, 1))]
    _, later = fits.fit_months(then, {})
    alone = fits.fit_orders(then[1][1], then[1][0], True, {})
    assert later.status == alone.status == "fitted"
    assert later.parameters == pytest.approx(alone.parameters, rel=1e-3)
    assert (later.iterations or 0) < (alone.iterations or 0)


def test_states_are_told_only_where_they_change() -> None:
    """One customer orders twice and never again, the other once: lost below the threshold, unknown without repeats."""
    found = purchases([(0, 1.0), (7, 1.0)], [(0, 1.0)])
    months = [date(2026, month, 1) for month in range(2, 9)]
    then = [(month, found.histories(day_number(month), day_number(month))) for month in months]
    given = fits.Fit("bg_nbd", DAY, True, 2, 1, "", parameters=(0.243, 4.414, 0.793, 2.426))
    alive = [
        float(bg_nbd.p_alive(bg_nbd.Parameters(*given.parameters), np.ones(1), np.ones(1), seen.age[:1] / 7)[0])
        for _, seen in then
    ]
    first_lost = next(place for place, probability in enumerate(alive) if probability < 0.6)
    assert first_lost > 0
    said = states(found, then, [given] * len(then), 0.6)
    rows = sorted(zip(said["customer_key"], said["month"], said["state"], strict=True))
    assert rows == [
        ("c0", months[0], "active"),
        ("c0", months[first_lost], "lost"),
        ("c1", months[0], "unknown"),
    ]
