"""The BG/NBD model of Fader, Hardie and Lee (2005): how often customers order, and when they silently stop.

A customer is (x, t_x, T): orders after the first, time of the last of them and time observed, both since the first
order. While alive a customer orders as a Poisson process whose rate varies over customers as gamma(r, alpha); after
each order the customer leaves with a probability that varies as beta(a, b). Arrays throughout; alpha has the unit of
the times.
"""

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


def fit(histories: Histories) -> Maximum:
    """The parameters of the largest likelihood, in the order of Parameters."""

    def mean_log_likelihood(parameters: "Array") -> tuple[float, "Array"]:
        values, gradients = log_likelihood(Parameters(*parameters), histories)
        return float(values @ histories.customers), gradients @ histories.customers

    return maximise(mean_log_likelihood, STARTS, float(histories.customers.sum()))


def log_likelihood(parameters: Parameters, histories: Histories) -> tuple["Array", "Array"]:
    """Of each history its log likelihood, and its derivatives by r, alpha, a and b."""
    from scipy.special import digamma, gammaln

    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    x = histories.x
    log_alive_time, log_last_time = np.log(alpha + histories.t), np.log(alpha + histories.t_x)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x) - gammaln(b)
    alive = -(r + x) * log_alive_time
    with np.errstate(divide="ignore"):
        left = np.where(x > 0, np.log(a) - np.log(np.maximum(b + x - 1, 0)) - (r + x) * log_last_time, -np.inf)
    either = np.logaddexp(alive, left)
    is_alive, has_left = np.exp(alive - either), np.exp(left - either)
    gradients = (
        digamma(r + x) - digamma(r) + np.log(alpha) - is_alive * log_alive_time - has_left * log_last_time,
        r / alpha - (r + x) * (is_alive / (alpha + histories.t) + has_left / (alpha + histories.t_x)),
        digamma(a + b) - digamma(a + b + x) + has_left / a,
        digamma(a + b) + digamma(b + x) - digamma(b) - digamma(a + b + x)
        - np.where(x > 0, has_left / np.where(x > 0, b + x - 1, 1), 0),
    )  # fmt: skip
    return common - gammaln(a + b + x) + either, np.array(gradients)


def p_alive(parameters: Parameters, x: "Array", t_x: "Array", t: "Array") -> "Array":
    """The probability that a customer has not left. Without a repeat order it is 1: nobody leaves before one."""
    return 1 / (1 + _odds_of_having_left(parameters, x, t_x, t))


def expected_orders(parameters: Parameters, horizon: float, x: "Array", t_x: "Array", t: "Array") -> "Array":
    """How many orders a customer is expected to place in the time after T.

    The paper's formula with Euler's transformation of its hypergeometric function: no factor grows with x.
    """
    from scipy.special import hyp2f1

    r, alpha, b = parameters.r, parameters.alpha, parameters.b
    # At a = 1 the formula is 0 / 0, and smooth around it.
    a = parameters.a if abs(parameters.a - 1) > 1e-6 else 1 + 1e-6
    z = horizon / (alpha + t + horizon)
    remaining = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    if_alive = (a + b + x - 1) / (a - 1) * (1 - remaining)
    return if_alive / (1 + _odds_of_having_left(parameters, x, t_x, t))


def _odds_of_having_left(parameters: Parameters, x: "Array", t_x: "Array", t: "Array") -> "Array":
    r, alpha, a, b = parameters.r, parameters.alpha, parameters.a, parameters.b
    growth = np.exp((r + x) * (np.log(alpha + t) - np.log(alpha + t_x)))
    return np.where(x > 0, a / np.where(x > 0, b + x - 1, 1) * growth, 0.0)
