"""Customers' lifetimes: BG/NBD and gamma-gamma, fitted anew as of each month's start and the build's as-of date.

A past month is judged by what was known then: its own parameters, from the orders before it. Where there are too few
customers, or the likelihood has no clear maximum, there are no figures, and the reason stands with the fit.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from cx_etl.inference import bg_nbd, gamma_gamma
from cx_etl.inference.purchases import DAYS_A_WEEK, Histories, Purchases, day_number, month_starts, read

if TYPE_CHECKING:
    import psycopg

    from cx_etl.inference.likelihood import Maximum

HORIZON_DAYS = 90
# Below these the likelihood is too flat for four parameters.
FEWEST_CUSTOMERS, FEWEST_REPEATS = 100, 50
# Raised when the same input would give other parameters.
METHOD = "1"
STATES = np.array(["", "unknown", "active", "lost"])
UNKNOWN, ACTIVE, LOST = 1, 2, 3


@dataclass(frozen=True)
class Fit:
    """A row of inference.lifetime_parameters."""

    model: str
    fitted_on: date
    is_month_start: bool
    status: str
    reason: str
    customers: int
    repeat_customers: int
    parameters: tuple[float, ...]
    correlation: float | None
    log_likelihood: float | None
    iterations: int | None
    fingerprint: str

    def row(self) -> tuple[Any, ...]:
        padding = (None,) * (4 if self.model == "bg_nbd" else 3)
        own = self.parameters or padding
        values = (*own, None, None, None) if self.model == "bg_nbd" else (None,) * 4 + own
        head = (self.model, self.fitted_on, self.is_month_start, self.status, self.reason)
        tail = (self.correlation, self.log_likelihood, self.iterations, self.fingerprint)
        return (*head, self.customers, self.repeat_customers, *values, *tail)


def run(connection: "psycopg.Connection", as_of_date: date) -> None:
    """Make the tables lifetime_parameters, customer_lifetimes and lifetime_states say what the order days say."""
    purchases, known = read(connection), _known_maxima(connection)
    threshold = _p_alive_below(connection)
    histories = purchases.histories(day_number(as_of_date) + 1, day_number(as_of_date))
    orders = fit_orders(histories, as_of_date, False, known)
    values = fit_values(purchases, as_of_date, known)
    months = _months(purchases, as_of_date)
    at_months = [(month, purchases.histories(day_number(month), day_number(month))) for month in months]
    fits = [orders, values, *(fit_orders(then, month, True, known) for month, then in at_months)]
    _write(connection, "lifetime_parameters", _lines_of_rows([each.row() for each in fits]))
    _write(connection, "customer_lifetimes", _lines(lifetimes(purchases, histories, orders, values, as_of_date)))
    _write(connection, "lifetime_states", _lines(states(purchases, at_months, fits[2:], threshold)))


def fit_orders(histories: Histories, day: date, is_month_start: bool, known: dict[str, "Maximum"]) -> Fit:
    """BG/NBD of the histories, if they are enough."""
    distinct, counts = histories.distinct()
    fingerprint = _fingerprint("bg_nbd", distinct, counts)
    customers, repeats = len(histories.customers), int((histories.repeats > 0).sum())
    if problem := _too_few(customers, repeats):
        return Fit("bg_nbd", day, is_month_start, "too_few_customers", problem, customers, repeats, (), None, None, None, fingerprint)  # fmt: skip
    x, t_x, t = distinct[0].astype(float), distinct[1] / DAYS_A_WEEK, distinct[2] / DAYS_A_WEEK
    found = known.get(fingerprint) or bg_nbd.fit(bg_nbd.Histories(x, t_x, t, counts.astype(float)))
    return _fitted("bg_nbd", day, is_month_start, found, customers, repeats, None, fingerprint)


def fit_values(purchases: Purchases, as_of_date: date, known: dict[str, "Maximum"]) -> Fit:
    """Gamma-gamma of the customers with a repeat order worth something, if they are enough."""
    days, means = purchases.repeat_values()
    x, mean = days[days > 0].astype(float), means[days > 0]
    fingerprint = _fingerprint("gamma_gamma", x, mean)
    if problem := _too_few(len(days), len(x)):
        return Fit("gamma_gamma", as_of_date, False, "too_few_customers", problem, len(days), len(x), (), None, None, None, fingerprint)  # fmt: skip
    found = known.get(fingerprint) or gamma_gamma.fit(x, mean)
    varied = x.std() > 0 and mean.std() > 0
    correlation = float(np.corrcoef(x, mean)[0, 1]) if varied else None
    return _fitted("gamma_gamma", as_of_date, False, found, len(days), len(x), correlation, fingerprint)


def lifetimes(purchases: Purchases, histories: Histories, orders: Fit, values: Fit, as_of_date: date) -> dict[str, Any]:
    """The columns of inference.customer_lifetimes."""
    x, t_x, t = histories.repeats.astype(float), histories.recency / DAYS_A_WEEK, histories.age / DAYS_A_WEEK
    days, means = (each[histories.customers] for each in purchases.repeat_values())
    unknown = np.full(len(x), np.nan)
    alive, expected, value = unknown, unknown, unknown
    if orders.status == "fitted":
        parameters = bg_nbd.Parameters(*orders.parameters)
        alive = bg_nbd.p_alive(parameters, x, t_x, t)
        expected = bg_nbd.expected_orders(parameters, HORIZON_DAYS / DAYS_A_WEEK, x, t_x, t)
    if values.status == "fitted":
        value = gamma_gamma.expected_value(gamma_gamma.Parameters(*values.parameters), days.astype(float), means)
    return {
        "customer_key": [purchases.keys[place] for place in histories.customers],
        "as_of_date": as_of_date,
        "repeat_days": histories.repeats,
        "recency_days": histories.recency,
        "age_days": histories.age,
        "valued_days": days,
        "mean_value": np.where(days > 0, means.round(6), np.nan),
        "p_alive": alive.round(6),
        "expected_orders_90d": expected.round(6),
        "expected_order_value": value.round(2),
        "clv_predicted": (expected * value).round(2),
    }


def states(
    purchases: Purchases, at_months: list[tuple[date, Histories]], fits: list[Fit], threshold: float
) -> dict[str, Any]:
    """The columns of inference.lifetime_states: what the rule says at each month's start, where it says something new.

    The model has every customer without a repeat order alive, so that this is no knowledge: they are unknown.
    """
    said = np.zeros(len(purchases.keys), dtype=np.int8)
    keys, months, changed = [], [], []
    for (month, then), fit in zip(at_months, fits, strict=True):
        now = np.full(len(then.customers), UNKNOWN, dtype=np.int8)
        if fit.status == "fitted":
            parameters = bg_nbd.Parameters(*fit.parameters)
            times = then.recency / DAYS_A_WEEK, then.age / DAYS_A_WEEK
            alive = bg_nbd.p_alive(parameters, then.repeats.astype(float), *times)
            now[then.repeats > 0] = np.where(alive < threshold, LOST, ACTIVE)[then.repeats > 0]
        new = now != said[then.customers]
        said[then.customers] = now
        keys += [purchases.keys[place] for place in then.customers[new]]
        months += [month] * int(new.sum())
        changed += list(STATES[now[new]])
    return {"customer_key": keys, "month": months, "state": changed}


def _months(purchases: Purchases, as_of_date: date) -> list[date]:
    if not purchases.keys:
        return []
    first = date(1970, 1, 1) + timedelta(days=int(purchases.days.min()))
    return month_starts(first, as_of_date)


def _too_few(customers: int, repeats: int) -> str:
    if customers >= FEWEST_CUSTOMERS and repeats >= FEWEST_REPEATS:
        return ""
    return (
        f"{customers} customers, {repeats} of them with repeat orders: "
        f"{FEWEST_CUSTOMERS} and {FEWEST_REPEATS} are the fewest for a fit"
    )


def _fitted(
    model: str, day: date, is_month_start: bool, found: "Maximum", customers: int, repeats: int,
    correlation: float | None, fingerprint: str,
) -> Fit:  # fmt: skip
    status = "not_converged" if found.problem else "fitted"
    return Fit(
        model, day, is_month_start, status, found.problem, customers, repeats, found.parameters, correlation,
        found.log_likelihood, found.iterations, fingerprint,
    )  # fmt: skip


def _fingerprint(model: str, *arrays: Any) -> str:
    digest = hashlib.sha256(f"{model}:{METHOD}".encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _known_maxima(connection: "psycopg.Connection") -> dict[str, "Maximum"]:
    """What earlier builds found, by the fingerprint of what they fitted."""
    from cx_etl.inference.likelihood import Maximum

    rows = connection.execute(
        "select fingerprint, case model when 'bg_nbd' then array[r, alpha, a, b] else array[p, q, gamma] end,"
        " log_likelihood, iterations, reason from inference.lifetime_parameters where log_likelihood is not null"
    )
    return {row[0]: Maximum(tuple(row[1]), *row[2:]) for row in rows}


def _p_alive_below(connection: "psycopg.Connection") -> float:
    row = connection.execute(
        "select p_alive_below from intermediate.churn_rules where churn_rule = 'p_alive'"
    ).fetchone()
    return float(row[0]) if row else 0.0


def _lines(columns: dict[str, Any]) -> bytes:
    import pandas

    return pandas.DataFrame(columns).to_csv(index=False, header=False).encode()


def _lines_of_rows(rows: list[tuple[Any, ...]]) -> bytes:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _write(connection: "psycopg.Connection", table: str, lines: bytes) -> None:
    from psycopg import sql

    name = sql.Identifier("inference", table)
    connection.execute(sql.SQL("truncate {}").format(name))
    with connection.cursor().copy(sql.SQL("copy {} from stdin (format csv)").format(name)) as copy:
        copy.write(lines)
    connection.execute(sql.SQL("analyze {}").format(name))
