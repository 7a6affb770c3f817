"""Precision and recall of the anomaly checks on generated years with planted incidents.

``python -m tests.benchmarks.anomalies [--seeds 100..119]`` prints a table for docs/benchmarks.md. Each seed is a year
(after half a year of history) of 24 series: 12 of counts (30 to 3,000 a day) with weekdays, growth, a first of the
month and noise beyond Poisson's, and 12 of scores on those counts. Incidents are planted at random days: see KINDS.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from cx_etl import anomalies

HISTORY, YEAR, SERIES = 7 * anomalies.WEEKS + 7, 365, 12
LEVELS = np.geomspace(30, 3000, SERIES)


@dataclass(frozen=True)
class Kind:
    """What is planted: on counts a factor, on scores points (of shares; net scores lose twice as many)."""

    of: str
    days: int
    size: float
    least: float  # records a day from which it is planted: below it nobody could tell it from chance


KINDS = {
    "nothing arrives for a day": Kind("counts", 1, 0.0, 30),
    "half is lost for a day": Kind("counts", 1, 0.5, 100),
    "twice as many for two days": Kind("counts", 2, 2.0, 60),
    "30 % fewer for a week": Kind("counts", 7, 0.7, 60),
    "a share 25 points lower for a day": Kind("scores", 1, -25, 150),
    "a share 12 points lower for a week": Kind("scores", 7, -12, 150),
}


@dataclass(frozen=True)
class World:
    counts: np.ndarray
    scores: np.ndarray
    days_of_month: np.ndarray
    planted: list[tuple[str, int, int]]  # kind, series, first day


def world(seed: int) -> World:
    """Counts and scores [day, series] with four incidents of each kind in the year that is judged."""
    rng = np.random.default_rng(seed)
    days = HISTORY + YEAR
    dates = np.datetime64("2024-07-01") + np.arange(days)
    days_of_month = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    week = rng.uniform(0.6, 1.3, (7, SERIES))
    expected = (
        LEVELS * week[np.arange(days) % 7] * np.exp(np.outer(np.arange(days) / 365, rng.uniform(-0.3, 0.5, SERIES)))
    )
    expected *= np.where((days_of_month == 1)[:, None], rng.choice([1.0, 1.4], SERIES), 1.0)
    share = np.clip(
        rng.uniform(0.6, 0.9, SERIES) + np.outer(np.arange(days), rng.uniform(-1, 1, SERIES) * 1e-4), 0.3, 0.95
    )
    planted = _plant(rng, expected, share)
    expected *= rng.gamma(400, 1 / 400, expected.shape)  # 5 % beyond Poisson
    counts = rng.poisson(expected).astype(float)
    share = np.clip(share + rng.normal(0, 0.01, share.shape), 0, 1)
    with np.errstate(invalid="ignore"):
        scores = 100 * rng.binomial(counts.astype(int), share) / counts
    return World(counts, scores, days_of_month, planted)


def _plant(rng: np.random.Generator, expected: np.ndarray, share: np.ndarray) -> list[tuple[str, int, int]]:
    planted: list[tuple[str, int, int]] = []
    taken = np.zeros(expected.shape, dtype=bool)
    for name, kind in KINDS.items():
        able = np.flatnonzero(kind.least <= LEVELS * 0.5)
        for _ in range(4):
            series, day = int(rng.choice(able)), int(rng.integers(HISTORY, HISTORY + YEAR - 14))
            # Incidents of one series stand apart, as two in a fortnight are one to those who look into it.
            if taken[max(0, day - 21) : day + kind.days + 21, series].any():
                continue
            days = slice(day, day + kind.days)
            taken[days, series] = True
            planted.append((name, series, day))
            if kind.of == "counts":
                expected[days, series] *= kind.size
            else:
                share[days, series] += kind.size / 100
    return planted


def alarms(made: World) -> np.ndarray:
    """[what, day of the year, series]: whether an alarm is raised; ``what`` is counts, then scores."""
    raised = np.zeros((2, YEAR, SERIES), dtype=bool)
    for span in anomalies.SPANS:
        windows = [np.arange(day + 8 - span, HISTORY + day + 1) for day in range(YEAR)]
        counts = np.concatenate([made.counts[each] for each in windows], axis=1)
        scores = np.concatenate([made.scores[each] for each in windows], axis=1)
        months = np.concatenate([np.repeat(made.days_of_month[each][:, None], SERIES, 1) for each in windows], axis=1)
        raised[0] |= anomalies.judge_counts(counts, months, span, 2 * SERIES).is_anomaly.reshape(YEAR, SERIES)
        raised[1] |= anomalies.judge_scores(scores, counts, months, span, 2 * SERIES).is_anomaly.reshape(YEAR, SERIES)
    return raised


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="100..119")
    first, last = map(int, parser.parse_args().seeds.split(".."))
    found: dict[str, list[bool]] = {name: [] for name in KINDS}
    false, true = 0, 0
    for seed in range(first, last + 1):
        made = world(seed)
        raised = alarms(made)
        explained = np.zeros_like(raised)
        for name, series, day in made.planted:
            what = 0 if KINDS[name].of == "counts" else 1
            during = slice(day - HISTORY, day - HISTORY + KINDS[name].days)
            found[name].append(bool(raised[what, during, series].any()))
            # The week that an incident is part of may still be named after it, and a day without records has no score.
            explained[:, day - HISTORY : day - HISTORY + KINDS[name].days + 7, series] = True
        true += int((raised & explained).any(axis=0).sum())
        false += int((raised & ~explained).sum())
    years = last - first + 1
    for name, each in found.items():
        print(f"{name:38} {sum(each):4} of {len(each):4} found")
    hits, planted = sum(map(sum, found.values())), sum(map(len, found.values()))
    print(f"recall {hits / planted:.3f}; false alarms a month {false / years / 12:.2f}")
    print(f"precision of alarms {true / max(true + false, 1):.3f}")


if __name__ == "__main__":
    main()
