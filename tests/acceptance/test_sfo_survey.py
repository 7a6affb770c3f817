"""The airport's passenger survey: every figure of its expected.json that a mart can express, exactly.

Not expressed: the weighted figures, since no survey tool's API carries the interviewers' weights, so none reach the
warehouse; scores by questionnaire language and by problem met, which no contract has a field for; the comparison of
the set's daily table with somebody else's. The published interval is the adjusted one; the plain standard error follows
from the components.
"""

from collections.abc import Callable, Iterator
from datetime import date
from statistics import pstdev
from typing import Any

import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from pipelines import REAL_SETS, Built, bring_in, pipeline

Expected = Callable[[str], dict[str, Any]]
SHARE = 1e-4
LAST_NIGHT = date(2017, 5, 31)
# The form's further questions, declared here as a user would: column of the file, what it measures.
DECLARED = {"q9all": "csat", "q10safe": "csat", "q14passthru": "ces", "q13getrate": "ces"}
QUESTIONS = {
    "csat_overall": ("asknicely", "csat", "csat_top2"),
    "csat_cleanliness": ("typeform", "q9all", "csat_top2"),
    "csat_safety": ("typeform", "q10safe", "csat_top2"),
    "ces_wayfinding": ("typeform", "q14find", "ces_agree"),
    "ces_security": ("typeform", "q14passthru", "ces_agree"),
    "ces_getting_here": ("typeform", "q13getrate", "ces_agree"),
}


@pytest.fixture(scope="module")
def airport(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The survey alone, with all of its scale questions declared."""
    if not REAL_SETS.exists():
        pytest.skip(f"the real sets are not at {REAL_SETS}")
    from sandbox.convert import convert

    dataset = tmp_path_factory.mktemp("airport") / "airport"
    convert(REAL_SETS / "sfo_survey", dataset)
    with (dataset / "dataset.toml").open("a", encoding="utf-8") as out:
        for field, metric in DECLARED.items():
            names = f'source = "typeform"\nform = "sfo2017"\nfield = "{field}"\nmetric = "{metric}"\nscale = [1, 5]'
            out.write(f"\n[[metrics]]\n{names}\n")
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", "UTC", postgres, patch, "airport") as (sandbox, dsn),
    ):
        patch.setenv("CX_SOURCES", "asknicely,typeform")
        bring_in(sandbox, LAST_NIGHT, "UTC")
        transform.build(LAST_NIGHT)
        yield Built(dsn)


def _scores(airport: Built, source: str, question: str) -> dict[int | None, int]:
    rows = airport.rows(
        "select score, count(*) as n from audit.fct_survey_responses where source = %s and question = %s group by 1",
        source,
        question,
    )
    return {row["score"]: row["n"] for row in rows}


def _mean(scores: dict[int | None, int]) -> float:
    given = {score: n for score, n in scores.items() if score is not None}
    return sum(score * n for score, n in given.items()) / sum(given.values())


@pytest.mark.parametrize("name", QUESTIONS)
def test_scale_questions(airport: Built, expected: Expected, name: str) -> None:
    facts, (source, question, variant) = expected("sfo_survey")[f"2017.{name}"], QUESTIONS[name]
    scores = _scores(airport, source, question)
    assert scores.pop(None) == facts["invalid"]
    assert {str(score): n for score, n in scores.items()} == facts["distribution"]
    assert _mean(scores) == pytest.approx(facts["mean"], abs=1e-6)
    metric = airport.row(
        "select * from audit.metric_values where metric_variant = %s and grain = 'all_time'"
        " and segment_name = 'question' and segment_value = %s",
        variant,
        question,
    )
    assert metric["n"] == facts["valid"]
    assert float(metric["value"]) == pytest.approx(facts["top2_pct"], abs=SHARE)
    low = airport.row(
        "select 100.0 * count(*) filter (where bucket in ('dissatisfied', 'hard')) / count(bucket) as share"
        " from audit.fct_survey_responses where source = %s and question = %s",
        source,
        question,
    )
    assert float(low["share"]) == pytest.approx(facts["low2_pct"], abs=SHARE)


def test_surveys_of_one_metric_are_combined_and_told_apart(airport: Built, expected: Expected) -> None:
    """All satisfaction questions together are the sum of each: nothing is averaged, and none is lost."""
    facts = expected("sfo_survey")
    parts = [facts[f"2017.{name}"] for name, (_, _, variant) in QUESTIONS.items() if variant == "csat_top2"]
    row = airport.row(
        "select * from audit.metric_values where metric_variant = 'csat_top2' and grain = 'all_time'"
        " and segment_name = 'all'"
    )
    assert row["n"] == sum(part["valid"] for part in parts)
    assert row["numerator"] == sum(part["distribution"]["4"] + part["distribution"]["5"] for part in parts)


def test_recommendation(airport: Built, expected: Expected) -> None:
    facts = expected("sfo_survey")["2017.nps"]
    scores = _scores(airport, "asknicely", "nps")
    assert scores.pop(None) == facts["invalid"]
    assert {str(score): n for score, n in scores.items()} == facts["distribution"]
    assert scores[0] == 17, "a score of 0 is an answer"
    assert _mean(scores) == pytest.approx(facts["mean"], abs=1e-6)
    buckets = airport.rows(
        "select bucket, count(*) as n from audit.fct_survey_responses where metric = 'nps' and score is not null"
        " group by 1"
    )
    assert {f"{row['bucket']}s": row["n"] for row in buckets} == {
        name: facts[name] for name in ("promoters", "passives", "detractors")
    }
    metric = airport.row(
        "select * from audit.metric_values where metric_variant = 'nps' and grain = 'all_time' and segment_name = 'all'"
    )
    assert metric["n"] == facts["n"]
    assert float(metric["value"]) == pytest.approx(facts["nps"], abs=SHARE)


def test_recommendation_by_day(airport: Built, expected: Expected) -> None:
    """The daily mart, with a row for each day of the month on which nobody was asked as well."""
    rows = airport.rows("select * from audit.nps_daily order by business_date")
    assert [row["business_date"].day for row in rows] == list(range(5, 32))
    found = {
        str(row["business_date"]): {
            **{name: row[name] for name in ("n", "promoters", "passives", "detractors")},
            "nps": round(float(row["score"]), 4),
        }
        for row in rows
        if row["n"]
    }
    assert found == expected("sfo_survey")["2017.nps_by_day"]
    assert {row["score"] for row in rows if not row["n"]} == {None}


def test_the_standard_error_follows_from_the_components(airport: Built, expected: Expected) -> None:
    facts = expected("sfo_survey")["2017.nps"]
    row = airport.row(
        "select sum(promoters) as promoters, sum(passives) as passives, sum(detractors) as detractors, sum(n) as n"
        " from audit.nps_daily"
    )
    counts = {name: int(row[name]) for name in ("promoters", "passives", "detractors", "n")}
    assert counts == {name: facts[name] for name in counts}
    answers = [1] * counts["promoters"] + [0] * counts["passives"] + [-1] * counts["detractors"]
    assert 100 * pstdev(answers) / counts["n"] ** 0.5 == pytest.approx(facts["std_err"], abs=SHARE)


def test_who_says_nothing_of_who_they_are_is_a_customer_of_their_own(airport: Built, expected: Expected) -> None:
    """Nobody left an address, so the latest answer of each customer is each answer."""
    rows = airport.rows(
        "select metric_variant, n, value from audit.metric_values where grain = 'all_time' and segment_name = 'all'"
        " and metric_variant in ('nps', 'nps_latest_per_customer')"
    )
    facts = expected("sfo_survey")["2017.nps"]
    assert {row["metric_variant"]: row["n"] for row in rows} == {
        "nps": facts["n"],
        "nps_latest_per_customer": facts["n"],
    }
    assert len({row["value"] for row in rows}) == 1
