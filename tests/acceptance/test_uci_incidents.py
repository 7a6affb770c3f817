"""The incident log through the pipeline: every published figure of it that a mart can express.

Not expressed: attributes and duplicate rows of the log itself, and impact, which the tickets do not carry. The contact
types that one channel stands for are compared together, so their medians where one of them has all that were resolved.
"""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines import Built

Facts = dict[str, Any]
PRIORITIES = {"1 - Critical": "urgent", "2 - High": "high", "3 - Moderate": "normal", "4 - Low": "low"}
CHANNELS = {"voice": ("Phone", "IVR"), "web": ("Self service", "Direct opening"), "email": ("Email",)}
QUANTILES = (
    "count(*) as n, avg(hours) as mean, percentile_cont(0.5) within group (order by hours) as median,"
    " percentile_cont(0.9) within group (order by hours) as p90,"
    " percentile_cont(0.95) within group (order by hours) as p95, min(hours) as min, max(hours) as max"
)


@pytest.fixture
def facts(expected: Callable[[str], Facts]) -> Facts:
    return expected("uci_incidents")


def _all_time(real: Built, variant: str, segment: str = "all", value: str = "all") -> dict[str, Any]:
    return real.row(
        "select * from audit.metric_values where metric_variant = %s and grain = 'all_time' and segment_name = %s"
        " and segment_value = %s",
        variant,
        segment,
        value,
    )


def _median_resolution(real: Built, column: str, value: str) -> float:
    """In hours, of the tickets that were resolved."""
    found = real.row(
        "select percentile_cont(0.5) within group (order by full_resolution_minutes) / 60 as median"
        f" from audit.fct_tickets where {column} = %s and resolution_basis = 'helpdesk'",
        value,
    )
    return float(found["median"])


def _same(found: dict[str, Any], fact: Facts) -> None:
    assert found["n"] == fact["n"]
    for name in fact:
        assert float(found[name]) == pytest.approx(fact[name], abs=1e-3), name


def test_incidents_and_their_final_state(real: Built, facts: Facts) -> None:
    rows = real.rows("select status, count(*) as n from audit.fct_tickets group by status")
    assert {row["status"]: row["n"] for row in rows} == {"closed": facts["final_state"]["Closed"]}
    assert _all_time(real, "tickets_created")["value"] == facts["incidents"]
    months = real.rows(
        "select to_char(period_start, 'YYYY-MM') as month, value from audit.metric_values where grain = 'month'"
        " and metric_variant = 'tickets_created' and segment_name = 'all'"
    )
    assert {row["month"]: row["value"] for row in months} == facts["opened_by_month"]


def test_resolution_hours(real: Built, facts: Facts) -> None:
    """Of the incidents that were resolved; the others count as resolved when they were closed."""
    found = real.row(
        f"select {QUANTILES} from (select full_resolution_minutes / 60 as hours from audit.fct_tickets"
        " where resolution_basis = 'helpdesk') as resolved"
    )
    assert found["n"] == facts["resolved_incidents"]
    _same(found, facts["resolution_hours"])
    before = real.row("select count(*) as n from audit.fct_tickets where full_resolution_minutes < 0")
    assert before["n"] == facts["anomaly_resolved_before_opened"]


def test_close_hours(real: Built, facts: Facts) -> None:
    """The log dates a closing by the last touch of the closed incident, the mart by its closing: they differ for 45."""
    touched = (
        "select tickets.created_at, tickets.closed_at, max(events.created_at) as last_touched_at"
        " from audit.fct_tickets as tickets inner join staging.stg_zendesk__ticket_events as events using (ticket_key)"
        " group by tickets.ticket_key, 1, 2"
    )
    found = real.row(
        f"select {QUANTILES} from (select extract(epoch from last_touched_at - created_at) / 3600 as hours"
        f" from ({touched}) as touched) as closed"
    )
    _same(found, facts["close_hours"])
    row = real.row(
        "select count(*) filter (where closed_at < last_touched_at) as sooner,"
        f" count(*) filter (where closed_at = last_touched_at) as same from ({touched}) as touched"
    )
    assert (row["sooner"], row["same"]) == (45, 24918 - 45)


def test_first_response_hours(real: Built, facts: Facts) -> None:
    """One first response is dated before its incident: no reply to us, and explained in the twins."""
    found = real.row(
        f"select {QUANTILES} from (select first_reply_minutes / 60 as hours from audit.fct_tickets"
        " where first_reply_minutes is not null union all select vendor_value / 60 from audit.helpdesk_twins"
        " where measure = 'first_reply_minutes' and reason = 'reply_before_creation') as responses"
    )
    _same(found, facts["first_response_hours"])
    assert _all_time(real, "first_reply_minutes_mean")["n"] == facts["first_response_hours"]["n"] - 1


def test_service_level(real: Built, facts: Facts) -> None:
    metric = _all_time(real, "sla_attainment")
    assert (metric["numerator"], metric["n"]) == (facts["sla_met"], facts["incidents"]) == (15803, 24918)
    assert float(metric["value"]) == pytest.approx(facts["sla_met_pct"], abs=1e-4) == pytest.approx(63.42, abs=1e-4)
    daily = real.row("select sum(sla_met) as met, sum(sla_missed) as missed from audit.response_time_daily")
    assert (daily["met"], daily["missed"]) == (15803, 24918 - 15803)


@pytest.mark.parametrize("name", PRIORITIES)
def test_by_priority(real: Built, facts: Facts, name: str) -> None:
    fact, priority = facts["by_priority"][name], PRIORITIES[name]
    metric = _all_time(real, "sla_attainment", "priority", priority)
    assert metric["n"] == fact["incidents"]
    assert float(metric["value"]) == pytest.approx(fact["sla_met_pct"], abs=1e-4)
    assert _median_resolution(real, "priority", priority) == pytest.approx(fact["resolution_median_hours"], abs=1e-3)


@pytest.mark.parametrize("channel", CHANNELS)
def test_by_contact_type(real: Built, facts: Facts, channel: str) -> None:
    types = [facts["by_contact_type"][name] for name in CHANNELS[channel]]
    metric = _all_time(real, "sla_attainment", "channel", channel)
    assert metric["n"] == sum(fact["incidents"] for fact in types)
    assert metric["numerator"] == sum(round(fact["incidents"] * fact["sla_met_pct"] / 100) for fact in types)
    medians = [fact["resolution_median_hours"] for fact in types if fact["resolution_median_hours"] is not None]
    if len(medians) == 1:
        assert _median_resolution(real, "channel", channel) == pytest.approx(medians[0], abs=1e-3)


def test_reopened_by_the_helpdesks_counter(real: Built, facts: Facts) -> None:
    found = real.row(
        "select count(*) filter (where vendor_reopens > 0) as reopened,"
        " 100.0 * count(*) filter (where vendor_reopens > 0) / count(*) as rate from audit.fct_tickets"
    )
    assert found["reopened"] == facts["reopened_incidents"]
    assert float(found["rate"]) == pytest.approx(facts["reopen_rate_pct"], abs=1e-4)


def test_reassignments_and_first_contact_resolution(real: Built, facts: Facts) -> None:
    found = real.row(
        "select avg(assignee_stations - 1) as mean, 100.0 * count(*) filter (where assignee_stations = 1"
        " and vendor_reopens = 0) / count(*) as at_once from audit.fct_tickets"
    )
    assert float(found["mean"]) == pytest.approx(facts["mean_reassignments"], abs=1e-6)
    assert float(found["at_once"]) == pytest.approx(facts["first_contact_resolution_pct"], abs=1e-4)


def test_callers_and_their_repeat_contacts(real: Built, facts: Facts) -> None:
    found = real.row(
        "select count(*) as callers, 100.0 * count(*) filter (where n > 1) / count(*) as repeating from"
        " (select customer_key, count(*) as n from audit.fct_tickets where customer_key is not null group by 1) as c"
    )
    assert found["callers"] == facts["callers"]
    assert float(found["repeating"]) == pytest.approx(facts["callers_with_repeat_contact_pct"], abs=1e-4)
    within = real.row(
        "select count(*) as n from (select created_at - lag(created_at) over (partition by customer_key"
        " order by created_at) as gap from audit.fct_tickets where customer_key is not null) as gaps"
        " where gap <= interval '7 days'"
    )
    assert within["n"] == facts["repeat_contacts_7d"]


def test_every_difference_from_the_helpdesk_is_explained(real: Built) -> None:
    rows = real.rows("select measure, reason, count(*) as n from audit.helpdesk_twins group by 1, 2 order by 1, 2")
    assert {(row["measure"], row["reason"]): row["n"] for row in rows} == {
        ("first_reply_minutes", "reply_before_creation"): 1,
        ("public_agent_replies", "reply_before_creation"): 1,
        ("reopens", "reopened_after_closing"): 12,
        ("reopens", "events_missing"): 1,
    }


def test_the_backlog_is_empty_in_the_end(real: Built) -> None:
    last = real.row(
        "select sum(backlog_new + backlog_open + backlog_pending + backlog_hold) as n from audit.response_time_daily"
        " where business_date = (select max(business_date) from audit.response_time_daily)"
    )
    assert last["n"] == 0
