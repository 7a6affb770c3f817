"""CDNOW's purchase log through the whole pipeline: the figures of the BG/NBD paper, and of who counted them again.

Twice: as of 1997-09-30, the end of the paper's calibration period, and as of 1998-06-30, the end of the log.
Every figure of its expected.json is asserted, from marts and from what is inferred beside them; discs, which no mart
counts, from the lines of the orders.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pytest

from cx_etl import transform
from cx_etl.inference import bg_nbd
from cx_etl.local.postgres import EmbeddedServer
from pipelines import REAL_SETS, Built, bring_in, pipeline

CALIBRATED, ENDED = date(1997, 9, 30), date(1998, 6, 30)
Rows = list[dict[str, Any]]


class Log(NamedTuple):
    """The finished warehouse, and what two tables said of each customer when the calibration ended."""

    built: Built
    calibrated: Rows
    parameters: dict[str, dict[str, Any]]
    lifetimes: Rows


@pytest.fixture(scope="module")
def log(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    if not (REAL_SETS / "cdnow").exists():
        pytest.skip(f"the log is not at {REAL_SETS / 'cdnow'}")
    from sandbox.convert import convert

    dataset = tmp_path_factory.mktemp("cdnow") / "cdnow"
    convert(REAL_SETS / "cdnow", dataset)
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", "UTC", postgres, patch, "cdnow") as (sandbox, dsn),
    ):
        patch.setenv("CX_SOURCES", "shopify")
        bring_in(sandbox, CALIBRATED, "UTC")
        transform.build(CALIBRATED)
        built = Built(dsn)
        calibrated = built.rows("select * from audit.customer_health order by customer_key")
        fits = built.rows("select * from inference.lifetime_parameters where not is_month_start")
        lifetimes = built.rows("select * from inference.customer_lifetimes order by customer_key")
        bring_in(sandbox, ENDED, "UTC")
        transform.build(ENDED)
        yield Log(built, calibrated, {row["model"]: row for row in fits}, lifetimes)


@pytest.fixture(scope="module")
def holdout(log: Log) -> dict[str, int]:
    """Days with an order after the calibration, per customer."""
    rows = log.built.rows(
        "select customer_key, count(distinct business_date) as days from audit.fct_orders"
        " where business_date > %s group by 1",
        CALIBRATED,
    )
    return {row["customer_key"]: row["days"] for row in rows}


def predicted(log: Log, days: float) -> dict[str, float]:
    """What the stored parameters expect of each customer in so many days after the calibration."""
    fit = log.parameters["bg_nbd"]
    parameters = bg_nbd.Parameters(fit["r"], fit["alpha"], fit["a"], fit["b"])
    columns = [[row[name] for row in log.lifetimes] for name in ("repeat_days", "recency_days", "age_days")]
    x, t_x, t = (np.array(column, dtype=float) for column in columns)
    values = bg_nbd.expected_orders(parameters, days / 7, x, t_x / 7, t / 7)
    return dict(zip([row["customer_key"] for row in log.lifetimes], values.tolist(), strict=True))


def band(repeats: int) -> str:
    return str(repeats) if repeats < 7 else "7+"


def test_the_log_arrives_whole(log: Log, expected: Callable[[str], Any]) -> None:
    facts = expected("cdnow")
    row = log.built.row(
        "select count(*) as n, count(distinct customer_key) as customers, sum(gross_sales) as revenue,"
        " min(business_date) as first_day, max(business_date) as last_day,"
        " count(*) filter (where gross_sales = 0) as free, count(distinct (customer_key, business_date)) as days"
        " from audit.fct_orders"
    )
    assert row["n"] == facts["sample.transactions"] == 6919
    assert row["customers"] == facts["sample.customers"]
    assert float(row["revenue"]) == facts["sample.revenue_usd"]
    assert (str(row["first_day"]), str(row["last_day"])) == (facts["sample.first_day"], facts["sample.last_day"])
    assert row["free"] == facts["sample.zero_value_transactions"]
    assert row["days"] == facts["sample.customer_days"]
    months = log.built.rows(
        "select to_char(business_date, 'YYYY-MM') as month, count(*) as n, sum(gross_sales) as revenue"
        " from audit.fct_orders group by 1"
    )
    assert {row["month"]: row["n"] for row in months} == facts["sample.transactions_by_month"]
    assert {row["month"]: float(row["revenue"]) for row in months} == facts["sample.revenue_by_month"]


def test_discs(log: Log, expected: Callable[[str], Any]) -> None:
    """The log prices lines and not discs, so a line is one article; its title says how many discs that is."""
    row = log.built.row(
        "select sum(cast(split_part(title, ' ', 1) as integer)) as discs from intermediate.int_order_lines__unioned"
    )
    assert row["discs"] == expected("cdnow")["sample.cds"]


def test_cohorts(log: Log, expected: Callable[[str], Any]) -> None:
    facts = expected("cdnow")
    rows = log.built.rows(
        "select to_char(cohort_month, 'YYYY-MM') as cohort, month_number, customers, active_customers"
        " from audit.retention_cohorts where active_customers > 0"
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["cohort"], {})[str(row["month_number"])] = row["active_customers"]
    assert found == facts["sample.cohort_retention_counts"]
    assert {row["cohort"]: row["customers"] for row in rows} == facts["sample.cohort_size_by_first_month"]


def test_repeat_customers(log: Log, expected: Callable[[str], Any]) -> None:
    row = log.built.row(
        "select count(*) as n, count(*) filter (where days > 1) as repeats from (select customer_key,"
        " count(distinct business_date) as days from audit.fct_orders group by 1) as customers"
    )
    assert 100 * row["repeats"] / row["n"] == pytest.approx(
        expected("cdnow")["sample.repeat_customer_rate_pct"], abs=1e-4
    )


@pytest.mark.parametrize("days", [90, 180])
def test_churn_at_both_dates(log: Log, expected: Callable[[str], Any], days: int) -> None:
    for as_of, rows in ((CALIBRATED, log.calibrated), (ENDED, log.built.rows("select * from audit.customer_health"))):
        facts = expected("cdnow")[f"sample.churn_{days}d_asof_{as_of}"]
        flags = [row[f"is_lost_inactive_{days}d"] for row in rows]
        assert {row["as_of_date"] for row in rows} == {as_of}
        assert (len(rows), flags.count(True)) == (facts["customers"], facts["churned"])
        assert 100 * flags.count(True) / len(rows) == pytest.approx(facts["churn_pct"], abs=1e-4)
        assert sum(row["rfm_recency_days"] > days for row in rows) == facts["churned"]


def test_the_fit_is_that_of_the_paper(log: Log, expected: Callable[[str], Any]) -> None:
    fit, facts = log.parameters["bg_nbd"], expected("cdnow")
    assert (fit["status"], fit["customers"], fit["repeat_customers"]) == ("fitted", 2357, 946)
    for name in ("sample_from_log.bgnbd", "published.clvtools_optim", "published.fader_hardie_lee_2005"):
        for parameter, tolerance in (
            ("r", 0.002),
            ("alpha", 0.01),
            ("a", 0.002),
            ("b", 0.002),
            ("log_likelihood", 0.1),
        ):
            assert fit[parameter] == pytest.approx(facts[name][parameter], abs=tolerance), (name, parameter)


def test_the_fit_to_weeks_of_two_decimals(log: Log, expected: Callable[[str], Any]) -> None:
    """The summary of the log that others work from rounds weeks; it moves the third decimal of nothing."""
    facts = expected("cdnow")
    rounded = np.array(
        [
            [row["repeat_days"], round(row["recency_days"] / 7, 2), round(row["age_days"] / 7, 2)]
            for row in log.lifetimes
        ]
    )
    distinct, counts = np.unique(rounded, axis=0, return_counts=True)
    found = bg_nbd.fit(bg_nbd.Histories(*distinct.T, counts))
    fact = facts["sample_lifetimes_summary.bgnbd"]
    for value, name in zip(found.parameters, ("r", "alpha", "a", "b"), strict=True):
        assert value == pytest.approx(fact[name], abs=2e-4), name
    assert found.log_likelihood == pytest.approx(fact["log_likelihood"], abs=0.002)
    alive = bg_nbd.p_alive(bg_nbd.Parameters(*found.parameters), *rounded.T)
    assert alive.mean() == pytest.approx(facts["sample_lifetimes_summary.palive_mean"], abs=1e-5)
    assert (alive < 0.5).sum() == facts["sample_lifetimes_summary.palive_below_half"]
    bands = Counter(band(int(repeats)) for repeats in rounded[:, 0])
    assert bands == facts["sample_lifetimes_summary.calibration_frequency"]


def test_what_orders_are_worth_is_that_of_the_paper(log: Log) -> None:
    """Fader and Hardie (2013), table of the same 946 customers; the likelihood as CLVTools has it."""
    fit = log.parameters["gamma_gamma"]
    assert (fit["status"], fit["repeat_customers"]) == ("fitted", 946)
    assert [round(fit[name], 2) for name in ("p", "q", "gamma")] == [6.25, 3.74, 15.44]
    assert fit["log_likelihood"] == pytest.approx(-4055.9177, abs=1e-3)


def test_p_alive_in_the_mart(log: Log, expected: Callable[[str], Any]) -> None:
    facts = expected("cdnow")
    alive = [float(row["p_alive"]) for row in log.calibrated]
    assert sum(alive) / len(alive) == pytest.approx(facts["sample_from_log.palive_mean"], abs=1e-5)
    below = sum(probability < 0.5 for probability in alive)
    assert below == facts["sample_from_log.palive_below_half"] == 393
    flags = [row["is_lost_p_alive"] for row in log.calibrated]
    assert (flags.count(True), flags.count(None)) == (393, 1411)


def test_holdout(log: Log, holdout: dict[str, int], expected: Callable[[str], Any]) -> None:
    facts, expectation = expected("cdnow")["sample_from_log.holdout"], predicted(log, 273)
    actual = np.array([holdout.get(key, 0) for key in expectation])
    values = np.array(list(expectation.values()))
    assert actual.sum() == facts["actual_repeat"]
    assert values.sum() == pytest.approx(facts["predicted_repeat"], abs=0.01)
    assert np.corrcoef(values, actual)[0, 1] == pytest.approx(facts["correlation"], abs=1e-4)
    assert ((values - actual) ** 2).mean() == pytest.approx(facts["mse"], abs=1e-4)


def test_holdout_by_calibration_frequency(log: Log, holdout: dict[str, int], expected: Callable[[str], Any]) -> None:
    facts, expectation = expected("cdnow"), predicted(log, 273)
    groups: dict[str, list[str]] = {}
    for row in log.lifetimes:
        groups.setdefault(band(row["repeat_days"]), []).append(row["customer_key"])
    assert {name: len(keys) for name, keys in groups.items()} == facts["sample_from_log.calibration_frequency"]
    for name, fact in facts["sample_from_log.holdout_by_calibration_frequency"].items():
        keys = groups[name]
        assert sum(holdout.get(key, 0) for key in keys) / len(keys) == pytest.approx(fact["actual_mean"], abs=1e-4)
        assert sum(expectation[key] for key in keys) / len(keys) == pytest.approx(fact["predicted_mean"], abs=1e-4)


def test_the_mart_predicts_with_the_same_parameters(log: Log) -> None:
    expectation = predicted(log, 90)
    for row in log.calibrated:
        assert float(row["expected_orders_90d"]) == pytest.approx(expectation[row["customer_key"]], abs=1e-6)
        assert float(row["clv_predicted"]) == pytest.approx(
            float(row["expected_orders_90d"]) * float(row["expected_order_value"]), abs=0.0051
        )


def test_months_are_judged_by_what_was_known_then(log: Log) -> None:
    """A month's figures of the rule p_alive stand when later months are added: they are of that month's own fit."""
    row = log.built.row(
        "select * from audit.churn_monthly"
        " where churn_rule = 'p_alive' and segment_name = 'all' and month = '1997-10-01'"
    )
    fit = log.built.row("select * from inference.lifetime_parameters where is_month_start and fitted_on = '1997-10-01'")
    assert fit["r"] == pytest.approx(log.parameters["bg_nbd"]["r"], abs=0.005)
    assert (row["customers_at_start"], row["customers_unknown"]) == (2357, 1411)
    assert row["customers_lost"] == pytest.approx(393, abs=8)
    assert row["is_complete"]


def test_scores_are_fifths(log: Log) -> None:
    for score in ("r_score", "f_score", "m_score"):
        sizes = [sum(row[score] == fifth for row in log.calibrated) for fifth in range(1, 6)]
        assert max(sizes) - min(sizes) <= 1
    best = [row for row in log.calibrated if row["rfm_segment"] == "champion"]
    assert best
    assert all(row["r_score"] == 5 and row["f_score"] >= 4 for row in best)
