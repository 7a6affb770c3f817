"""The marketplace's reviews: every figure of its expected.json on them that a mart can express, exactly.

Not expressed: nps_from_stars, since a score of five stars is no answer to a recommendation question and is never
counted as one.
"""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines import Built

Expected = Callable[[str], dict[str, Any]]
REVIEWS = "select * from audit.fct_survey_responses where question = 'fivestar'"
LATEST_PER_ORDER = (
    "select score, order_key from (select *, row_number() over (partition by order_key"
    f" order by responded_at desc, response_key desc) as recency from ({REVIEWS}) as reviews) as ranked"
    " where recency = 1"
)


def test_scores(real: Built, expected: Expected) -> None:
    olist = expected("olist")
    rows = real.rows(f"select score, count(*) as n from ({REVIEWS}) as reviews group by 1")
    assert {str(row["score"]): row["n"] for row in rows} == olist["review_score_distribution"]
    row = real.row(f"select count(*) as n, avg(score) as mean from ({REVIEWS}) as reviews")
    assert row["n"] == olist["reviews"]
    assert float(row["mean"]) == pytest.approx(olist["review_score_mean"], abs=1e-6)


def test_each_review_of_an_order_is_kept(real: Built, expected: Expected) -> None:
    row = real.row(
        "select count(*) as orders from"
        f" (select order_key from ({REVIEWS}) as reviews group by 1 having count(*) > 1) as orders"
    )
    assert row["orders"] == expected("olist")["orders_with_more_than_one_review"]
    shared = real.row(
        f"select count(*) - count(distinct split_part(response_key, '-', 2)) as n from ({REVIEWS}) as reviews"
    )
    assert shared["n"] == expected("olist")["duplicate_review_id_rows"] == 34, "one review may be of several orders"


def test_latest_review_of_each_order(real: Built, expected: Expected) -> None:
    olist = expected("olist")
    row = real.row(
        f"select avg(score) as mean, 100.0 * avg(cast(score >= 4 as integer)) as csat from ({LATEST_PER_ORDER}) as l"
    )
    assert float(row["mean"]) == pytest.approx(olist["score_mean_latest_review_per_order"], abs=1e-6)
    assert float(row["csat"]) == pytest.approx(olist["csat_latest_review_per_order_pct"], abs=1e-4)


def test_reviews_of_late_and_punctual_orders(real: Built, expected: Expected) -> None:
    olist = expected("olist")
    rows = real.rows(
        f"select is_delivered_late, avg(score) as mean from ({LATEST_PER_ORDER}) as latest"
        " inner join audit.fct_orders using (order_key)"
        " where is_delivered_late is not null and not is_cancelled group by 1"
    )
    means = {row["is_delivered_late"]: float(row["mean"]) for row in rows}
    assert means[True] == pytest.approx(olist["review_score_mean_late"], abs=1e-6)
    assert means[False] == pytest.approx(olist["review_score_mean_on_time"], abs=1e-6)


def test_comments(real: Built, expected: Expected) -> None:
    """The set counts whatever was sent; of four customers that was blanks or line ends alone, which are no comment."""
    olist = expected("olist")
    row = real.row(
        "select * from audit.metric_values where metric_variant = 'comment_rate' and grain = 'all_time'"
        " and segment_name = 'channel' and segment_value = 'unknown'"
    )
    assert row["n"] == olist["reviews"]
    assert 100 * float(row["numerator"] + 4) / row["n"] == pytest.approx(olist["reviews_with_comment_pct"], abs=1e-4)


def test_hours_until_the_answer(real: Built, expected: Expected) -> None:
    row = real.row(
        "with answers as (select extract(epoch from responded_at - sent_at) / 3600 as hours"
        f" from ({REVIEWS}) as reviews) select count(*) as n, avg(hours) as mean, min(hours) as min, max(hours) as max,"
        " percentile_cont(0.5) within group (order by hours) as median,"
        " percentile_cont(0.9) within group (order by hours) as p90,"
        " percentile_cont(0.95) within group (order by hours) as p95 from answers"
    )
    for name, value in expected("olist")["review_answer_hours"].items():
        assert float(row[name]) == pytest.approx(value, abs=1e-4), name


def test_satisfaction_by_month_of_the_answer(real: Built, expected: Expected) -> None:
    rows = real.rows(
        "select to_char(period_start, 'YYYY-MM') as month, n, value from audit.metric_values"
        " where metric_variant = 'csat_top2' and grain = 'month' and segment_value = 'fivestar'"
    )
    found = {row["month"]: (row["n"], round(float(row["value"]), 4)) for row in rows}
    assert found == {m: (f["n"], f["csat_pct"]) for m, f in expected("olist")["csat_by_answer_month"].items()}


def test_every_review_was_asked_for_and_answered(real: Built, expected: Expected) -> None:
    """The set holds answered reviews only; those that took longer than 30 days do not count as response."""
    in_time = real.row(f"select count(*) as n from ({REVIEWS}) as r where responded_at::date - sent_at::date <= 30")
    daily = real.row(
        "select sum(sent) as sent, sum(answered) as answered from audit.survey_response_daily"
        " where channel = 'unknown' and source = 'asknicely' and is_complete"
    )
    open_ones = real.row(f"select count(*) as n from ({REVIEWS}) as r where sent_at::date + 30 > '2018-10-22'")
    assert daily["sent"] == expected("olist")["reviews"] - open_ones["n"]
    assert in_time["n"] - open_ones["n"] <= daily["answered"] < daily["sent"]
