"""The largest likelihood of a model with positive parameters, from fixed starts, and whether it is one at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Beyond these a parameter says that the data do not determine it.
LEAST, GREATEST = 1e-4, 1e5
# Of the mean log likelihood, by the logarithm of a parameter.
LARGEST_SLOPE = 1e-5


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is largest. ``problem`` says why the parameters must not be used; empty if they may."""

    parameters: tuple[float, ...]
    log_likelihood: float
    iterations: int
    problem: str


def maximise(
    total: Callable[["NDArray[np.float64]"], tuple[float, "NDArray[np.float64]"]],
    starts: Sequence[tuple[float, ...]],
    customers: float,
) -> Maximum:
    """Maximise a total log likelihood given with its derivatives; the best of the starts counts, the first of equals.

    Parameters are sought as logarithms, which keeps them positive and of one size.
    """
    from scipy.optimize import minimize

    def negative_mean(logs: "NDArray[np.float64]") -> tuple[float, "NDArray[np.float64]"]:
        parameters = np.exp(logs)
        value, gradient = total(parameters)
        return -value / customers, -gradient * parameters / customers

    limits = [(np.log(LEAST), np.log(GREATEST))] * len(starts[0])
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8}
    found = [
        minimize(negative_mean, np.log(start), jac=True, method="L-BFGS-B", bounds=limits, options=options)
        for start in starts
    ]
    best = min(found, key=lambda result: result.fun)
    return Maximum(
        parameters=tuple(float(value) for value in np.exp(best.x)),
        log_likelihood=-float(best.fun) * customers,
        iterations=sum(int(result.nit) for result in found),
        problem=_problem(np.asarray(best.x), np.asarray(best.jac), limits[0]),
    )


def _problem(logs: "NDArray[np.float64]", slope: "NDArray[np.float64]", limits: tuple[float, float]) -> str:
    if not np.all(np.isfinite(logs)) or not np.all(np.isfinite(slope)):
        return "the likelihood is not finite"
    if np.any(logs <= limits[0] + 1e-6) or np.any(logs >= limits[1] - 1e-6):
        return "a parameter runs to the end of its range: the orders do not determine it"
    if np.max(np.abs(slope)) > LARGEST_SLOPE:
        return "the search ended before the likelihood was at its largest"
    return ""
