"""Is a day like its history? Robust statistics of daily series; what is watched stands in expectations/anomalies.py.

A series is brought to a scale on which its noise is even (counts by Anscombe's root; scores stay as they are, with the
number of observations behind each day). What a day should be is the median of the same weekday in the eight weeks
before, moved by what the last four weeks were above or below theirs, and by what the same day of earlier months was if
that was clearly something. How far it may be off is what earlier days were off. All of it by medians, so an earlier
incident of a few days neither hides the next one nor widens what is allowed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, np.dtype[np.float64]]

WEEKS = 26  # of history that are looked at, half a year: six times each day of a month
BASELINE_WEEKS = 8
DRIFT_DAYS = 28
WARM_UP_WEEKS = 8  # nothing is said of a younger series
SPANS = (1, 7)  # days judged together: one for what is sudden, a week for what is small but stays
LEAST = 30  # fewer records a day than this are no number to be alarmed about
FALSE_ALARMS_A_MONTH = 0.5  # what chance alone may cause, over all series that are watched
_SIGMA_OF_MEDIAN = 1.4826  # the standard deviation of a normal distribution in its median absolute deviations
_ERROR_OF_MEDIAN = np.pi / 2  # the variance of a median of k values is this / k
_TAIL = 12  # degrees of freedom: real days stray further than normal ones


@dataclass(frozen=True)
class Judgement:
    """Of the newest span of each series: what was seen, what was expected, from low to high. NaN: nothing is said."""

    seen: Matrix
    expected: Matrix
    low: Matrix
    high: Matrix

    @property
    def is_anomaly(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return (self.seen < self.low) | (self.seen > self.high)


def judge_counts(counts: Matrix, days_of_month: Matrix, span: int, series: int) -> Judgement:
    """The newest ``span`` days of daily counts: rows are days, columns series.

    ``days_of_month`` has the same shape; ``series`` is how many are watched in all. Values are means per day.
    """
    root = 2 * np.sqrt(counts + 3 / 8)
    seen, centre, sigma = _compare(root, np.ones_like(root), days_of_month, span, least_sigma=1.0)
    typical = _median(counts[:-span][-7 * BASELINE_WEEKS :])
    reach = np.where(np.maximum(typical, counts[-span:].mean(axis=0)) >= LEAST, threshold(series) * sigma, np.nan)
    return Judgement(
        *(
            np.maximum(np.maximum(each, 0) ** 2 / 4 - 3 / 8, 0)
            for each in (seen, centre, centre - reach, centre + reach)
        )
    )


def _counts(root: Matrix) -> Matrix:
    """The counts that Anscombe's root makes these values of."""
    return np.maximum(np.maximum(root, 0) ** 2 / 4 - 3 / 8, 0)


def judge_scores(values: Matrix, observations: Matrix, days_of_month: Matrix, span: int, series: int) -> Judgement:
    """The newest ``span`` days of daily means, shares or net scores with the observations behind each (NaN: none)."""
    known = np.where(observations >= LEAST, values, np.nan)
    seen, centre, sigma = _compare(known, np.where(np.isnan(known), np.nan, observations), days_of_month, span)
    reach = threshold(series) * sigma
    return Judgement(seen, centre, centre - reach, centre + reach)


def threshold(series: int) -> float:
    """How many standard deviations off a span may be, so that chance alone exceeds it as often as is allowed."""
    from scipy.stats import t

    judged = 30 * max(series, 1) * len(SPANS)
    return float(t.isf(FALSE_ALARMS_A_MONTH / judged / 2, _TAIL))


def _compare(
    x: Matrix, weights: Matrix, days_of_month: Matrix, span: int, least_sigma: float = 1e-9
) -> tuple[Matrix, Matrix, Matrix]:
    """Weighted mean of the span, what it should be, and the standard deviation of their difference."""
    past, past_weights, past_days = x[:-span], weights[:-span], days_of_month[:-span]
    usual, residuals = _weekly(past)
    drift = np.nan_to_num(_median(residuals[-DRIFT_DAYS:]))
    settled = residuals - _running_median(residuals)
    scale = np.maximum(_SIGMA_OF_MEDIAN * _median(np.abs(settled * np.sqrt(past_weights))), least_sigma)
    # The days of the span follow the past one by one, so their weekdays are those of a week before.
    expected = usual[-7:][np.arange(span) % 7] + drift + _monthly(settled, past_days, days_of_month[-span:])
    new_weights = np.where(np.isnan(x[-span:]), np.nan, weights[-span:])
    total = np.nansum(new_weights, axis=0)
    total = np.where(np.isnan(new_weights).any(axis=0), np.nan, total)
    seen = np.nansum(x[-span:] * new_weights, axis=0) / total
    centre = np.nansum(expected * new_weights, axis=0) / total
    typical = _median(past_weights[-7 * BASELINE_WEEKS :])
    error = _ERROR_OF_MEDIAN / typical * (1 / DRIFT_DAYS + 1 / (BASELINE_WEEKS * min(span, 7)))
    enough = np.sum(~np.isnan(past), axis=0) >= 7 * WARM_UP_WEEKS * 0.8
    return seen, np.where(enough, centre, np.nan), scale * np.sqrt(1 / total + error)


def _weekly(past: Matrix) -> tuple[Matrix, Matrix]:
    """For each day the median of its weekday in the eight weeks around it that are past, and how far it was off."""
    weeks = past.shape[0] // 7
    table = past[-7 * weeks :].reshape(weeks, 7, -1)
    usual = np.empty_like(table)
    for week in range(weeks):
        first = max(0, min(week - BASELINE_WEEKS // 2, weeks - BASELINE_WEEKS))
        usual[week] = _median(table[first : first + BASELINE_WEEKS])
    flat = usual.reshape(7 * weeks, -1)
    missing = np.full((past.shape[0] - 7 * weeks, past.shape[1]), np.nan)
    usual_days = np.concatenate([missing, flat])
    return usual_days, past - usual_days


def _running_median(residuals: Matrix) -> Matrix:
    """The median of each four weeks, which takes growth and slow changes out of the noise."""
    result = np.empty_like(residuals)
    for end in range(residuals.shape[0], 0, -DRIFT_DAYS):
        block = slice(max(0, end - DRIFT_DAYS), end)
        result[block] = _median(residuals[block])
    return result


def _monthly(settled: Matrix, past_days: Matrix, new_days: Matrix) -> Matrix:
    """What the same day of earlier months was off, where three or more were and clearly; else nothing."""
    effects = np.zeros(new_days.shape)
    for place, days in enumerate(new_days):
        same = np.where(past_days == days, settled, np.nan)
        times = np.sum(~np.isnan(same), axis=0)
        typical = _median(same)
        noise = _SIGMA_OF_MEDIAN * _median(np.abs(settled)) * np.sqrt(_ERROR_OF_MEDIAN / np.maximum(times, 1))
        effects[place] = np.where((times >= 3) & (np.abs(typical) > 2 * noise), typical, 0.0)
    return effects


def _median(values: Matrix) -> Matrix:
    """The median of each column, leaving out what is not known; NaN where nothing is."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # "All-NaN slice": NaN is the answer that is wanted
        result: Matrix = np.nanmedian(values, axis=0)
    return result
