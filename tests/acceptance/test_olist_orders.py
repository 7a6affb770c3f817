"""The marketplace's orders, deliveries, customers and cohorts: every figure of expected.json that a mart can express.

Not expressed: what the marketplace calls `invoiced`, `processing`, `created`, `approved` or `unavailable`, and orders
it calls delivered without saying when, since a shop's API has no such states: an order is what its dates say. Freight
and payments are staged and in no mart, which are about goods; payments before an approval are not taken.
"""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines import Built

Expected = Callable[[str], dict[str, Any]]
SHARE = 1e-4
# Names of the set's statistics, as they are asked of a column called `value`.
STATISTICS = (
    "count(value) as n, avg(value) as mean, min(value) as min, max(value) as max, "
    "percentile_cont(0.5) within group (order by value) as median, "
    "percentile_cont(0.9) within group (order by value) as p90, "
    "percentile_cont(0.95) within group (order by value) as p95"
)


@pytest.fixture
def olist(expected: Expected) -> dict[str, Any]:
    return expected("olist")


def _all_time(real: Built, variant: str, segment: str = "all", value: str = "all") -> dict[str, Any]:
    return real.row(
        "select * from audit.metric_values where metric_variant = %s and grain = 'all_time' "
        "and segment_name = %s and segment_value = %s",
        variant,
        segment,
        value,
    )


def _agree(found: dict[str, Any], facts: dict[str, Any]) -> None:
    assert found["n"] == facts["n"]
    for name in facts:
        assert float(found[name]) == pytest.approx(facts[name], abs=1e-4), name


def test_every_order_arrives(real: Built, olist: dict[str, Any]) -> None:
    assert real.row("select count(*) as n from audit.fct_orders")["n"] == olist["orders"] == 8135
    months = real.rows(
        "select to_char(business_date, 'YYYY-MM') as month, count(*) as n from audit.fct_orders group by 1"
    )
    assert {row["month"]: row["n"] for row in months} == olist["orders_by_purchase_month"]
    daily = real.row("select sum(orders + cancelled_orders) as n from audit.sales_daily")
    assert daily["n"] == olist["orders"]


def test_cancelled_orders_are_those_cancelled_or_unavailable(real: Built, olist: dict[str, Any]) -> None:
    by_status = olist["orders_by_status"]
    found = real.row("select count(*) as n from audit.fct_orders where is_cancelled")
    assert found["n"] == by_status["canceled"] + by_status["unavailable"] == 1234


def test_an_order_is_what_its_dates_say(real: Built, olist: dict[str, Any]) -> None:
    rows = real.rows("select status, count(*) as n from audit.fct_orders group by 1")
    found = {row["status"]: row["n"] for row in rows}
    by_status = olist["orders_by_status"]
    without_date = olist["anomaly_delivered_status_without_date"]
    assert found["delivered"] == olist["delivered_orders"] == by_status["delivered"] - without_date
    assert found["cancelled"] == by_status["canceled"] + by_status["unavailable"]
    assert sum(found.values()) == olist["orders"]


def test_freight_is_staged(real: Built, olist: dict[str, Any]) -> None:
    freight = real.row("select sum(total_price - subtotal) as total from staging.stg_shopify__orders")
    assert float(freight["total"]) == pytest.approx(olist["items_freight_total"], abs=0.005)


def test_sales_are_the_prices_of_the_items(real: Built, olist: dict[str, Any]) -> None:
    """The set refunds nothing and gives nothing off; what the mart leaves out are the cancelled orders."""
    orders = real.row(
        "select sum(gross_sales) as gross, sum(gross_sales) filter (where not is_cancelled) as sold, "
        "count(*) filter (where gross_sales = 0) as empty from audit.fct_orders"
    )
    assert float(orders["gross"]) == pytest.approx(olist["items_price_total"], abs=0.005)
    assert orders["empty"] == olist["orders_without_items"] == 775
    daily = real.row(
        "select sum(gross_sales) as gross, sum(net_sales) as net, sum(orders) as orders from audit.sales_daily"
    )
    assert daily["gross"] == daily["net"] == orders["sold"]
    aov = _all_time(real, "aov")
    assert (aov["numerator"], aov["denominator"]) == (daily["net"], daily["orders"])
    assert _all_time(real, "net_sales", "currency", "BRL")["value"] == _all_time(real, "net_sales")["value"]


def test_every_item_arrives(real: Built, olist: dict[str, Any]) -> None:
    row = real.row("select count(*) as n, sum(gross_sales) as total from intermediate.int_order_lines__unioned")
    assert row["n"] == olist["items"]
    assert float(row["total"]) == pytest.approx(olist["items_price_total"], abs=0.005)


def test_unique_customers(real: Built, olist: dict[str, Any]) -> None:
    row = real.row("select count(distinct customer_key) as n from audit.fct_orders")
    assert row["n"] == olist["unique_customers"] == 8016
    assert real.row("select sum(new_customers) as n from audit.sales_daily")["n"] == 8016


def test_late_deliveries_by_timestamp(real: Built, olist: dict[str, Any]) -> None:
    metric = _all_time(real, "late_delivery_rate")
    assert (metric["numerator"], metric["denominator"]) == (
        olist["late_orders_by_timestamp"],
        olist["delivered_orders"],
    )
    assert (metric["numerator"], metric["denominator"]) == (414, 5164)
    assert float(metric["value"]) == pytest.approx(olist["late_share_by_timestamp_pct"], abs=SHARE)
    daily = real.row("select sum(delivered) as delivered, sum(late) as late from audit.delivery_daily")
    assert (daily["late"], daily["delivered"]) == (414, 5164)


def test_late_deliveries_by_date(real: Built, olist: dict[str, Any]) -> None:
    metric = _all_time(real, "late_delivery_rate_by_date")
    assert (metric["numerator"], metric["denominator"]) == (olist["late_orders_by_date"], olist["delivered_orders"])
    assert float(metric["value"]) == pytest.approx(olist["late_share_by_date_pct"], abs=SHARE)
    assert real.row("select sum(late_by_date) as late from audit.delivery_daily")["late"] == 342


def test_late_deliveries_by_state(real: Built, olist: dict[str, Any]) -> None:
    rows = real.rows(
        "select region, count(*) as delivered, count(*) filter (where is_delivered_late) as late, "
        "100 * avg(is_delivered_late::int) as late_pct from audit.fct_orders "
        "where delivered_at is not null and not is_cancelled group by region"
    )
    found = {row.pop("region"): row for row in rows}
    assert found.keys() == olist["late_by_state"].keys()
    for state, facts in olist["late_by_state"].items():
        assert (found[state]["delivered"], found[state]["late"]) == (facts["delivered"], facts["late"]), state
        assert float(found[state]["late_pct"]) == pytest.approx(facts["late_pct"], abs=SHARE)


def test_parcels_say_what_their_orders_say(real: Built, olist: dict[str, Any]) -> None:
    row = real.row(
        "select count(*) filter (where outcome in ('delivered', 'late')) as delivered, "
        "count(*) filter (where outcome = 'late') as late from audit.fct_shipments as shipments "
        "inner join audit.fct_orders as orders using (order_key) where not is_cancelled"
    )
    assert (row["delivered"], row["late"]) == (olist["delivered_orders"], olist["late_orders_by_timestamp"])


def test_days_from_order_to_delivery(real: Built, olist: dict[str, Any]) -> None:
    """The set counts from the order; the mart's delivery_days count from the payment."""
    found = real.row(
        f"select {STATISTICS} from (select extract(epoch from delivered_at - ordered_at) / 86400 as value "
        "from audit.fct_orders where delivered_at is not null and not is_cancelled) as legs"
    )
    _agree(found, olist["delivery_days"])


def test_days_from_carrier_to_delivery(real: Built, olist: dict[str, Any]) -> None:
    found = real.row(
        f"select {STATISTICS} from (select transit_days as value from audit.fct_orders "
        "where delivered_at is not null and not is_cancelled) as legs"
    )
    _agree(found, olist["carrier_leg_days"])
    mean = _all_time(real, "transit_days_mean")
    assert (mean["n"], float(mean["value"])) == (5164, pytest.approx(olist["carrier_leg_days"]["mean"], abs=1e-4))
    daily = real.row("select sum(transit_days_sum) as total, sum(transit_days_n) as n from audit.delivery_daily")
    assert (daily["total"], daily["n"]) == (mean["numerator"], mean["denominator"])


def test_times_that_contradict_each_other_are_kept(real: Built, olist: dict[str, Any]) -> None:
    found = real.row(
        "select count(*) filter (where transit_days < 0 and not is_cancelled) as delivered_before_carrier, "
        "count(*) filter (where processing_days < 0) as carrier_before_approval from audit.fct_orders"
    )
    assert found["delivered_before_carrier"] == olist["anomaly_delivered_before_carrier"] == 3
    assert found["carrier_before_approval"] == olist["anomaly_carrier_before_approval"] == 77


def test_hours_to_the_approval_of_the_payment(real: Built, olist: dict[str, Any]) -> None:
    found = real.row(
        f"select {STATISTICS} from (select extract(epoch from paid_at - ordered_at) / 3600 as value "
        "from audit.fct_orders) as legs"
    )
    _agree(found, olist["approval_hours"])


@pytest.mark.parametrize("month", ["2018-01-01", "2018-09-01"])
@pytest.mark.parametrize("days", [90, 180])
def test_churn_at_a_date(real: Built, olist: dict[str, Any], month: str, days: int) -> None:
    row = real.row(
        "select * from audit.churn_monthly where month = %s and churn_rule = %s and segment_name = 'all'",
        month,
        f"inactive_{days}d",
    )
    facts = olist[f"churn_{days}d_at_{month}"]
    assert (row["customers_lost"], row["customers_at_start"]) == (facts["churned"], facts["customers"])
    assert 100 * row["customers_lost"] / row["customers_at_start"] == pytest.approx(facts["churn_pct"], abs=SHARE)


def test_cohorts(real: Built, olist: dict[str, Any]) -> None:
    rows = real.rows(
        "select to_char(cohort_month, 'YYYY-MM') as cohort, month_number, active_customers "
        "from audit.retention_cohorts where active_customers > 0"
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["cohort"], {})[str(row["month_number"])] = row["active_customers"]
    assert found == olist["cohort_retention_counts"]


def test_months_that_are_not_over_have_no_rate(real: Built) -> None:
    rows = real.rows("select * from audit.retention_cohorts where retention_rate is null or cumulative_rate is null")
    assert rows
    assert {row["is_complete"] for row in rows} == {False}
    assert real.row("select count(*) as n from audit.retention_cohorts where not is_complete")["n"] == len(rows)


def test_cohorts_hold_all_sales(real: Built) -> None:
    cohorts = real.row("select sum(net_sales) as net from audit.retention_cohorts")
    assert cohorts["net"] == real.row("select sum(net_sales) as net from audit.sales_daily")["net"]


def test_repeat_customers(real: Built, olist: dict[str, Any]) -> None:
    for variant in ("repeat_purchase_rate", "returning_customer_rate"):
        assert float(_all_time(real, variant)["value"]) == pytest.approx(olist["repeat_customer_rate_pct"], abs=SHARE)
