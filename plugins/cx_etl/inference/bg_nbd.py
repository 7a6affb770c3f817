"""The BG/NBD model of Fader, Hardie and Lee (2005): how often customers order, and when they silently stop.

A customer is (x, t_x, T): orders after the first, time of the last of them and time observed, both since the first
order. While alive a customer orders as a Poisson process whose rate varies over customers as gamma(r, alpha); after
each order the customer leaves with a probability that varies as beta(a, b). Arrays throughout; alpha has the unit of
the times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cx_etl.inference.likelihood import Maximum, maximise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Fixed, so that the same customers give the same figures: that of equal parts, and one near what shops look like.
STARTS = ((1.0, 1.0, 1.0, 1.0), (0.3, 5.0, 0.8, 2.5))


@dataclass(frozen=True)
class Parameters:
    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Histories:
    """Distinct histories, and how many customers have each."""

    x: "Array"
    t_x: "Array"
    t: "Array"
    customers: "Array"


def fit(histories: Histories, starts: Sequence[tuple[float, ...]] = STARTS) -> Maximum:
    """The parameters of the largest likelihood, in the order of Parameters."""

    def mean_log_likelihood(parameters: "Array") -> tuple[float, "Array"]:
        values, gradients = log_likelihood(Parameters(*parameters), histories)
        return float(values @ histories.customers), gradients @ histories.customers

    return maximise(mean_log_likelihood, starts, float(histories.customers.sum()))


def log_likelihood(parameters: Parameters, histories: Histories) -> tuple["Array", "Array"]:
    """Of each history its log likelihood, and its derivatives by r, alpha, a and b.

    What depends on the number of orders alone is computed once per number: the costly functions are all of it.
    """
    from scipy.special import digamma, expit, gammaln, log_expit

    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    place = histories.x.astype(np.intp)
    x = np.arange(place.max(initial=0) + 1, dtype=float)
    repeats = np.maximum(x, 1)
    by_orders = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) - gammaln(a + b + x) + gammaln(b + x) - gammaln(b)
    )  # fmt: skip
    odds = np.where(x > 0, np.log(a) - np.log(b + repeats - 1), -np.inf)
    by_both = digamma(a + b) - digamma(a + b + x)
    at_end, at_last = alpha + histories.t, alpha + histories.t_x
    log_end, log_last, orders = np.log(at_end), np.log(at_last), r + histories.x
    log_odds = odds[place] + orders * (log_end - log_last)
    is_alive, has_left = expit(-log_odds), expit(log_odds)
    either = -orders * log_end - log_expit(-log_odds)
    gradients = (
        (digamma(r + x) - digamma(r) + np.log(alpha))[place] - is_alive * log_end - has_left * log_last,
        r / alpha - orders * (is_alive / at_end + has_left / at_last),
        by_both[place] + has_left / a,
        (by_both + digamma(b + x) - digamma(b))[place] - has_left / (b + repeats - 1)[place],
    )
    return by_orders[place] + either, np.array(gradients)


def p_alive(parameters: Parameters, x: "Array", t_x: "Array", t: "Array") -> "Array":
    """The probability that a customer has not left. Without a repeat order it is 1: nobody leaves before one."""
    return 1 / (1 + _odds_of_having_left(parameters, x, t_x, t))


def expected_orders(parameters: Parameters, horizon: float, x: "Array", t_x: "Array", t: "Array") -> "Array":
    """How many orders a customer is expected to place in the time after T.

    The paper's formula; where its hypergeometric function would grow without bound, with Euler's transformation of it.
    """
    from scipy.special import hyp2f1

    r, alpha, b = parameters.r, parameters.alpha, parameters.b
    # At a = 1 the formula is 0 / 0, and smooth around it.
    a = parameters.a if abs(parameters.a - 1) > 1e-6 else 1 + 1e-6
    z = horizon / (alpha + t + horizon)
    grows = r + x > a - 1
    first, second = np.where(grows, a + b - 1 - r, r + x), np.where(grows, a - 1, b + x)
    remaining = (1 - z) ** np.where(grows, a - 1, r + x) * hyp2f1(first, second, a + b + x - 1, z)
    if_alive = (a + b + x - 1) / (a - 1) * (1 - remaining)
    return if_alive / (1 + _odds_of_having_left(parameters, x, t_x, t))


def _odds_of_having_left(parameters: Parameters, x: "Array", t_x: "Array", t: "Array") -> "Array":
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    growth = np.exp((r + x) * (np.log(alpha + t) - np.log(alpha + t_x)))
    return np.where(x > 0, a / np.where(x > 0, b + x - 1, 1) * growth, 0.0)
