"""The real sets in one warehouse: none of them moves what is said of another."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines import Built

Expected = Callable[[str], dict[str, Any]]
SHARE = 1e-4


def _all_time(real: Built, variant: str, segment: str, value: str) -> dict[str, Any]:
    return real.row(
        "select * from audit.metric_values where metric_variant = %s and grain = 'all_time' "
        "and segment_name = %s and segment_value = %s",
        variant,
        segment,
        value,
    )


def test_fivestar_csat_keeps_every_review(real: Built, expected: Expected) -> None:
    olist = expected("olist")
    metric = _all_time(real, "csat_top2", "question", "fivestar")
    assert metric["n"] == olist["reviews"] == 8225
    assert float(metric["value"]) == pytest.approx(olist["csat_pct"], abs=SHARE)
    scores = real.rows(
        "select score::int as score, count(*) as n from audit.fct_survey_responses "
        "where question = 'fivestar' group by 1"
    )
    assert {str(row["score"]): row["n"] for row in scores} == olist["review_score_distribution"]


def test_airport_nps(real: Built, expected: Expected) -> None:
    facts = expected("sfo_survey")["2017.nps"]
    metric = _all_time(real, "nps", "all", "all")
    assert metric["n"] == facts["n"] == 2746
    assert metric["numerator"] == facts["promoters"] - facts["detractors"]
    assert float(metric["value"]) == pytest.approx(facts["nps"], abs=SHARE)


def test_airport_nps_by_day(real: Built, expected: Expected) -> None:
    rows = real.rows(
        "select period_start, n, value from audit.metric_values "
        "where metric_variant = 'nps' and grain = 'day' and segment_name = 'all'"
    )
    found = {str(row["period_start"]): (row["n"], round(float(row["value"]), 4)) for row in rows}
    assert found == {d: (f["n"], f["nps"]) for d, f in expected("sfo_survey")["2017.nps_by_day"].items()}


def test_airport_csat(real: Built, expected: Expected) -> None:
    facts = expected("sfo_survey")["2017.csat_overall"]
    metric = _all_time(real, "csat_top2", "question", "csat")
    assert metric["n"] == facts["valid"] == 2688
    assert float(metric["value"]) == pytest.approx(facts["top2_pct"], abs=SHARE)


def test_airport_wayfinding_effort(real: Built, expected: Expected) -> None:
    facts = expected("sfo_survey")["2017.ces_wayfinding"]
    metric = _all_time(real, "ces_agree", "all", "all")
    assert metric["n"] == facts["valid"] == 2683
    assert float(metric["value"]) == pytest.approx(facts["top2_pct"], abs=SHARE)


def test_every_incident_arrives(real: Built, expected: Expected) -> None:
    facts = expected("uci_incidents")
    row = real.row(
        "select count(*) as n, count(*) filter (where vendor_reopens > 0) as reopened from audit.fct_tickets"
    )
    assert row["n"] == facts["incidents"] == 24918
    assert row["reopened"] == facts["reopened_incidents"] == 275
    assert real.row("select count(*) as n from raw.zendesk__ticket_events")["n"] == facts["events"]


def test_status_transitions_are_reported_beside_the_helpdesks_counter(
    real: Built, capsys: pytest.CaptureFixture
) -> None:
    row = real.row("select count(*) filter (where reopens > 0) as ours from audit.fct_tickets")
    with capsys.disabled():
        print(f"\nincidents reopened by status transitions: {row['ours']}; by the helpdesk's own counter: 275")
    assert 0 < row["ours"] <= 24918


def test_nothing_real_is_quarantined(real: Built) -> None:
    assert real.row("select count(*) as n from raw.quarantine")["n"] == 0
