"""A model fitted as of a date, or the reason why it was not: rows of inference.lifetime_parameters."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from cx_etl.inference import bg_nbd, gamma_gamma
from cx_etl.inference.likelihood import Maximum
from cx_etl.inference.purchases import DAYS_A_WEEK, Histories, Purchases

if TYPE_CHECKING:
    import psycopg

# Below these the likelihood is too flat for four parameters.
FEWEST_CUSTOMERS, FEWEST_REPEATS = 100, 50
# Raised when the same input would give other parameters.
METHOD = "1"

# What was found before, by the fingerprint of what was fitted.
Known = dict[str, Maximum]
Starts = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Fit:
    """A row of inference.lifetime_parameters, but for the parameters, which are in the order of the model's own."""

    model: str
    fitted_on: date
    is_month_start: bool
    customers: int
    repeat_customers: int
    fingerprint: str
    status: str = "fitted"
    reason: str | None = None
    parameters: tuple[float, ...] = ()
    log_likelihood: float | None = None
    iterations: int | None = None
    correlation: float | None = None

    @property
    def is_fitted(self) -> bool:
        return self.status == "fitted"

    def of(self, maximum: Maximum, correlation: float | None = None) -> Self:
        """The same fit with what was found."""
        outcome = {
            "status": "not_converged" if maximum.problem else "fitted",
            "reason": maximum.problem or None,
            "parameters": maximum.parameters,
            "log_likelihood": maximum.log_likelihood,
            "iterations": maximum.iterations,
            "correlation": correlation,
        }
        return type(self)(**{**asdict(self), **outcome})

    def columns(self) -> dict[str, Any]:
        """The row by the names of its columns."""
        row, names = asdict(self), NAMES[self.model]
        values = row.pop("parameters") or (None,) * len(names)
        return row | dict(zip(names, values, strict=True))


NAMES = {"bg_nbd": ("r", "alpha", "a", "b"), "gamma_gamma": ("p", "q", "gamma")}


def fit_months(months: Sequence[tuple[date, Histories]], known: Known) -> list[Fit]:
    """BG/NBD as of each month's start, sought from where the month before had it: a month adds little."""
    found: list[Fit] = []
    starts: Starts = bg_nbd.STARTS
    for month, histories in months:
        found.append(fit_orders(histories, month, True, known, starts))
        starts = (found[-1].parameters,) if found[-1].is_fitted else bg_nbd.STARTS
    return found


def fit_orders(
    histories: Histories, day: date, is_month_start: bool, known: Known, starts: Starts = bg_nbd.STARTS
) -> Fit:
    """BG/NBD of the histories, if they are enough."""
    distinct, counts = histories.distinct()
    customers, repeats = len(histories.customers), int((histories.repeats > 0).sum())
    fingerprint = _fingerprint("bg_nbd", distinct, counts, np.array(starts))
    fit = Fit("bg_nbd", day, is_month_start, customers, repeats, fingerprint)
    if reason := _too_few(customers, repeats):
        return _refused(fit, reason)
    if fit.fingerprint in known:
        return fit.of(known[fit.fingerprint])
    x, t_x, t = distinct[0].astype(float), distinct[1] / DAYS_A_WEEK, distinct[2] / DAYS_A_WEEK
    return fit.of(bg_nbd.fit(bg_nbd.Histories(x, t_x, t, counts.astype(float)), starts))


def fit_values(purchases: Purchases, day: date, known: Known) -> Fit:
    """Gamma-gamma of the customers with a repeat order worth something, if they are enough."""
    days, means = purchases.repeat_values()
    x, mean = days[days > 0].astype(float), means[days > 0]
    fit = Fit("gamma_gamma", day, False, len(days), len(x), _fingerprint("gamma_gamma", x, mean))
    if reason := _too_few(len(days), len(x)):
        return _refused(fit, reason)
    varied = x.std() > 0 and mean.std() > 0
    correlation = float(np.corrcoef(x, mean)[0, 1]) if varied else None
    return fit.of(known.get(fit.fingerprint) or gamma_gamma.fit(x, mean), correlation)


def known_maxima(connection: "psycopg.Connection") -> Known:
    """What earlier builds found: the same input has the same maximum, so that it is not sought again."""
    rows = connection.execute(
        "select fingerprint, case model when 'bg_nbd' then array[r, alpha, a, b] else array[p, q, gamma] end,"
        " log_likelihood, iterations, coalesce(reason, '')"
        " from inference.lifetime_parameters where log_likelihood is not null"
    )
    return {row[0]: Maximum(tuple(row[1]), *row[2:]) for row in rows}


def _too_few(customers: int, repeats: int) -> str:
    if customers >= FEWEST_CUSTOMERS and repeats >= FEWEST_REPEATS:
        return ""
    return (
        f"{customers} customers, {repeats} of them with repeat orders:"
        f" {FEWEST_CUSTOMERS} and {FEWEST_REPEATS} are the fewest for a fit"
    )


def _refused(fit: Fit, reason: str) -> Fit:
    return Fit(**{**asdict(fit), "status": "too_few_customers", "reason": reason})


def _fingerprint(model: str, *arrays: Any) -> str:
    digest = hashlib.sha256(f"{model}:{METHOD}".encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
