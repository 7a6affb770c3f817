"""The gamma-gamma model of Fader and Hardie (2013): what a customer's orders are worth, from those seen so far.

Orders of a customer vary as gamma(p, nu) around the customer's own mean, and nu over customers as gamma(q, gamma).
A customer is (x, mean value of x orders); only customers with an order count in the fit. Value and number of orders
must not go together: their correlation is stored with the fit.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cx_etl.inference.likelihood import Maximum, maximise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    p: float
    q: float
    gamma: float


def fit(x: "Array", mean_value: "Array") -> Maximum:
    """The parameters of the largest likelihood, in the order of Parameters. Values must be above 0."""

    def total(parameters: "Array") -> tuple[float, "Array"]:
        values, gradients = log_likelihood(Parameters(*parameters), x, mean_value)
        return float(values.sum()), gradients.sum(axis=1)

    # gamma has the unit of money, so that its start must follow the currency.
    scale = float(np.median(mean_value))
    return maximise(total, ((1.0, 2.0, scale), (6.0, 4.0, scale / 2)), float(len(x)))


def log_likelihood(parameters: Parameters, x: "Array", mean_value: "Array") -> tuple["Array", "Array"]:
    """Of each customer the log likelihood, and its derivatives by p, q and gamma."""
    from scipy.special import digamma, gammaln

    p, q, gamma = parameters.p, parameters.q, parameters.gamma
    px, spent = p * x, x * mean_value
    log_sum, log_spent = np.log(gamma + spent), np.log(spent)
    values = (
        gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
        + px * log_spent - np.log(mean_value) - (px + q) * log_sum
    )  # fmt: skip
    both = digamma(px + q)
    gradients = (
        x * (both - digamma(px) + log_spent - log_sum),
        both - digamma(q) + np.log(gamma) - log_sum,
        q / gamma - (px + q) / (gamma + spent),
    )
    return values, np.array(gradients)


def expected_value(parameters: Parameters, x: "Array", mean_value: "Array") -> "Array":
    """What an order of the customer is worth in the long run: between what was seen and what is usual.

    Without an order seen it is what is usual. NaN where q is too small for a mean to exist.
    """
    p, q, gamma = parameters.p, parameters.q, parameters.gamma
    weight = p * x + q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight > 0, p * (gamma + x * np.where(x > 0, mean_value, 0)) / weight, np.nan)
