"""IBM's telco table as exports of a billing system through the whole pipeline: churn of contracts, by every segment.

Every figure of its expected.json on this table is asserted. Those of a second company's table (`mlc`) are not: the
table is not among the files.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from pipelines import REAL_SETS, Built, bring_in, pipeline
from sandbox.files import deliver

MONTH, NIGHT = date(2018, 10, 1), date(2018, 10, 31)
SEGMENTS = {
    "Contract": "plan",
    "InternetService": "internet_service",
    "PaymentMethod": "payment_method",
    "SeniorCitizen": "senior_citizen",
    "gender": "gender",
    "TechSupport": "tech_support",
}
Facts = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def telco(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """As of the month's last day; a first night loads what was exported as the month began."""
    if not (REAL_SETS / "telco_churn").exists():
        pytest.skip(f"the table is not at {REAL_SETS / 'telco_churn'}")
    from sandbox.convert import convert

    dataset = tmp_path_factory.mktemp("telco") / "telco"
    convert(REAL_SETS / "telco_churn", dataset)
    drops = dataset.parent / "drops"
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", "UTC", postgres, patch, "telco") as (sandbox, dsn),
    ):
        patch.setenv("CX_SOURCES", "billing")
        patch.setenv("AIRFLOW_CONN_BILLING", json.dumps({"conn_type": "fs", "host": str(drops / "billing")}))
        for night in (MONTH, NIGHT):
            deliver(dataset, datetime(night.year, night.month, night.day, 23, tzinfo=UTC), drops)
            bring_in(sandbox, night, "UTC")
        transform.build(NIGHT)
        yield Built(dsn)


def churn(telco: Built, segment: str) -> dict[str, dict[str, Any]]:
    rows = telco.rows(
        "select * from audit.churn_monthly where churn_rule = 'contractual' and month = %s and segment_name = %s",
        MONTH,
        segment,
    )
    return {row["segment_value"]: row for row in rows}


def figures(row: dict[str, Any]) -> dict[str, Any]:
    rate = round(100 * row["customers_lost"] / row["customers_at_start"], 4)
    assert float(row["churn_rate"]) == pytest.approx(rate / 100, abs=1e-6)
    return {"customers": row["customers_at_start"], "churned": row["customers_lost"], "churn_pct": rate}


def test_churn_of_all(telco: Built, expected: Facts) -> None:
    facts, row = expected("telco_churn"), churn(telco, "all")["all"]
    assert (row["customers_at_start"], row["customers_lost"]) == (facts["telco.customers"], facts["telco.churned"])
    assert 100 * float(row["churn_rate"]) == pytest.approx(facts["telco.churn_pct"], abs=1e-4)
    assert 100 * (1 - float(row["churn_rate"])) == pytest.approx(facts["telco.retention_pct"], abs=1e-4)
    assert (row["basis"], row["as_of_date"], row["is_complete"]) == ("ended", NIGHT, True)
    assert row["customers_unknown"] == 0


@pytest.mark.parametrize("title", SEGMENTS)
def test_churn_by_segment(telco: Built, expected: Facts, title: str) -> None:
    found = {value: figures(row) for value, row in churn(telco, SEGMENTS[title]).items()}
    assert found == expected("telco_churn")[f"telco.churn_by_{title}"]


def test_churn_by_tenure(telco: Built, expected: Facts) -> None:
    """The mart's bands are finer in the first year; components add up."""
    bands = churn(telco, "tenure_band")
    for name, fact in expected("telco_churn")["telco.churn_by_tenure_band"].items():
        parts = ("01-03", "04-06", "07-12") if name == "01-12" else (name,)
        counts = [sum(bands[part][column] for part in parts) for column in ("customers_at_start", "customers_lost")]
        assert counts == [fact["customers"], fact["churned"]], name
        assert 100 * counts[1] / counts[0] == pytest.approx(fact["churn_pct"], abs=1e-4)
    assert bands["00"]["customers_at_start"] == expected("telco_churn")["telco.blank_total_charges"]


def test_mean_tenure(telco: Built, expected: Facts) -> None:
    facts, cohorts = expected("telco_churn"), churn(telco, "first_month")
    months = {key: (2018 - int(key[:4])) * 12 + 10 - int(key[5:7]) for key in cohorts}
    lost = {key: row["customers_lost"] for key, row in cohorts.items()}
    kept = {key: row["customers_at_start"] - row["customers_lost"] for key, row in cohorts.items()}
    for counts, name in ((lost, "churned"), (kept, "retained")):
        mean = sum(months[key] * count for key, count in counts.items()) / sum(counts.values())
        assert mean == pytest.approx(facts[f"telco.mean_tenure_{name}"], abs=1e-4)


def test_revenue_churn(telco: Built, expected: Facts) -> None:
    facts = expected("telco_churn")
    row = telco.row("select * from audit.revenue_churn_monthly where month = %s and segment_name = 'all'", MONTH)
    assert float(row["revenue_at_start"]) == facts["telco.monthly_charges_total"]
    assert float(row["revenue_cancelled"]) == facts["telco.monthly_charges_churned"]
    assert (row["revenue_contracted"], row["revenue_expanded"]) == (0, 0)
    for rate in ("gross_revenue_churn_rate", "net_revenue_churn_rate"):
        assert 100 * float(row[rate]) == pytest.approx(facts["telco.revenue_churn_pct"], abs=1e-4)


def test_customers_are_flagged_as_the_contract_says(telco: Built, expected: Facts) -> None:
    row = telco.row(
        "select count(*) as n, count(*) filter (where is_lost_contractual) as lost,"
        " count(is_lost_inactive_90d) as known from audit.customer_health"
    )
    facts = expected("telco_churn")
    assert (row["n"], row["lost"], row["known"]) == (facts["telco.customers"], facts["telco.churned"], 0)


def test_nobody_left_in_the_months_before(telco: Built) -> None:
    """The table knows only its last month: earlier ones hold those who came, and none who went."""
    row = telco.row(
        "select count(*) as months, sum(customers_lost) as lost from audit.churn_monthly"
        " where churn_rule = 'contractual' and segment_name = 'all' and month < %s",
        MONTH,
    )
    assert (row["months"], row["lost"]) == (72, 0)
