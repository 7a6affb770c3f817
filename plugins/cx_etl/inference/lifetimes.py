"""Customers' lifetimes: BG/NBD and gamma-gamma, fitted anew as of each month's start and the build's as-of date.

A past month is judged by what was known then: its own parameters, from the orders before it. Where there are too few
customers, or the likelihood has no clear maximum, there are no figures, and the reason stands with the fit.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cx_etl.inference import bg_nbd, gamma_gamma
from cx_etl.inference.fits import Fit, fit_months, fit_orders, fit_values, known_maxima
from cx_etl.inference.purchases import DAYS_A_WEEK, EPOCH, Histories, Purchases, day_number, month_starts, read

if TYPE_CHECKING:
    import psycopg

HORIZON_DAYS = 90
STATES = np.array(["", "unknown", "active", "lost"])
UNKNOWN, ACTIVE, LOST = 1, 2, 3


def run(connection: "psycopg.Connection", as_of_date: date) -> None:
    """Make the tables lifetime_parameters, customer_lifetimes and lifetime_states say what the order days say."""
    purchases, known = read(connection), known_maxima(connection)
    histories = purchases.histories(day_number(as_of_date) + 1, day_number(as_of_date))
    orders = fit_orders(histories, as_of_date, False, known)
    values = fit_values(purchases, as_of_date, known)
    months = [
        (month, purchases.histories(day_number(month), day_number(month))) for month in _months(purchases, as_of_date)
    ]
    monthly = fit_months(months, known)
    parameters = [fit.columns() for fit in (orders, values, *monthly)]
    _write(connection, "lifetime_parameters", parameters)
    _write(connection, "customer_lifetimes", lifetimes(purchases, histories, orders, values))
    _write(connection, "lifetime_states", states(purchases, months, monthly, _p_alive_below(connection)))


def lifetimes(purchases: Purchases, histories: Histories, orders: Fit, values: Fit) -> dict[str, Any]:
    """The columns of inference.customer_lifetimes."""
    x, t_x, t = histories.repeats.astype(float), histories.recency / DAYS_A_WEEK, histories.age / DAYS_A_WEEK
    days, means = purchases.repeat_values()
    days, means = days[histories.customers], means[histories.customers]
    alive = expected = value = np.full(len(x), np.nan)
    if orders.is_fitted:
        found = bg_nbd.Parameters(*orders.parameters)
        alive = bg_nbd.p_alive(found, x, t_x, t)
        expected = bg_nbd.expected_orders(found, HORIZON_DAYS / DAYS_A_WEEK, x, t_x, t)
    if values.is_fitted:
        value = gamma_gamma.expected_value(gamma_gamma.Parameters(*values.parameters), days.astype(float), means)
    expected, value = expected.round(6), value.round(2)
    return {
        "customer_key": [purchases.keys[place] for place in histories.customers],
        "as_of_date": [orders.fitted_on] * len(x),
        "repeat_days": histories.repeats,
        "recency_days": histories.recency,
        "age_days": histories.age,
        "valued_days": days,
        "mean_value": np.where(days > 0, means.round(6), np.nan),
        "p_alive": alive.round(6),
        "expected_orders_90d": expected,
        "expected_order_value": value,
        # Of the figures as they are published, so that everybody can multiply them.
        "clv_predicted": (expected * value).round(2),
    }


def states(
    purchases: Purchases, months: list[tuple[date, Histories]], fits: list[Fit], threshold: float
) -> dict[str, Any]:
    """The columns of inference.lifetime_states: what the rule says at each month's start, where it says something new.

    The model has every customer without a repeat order alive, so that this is no knowledge: they are unknown.
    """
    said = np.zeros(len(purchases.keys), dtype=np.int8)
    keys: list[str] = []
    starts: list[date] = []
    changed: list[str] = []
    for (month, then), fit in zip(months, fits, strict=True):
        now = np.full(len(then.customers), UNKNOWN, dtype=np.int8)
        if fit.is_fitted:
            times = then.recency / DAYS_A_WEEK, then.age / DAYS_A_WEEK
            alive = bg_nbd.p_alive(bg_nbd.Parameters(*fit.parameters), then.repeats.astype(float), *times)
            now = np.where(then.repeats == 0, UNKNOWN, np.where(alive < threshold, LOST, ACTIVE)).astype(np.int8)
        new = now != said[then.customers]
        said[then.customers] = now
        keys += [purchases.keys[place] for place in then.customers[new]]
        starts += [month] * int(new.sum())
        changed += STATES[now[new]].tolist()
    return {"customer_key": keys, "month": starts, "state": changed}


def _months(purchases: Purchases, as_of_date: date) -> list[date]:
    """The starts of months that have customers; the last may be the day after the as-of date."""
    if not purchases.keys:
        return []
    first = EPOCH + timedelta(days=int(purchases.days.min()))
    return month_starts(first, as_of_date + timedelta(days=1))


def _p_alive_below(connection: "psycopg.Connection") -> float:
    query = "select p_alive_below from intermediate.churn_rules where churn_rule = 'p_alive'"
    row = connection.execute(query).fetchone()
    return float(row[0]) if row else 0.0


def _write(connection: "psycopg.Connection", table: str, columns: Any) -> None:
    """Replace the rows of a table by these columns, or rows by column."""
    import pandas
    from psycopg import sql

    # As objects, whole numbers of rows stay whole where some are missing.
    frame = pandas.DataFrame(columns, dtype=object if isinstance(columns, list) else None)
    name, names = sql.Identifier("inference", table), sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    connection.execute(sql.SQL("truncate {}").format(name))
    with connection.cursor().copy(sql.SQL("copy {} ({}) from stdin (format csv)").format(name, names)) as copy:
        copy.write(frame.to_csv(index=False, header=False))
    connection.execute(sql.SQL("analyze {}").format(name))
