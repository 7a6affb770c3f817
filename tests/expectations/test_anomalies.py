"""A day unlike its history is told in words; ordinary days, weekends and firsts of the month are not."""

from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_etl import anomalies, gate
from expectations.anomalies import WATCHED, findings
from tests.expectations.handmade import NIGHT, connection, figure, put_rows, start_build

DAYS = 7 * anomalies.WEEKS + 7


def _usual(seed: int, level: float) -> list[int]:
    """Counts of days up to the night: half on weekends, half as many again on the first of a month."""
    rng = np.random.default_rng(seed)
    days = [NIGHT - timedelta(days=DAYS - 1 - place) for place in range(DAYS)]
    shape = [(0.5 if day.weekday() >= 5 else 1) * (1.5 if day.day == 1 else 1) for day in days]
    return [int(rng.poisson(level * each)) for each in shape]


def _put(build_id: int, counts: list[int], segment: tuple[str, str] = ("all", "all"), value: float = 40) -> None:
    put_rows(
        build_id,
        "metric_values",
        [
            figure(
                "nps",
                value,
                grain="day",
                period_start=NIGHT - timedelta(days=len(counts) - 1 - place),
                period_end=NIGHT - timedelta(days=len(counts) - 2 - place),
                segment_name=segment[0],
                segment_value=segment[1],
                n=n,
            )
            for place, n in enumerate(counts)
            if n
        ],
    )


def _warnings(build_id: int) -> list[str]:
    report = gate.check(build_id)
    with connection() as warehouse:
        told = warehouse.execute(
            "select observed from ops.gate_results where build_id = %s and not success and expectation like '%%weeks'",
            (build_id,),
        ).fetchall()
    assert len(report.warnings) >= len(told)
    return [row[0] for row in told]


def test_usual_day_is_no_news(marts: str) -> None:
    build_id = start_build()
    _put(build_id, _usual(1, 400))
    assert _warnings(build_id) == []
    with connection() as warehouse:
        observed = {each.expectation: each.observed for each in findings(warehouse, NIGHT)}
    assert observed["answers to the NPS question a day are like those of earlier weeks"] == "1 series as expected"


def test_half_of_the_answers_missing_is_told_with_the_range_and_the_weekday(marts: str) -> None:
    build_id = start_build()
    _put(build_id, [*_usual(1, 400)[:-1], 190])
    (told,) = _warnings(build_id)
    assert told.startswith("190 answers to the NPS question on 2018-10-18, expected ")
    assert told.endswith(" for a Thursday")
    low, high = (int(each) for each in told.split("expected ")[1].removesuffix(" for a Thursday").split(" to "))
    assert 250 < low < 400 < high < 550


def test_a_day_without_any_record_is_told_although_no_row_says_so(marts: str) -> None:
    build_id = start_build()
    _put(build_id, [*_usual(1, 400)[:-1], 0])
    (told,) = _warnings(build_id)
    assert told.startswith("0 answers")


def test_segments_are_told_in_one_sentence_not_one_each(marts: str) -> None:
    build_id = start_build()
    for place, country in enumerate(("BR", "PT", "IN")):
        _put(build_id, [*_usual(place, 300)[:-1], 30], ("country", country))
    (told,) = _warnings(build_id)
    assert "; also country " in told
    assert sum(country in told for country in ("BR", "PT", "IN")) == 3


def test_young_series_says_that_it_says_nothing(marts: str) -> None:
    build_id = start_build()
    _put(build_id, [*_usual(1, 400)[-7 * (anomalies.WARM_UP_WEEKS - 2) : -1], 0])
    assert _warnings(build_id) == []
    with connection() as warehouse:
        assert {each.observed for each in findings(warehouse, NIGHT) if "NPS question" in each.expectation} == {
            "no series with 30 a day for 8 weeks: nothing can be said yet"
        }


def test_a_small_series_never_warns(marts: str) -> None:
    build_id = start_build()
    _put(build_id, [*_usual(1, 8)[:-1], 0])
    assert _warnings(build_id) == []


def test_incomplete_day_is_not_judged(marts: str) -> None:
    build_id = start_build()
    _put(build_id, [*_usual(1, 400)[:-1], 0])
    put_rows(build_id, "metric_values", [figure("nps", 40, grain="day", period_start=NIGHT, n=3, is_complete=False)])
    assert _warnings(build_id) == []


def _scores(newest: float) -> list[dict[str, Any]]:
    """A year's half of daily NPS near 30, and the newest day's."""
    rng = np.random.default_rng(3)
    days = [NIGHT - timedelta(days=place) for place in range(DAYS)]
    values = [newest, *rng.normal(30, 2, DAYS - 1)]
    return [figure("nps", float(value), grain="day", period_start=day) for day, value in zip(days, values, strict=True)]


def test_better_than_expected_is_no_warning_where_only_worse_matters(marts: str) -> None:
    build_id = start_build()
    put_rows(build_id, "metric_values", _scores(75))
    assert _warnings(build_id) == []


def test_lower_score_is_a_warning(marts: str) -> None:
    build_id = start_build()
    put_rows(build_id, "metric_values", _scores(9))
    (told,) = _warnings(build_id)
    assert told.startswith("9.0 points NPS on 2018-10-18, expected ")


def test_every_watched_figure_is_defined(marts: str) -> None:
    from csv import DictReader

    from cx_etl.settings import ROOT

    with (ROOT / "dbt_project/seeds/metric_definitions.csv").open(encoding="utf-8") as file:
        known = {row["metric_variant"] for row in DictReader(file)}
    assert {each.metric_variant for each in WATCHED} <= known


def test_an_earlier_incident_neither_hides_the_next_nor_is_told_again() -> None:
    for seed in range(10):
        counts = _usual(seed, 400)
        counts[-30:-23] = [each // 3 for each in counts[-30:-23]]
        counts[-12] = 0
        assert not _judge(counts).any(), seed
        counts[-1] = counts[-1] // 2
        assert _judge(counts).all(), seed


@given(st.lists(st.integers(0, 5000), min_size=63, max_size=63))
def test_weekly_medians_are_those_of_plain_python(values: list[int]) -> None:
    usual, residuals = anomalies._weekly(np.array(values, dtype=float)[:, None])
    weeks = len(values) // 7
    for day in range(len(values)):
        week = day // 7
        first = max(0, min(week - 4, weeks - 8))
        same = [values[7 * each + day % 7] for each in range(first, first + 8)]
        assert usual[day, 0] == median(same)
        assert residuals[day, 0] == values[day] - median(same)


@pytest.mark.parametrize("series", [1, 10, 100, 1000])
def test_more_series_need_more_to_alarm(series: int) -> None:
    assert anomalies.threshold(series) < anomalies.threshold(10 * series)


def _judge(counts: list[int]) -> np.ndarray:
    days = [date.fromordinal(NIGHT.toordinal() - len(counts) + 1 + place).day for place in range(len(counts))]
    assert all(b == a + 1 or b == 1 for a, b in pairwise(days))
    column = np.array(counts, dtype=float)[:, None]
    return anomalies.judge_counts(column, np.array(days, dtype=float)[:, None], 1, 20).is_anomaly
