"""Gamma-gamma against its density written term by term, and against customers drawn from it."""

from math import lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_etl.inference import gamma_gamma
from cx_etl.inference.gamma_gamma import Parameters

# Fader and Hardie (2013), of the 946 customers of CDNOW with repeat orders.
PAPER = Parameters(6.25, 3.74, 15.44)
parameters = st.builds(Parameters, *[st.floats(0.2, 20)] * 3)


def slow_log_likelihood(m: Parameters, x: int, mean: float) -> float:
    """Equation 1a of the note, term by term."""
    return (
        lgamma(m.p * x + m.q) - lgamma(m.p * x) - lgamma(m.q)
        + m.q * log(m.gamma) + (m.p * x - 1) * log(mean) + m.p * x * log(x) - (m.p * x + m.q) * log(m.gamma + mean * x)
    )  # fmt: skip


@given(m=parameters, x=st.integers(1, 40), mean=st.floats(0.5, 500))
def test_likelihood_and_derivatives(m: Parameters, x: int, mean: float) -> None:
    values, slopes = gamma_gamma.log_likelihood(m, np.array([float(x)]), np.array([mean]))
    assert values[0] == pytest.approx(slow_log_likelihood(m, x, mean), rel=1e-9, abs=1e-9)
    for place, name in enumerate(("p", "q", "gamma")):
        more, less = (Parameters(**{**vars(m), name: vars(m)[name] + sign * 1e-5}) for sign in (1, -1))
        difference = (slow_log_likelihood(more, x, mean) - slow_log_likelihood(less, x, mean)) / 2e-5
        assert slopes[place, 0] == pytest.approx(difference, rel=1e-3, abs=1e-4)


def test_expected_value_lies_between_what_is_usual_and_what_was_seen() -> None:
    """Usual is p gamma / (q - 1) = 35.22; the more orders were seen, the nearer to their mean."""
    usual = 6.25 * 15.44 / 2.74
    x, means = np.array([0.0, 1.0, 5.0, 10_000.0]), np.array([0.0, 100.0, 100.0, 100.0])
    none, one, five, many = gamma_gamma.expected_value(PAPER, x, means)
    assert none == pytest.approx(usual)
    assert usual < one < five < 100
    assert many == pytest.approx(100, rel=1e-3)
    assert one == pytest.approx((2.74 * usual + 6.25 * 100) / (2.74 + 6.25)), "weights of the note's equation 5"


def test_no_usual_value_where_there_is_no_mean() -> None:
    values = gamma_gamma.expected_value(Parameters(2.0, 0.9, 10.0), np.array([0.0, 1.0]), np.array([0.0, 50.0]))
    assert np.isnan(values[0])
    assert values[1] > 0


def test_fit_finds_what_customers_were_drawn_from() -> None:
    rng = np.random.default_rng(3)
    scale = rng.gamma(PAPER.q, 1 / PAPER.gamma, 30_000)
    x = rng.integers(1, 12, 30_000).astype(float)
    means = rng.gamma(PAPER.p * x, 1 / (scale * x))
    maximum = gamma_gamma.fit(x, means)
    assert maximum.problem == ""
    for estimate, value in zip(maximum.parameters, vars(PAPER).values(), strict=True):
        assert estimate == pytest.approx(value, rel=0.08)
