"""Small hand-made marts, versioned as the models make them: enough rows to check, publish and render."""

import os
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg import sql

OPEN = 9223372036854775807
NIGHT = date(2018, 10, 18)
# mart: (columns, key)
SHAPES = {
    "dim_customers": (
        "customer_key text, email_hash text, name text, email text, phone text, country text,"
        " first_seen_at timestamptz, first_order_at timestamptz, last_order_at timestamptz, orders_count bigint,"
        " net_sales numeric(18, 2), tickets_count bigint, responses_count bigint, last_nps numeric, last_csat numeric,"
        " is_active boolean, segment text, identities_count bigint, sources text",
        "customer_key",
    ),
    "identity_changes": (
        "change_id bigint, as_of_date date, change text, from_customer_key text, to_customer_key text,"
        " identities bigint, rules text",
        "change_id",
    ),
    "fct_orders": (
        "order_key text, source text, customer_key text, ordered_at timestamptz, business_date date, currency text,"
        " gross_sales numeric(18, 2), discounts numeric(18, 2), returns numeric(18, 2), net_sales numeric(18, 2),"
        " status text, is_cancelled boolean, delivered_at timestamptz, promised_at timestamptz,"
        " is_delivered_late boolean, delivery_days numeric(10, 2), order_number_of_customer bigint",
        "order_key",
    ),
    "fct_tickets": (
        "ticket_key text, source text, customer_key text, created_at timestamptz, business_date date, channel text,"
        " priority text, status text, is_excluded boolean, exclusion_reason text, first_reply_minutes numeric(18, 2),"
        " first_reply_business_minutes numeric(18, 2), full_resolution_minutes numeric(18, 2),"
        " full_resolution_business_minutes numeric(18, 2), public_agent_replies bigint, reopens bigint,"
        " csat_bucket text",
        "ticket_key",
    ),
    "fct_survey_responses": (
        "response_key text, source text, customer_key text, metric text, scale_min integer, scale_max integer,"
        " score integer, bucket text, sent_at timestamptz, responded_at timestamptz, business_date date, comment text,"
        " channel text",
        "response_key",
    ),
    **{
        f"{metric}_daily": (
            "business_date date, source text, channel text, n bigint, score numeric(20, 6), ci_low numeric(20, 6),"
            " ci_high numeric(20, 6)",
            "business_date, source, channel",
        )
        for metric in ("nps", "csat", "ces")
    },
    "response_time_daily": (
        "business_date date, source text, channel text, tickets bigint, answered bigint,"
        " first_reply_minutes_sum numeric(18, 2), first_reply_business_minutes_sum numeric(18, 2),"
        " first_reply_minutes_median numeric(18, 2), first_reply_minutes_p90 numeric(18, 2), solved bigint,"
        " solved_reopened bigint",
        "business_date, source, channel",
    ),
    "fct_shipments": (
        "shipment_key text, source text, order_key text, business_date date, shipped_at timestamptz,"
        " delivered_at timestamptz, outcome text, failed_attempts integer, late_days numeric(20, 6)",
        "shipment_key",
    ),
    "sales_daily": (
        "business_date date, source text, currency text, orders bigint, refunds bigint, gross_sales numeric(18, 2),"
        " discounts numeric(18, 2), returns numeric(18, 2), net_sales numeric(18, 2)",
        "business_date, source, currency",
    ),
    "web_daily": (
        "business_date date, source text, channel text, sessions bigint, engaged_sessions bigint,"
        " converted_sessions bigint, bounce_rate numeric(20, 6), conversion_rate numeric(20, 6)",
        "business_date, source, channel",
    ),
    "social_daily": (
        "business_date date, source text, network text, profile text, posts bigint, messages_sent bigint,"
        " engagement numeric(20, 6), first_response_seconds_slowest_team numeric(20, 6),"
        " first_response_seconds_fastest_team numeric(20, 6)",
        "business_date, source, network, profile",
    ),
    "delivery_daily": (
        "business_date date, source text, orders bigint, delivered bigint, late bigint,"
        " refund_days_median numeric(20, 6)",
        "business_date, source",
    ),
    "churn_monthly": (
        "month date, churn_rule text, segment_name text, segment_value text, customers_at_start bigint,"
        " customers_lost bigint, customers_unknown bigint, churn_rate numeric(20, 6), ci_low numeric(20, 6),"
        " ci_high numeric(20, 6), churn_rate_of_known numeric(20, 6), newly_lost_rate numeric(20, 6)",
        "month, churn_rule, segment_name, segment_value",
    ),
    "customer_health": (
        "customer_key text, as_of_date date, last_order_date date, rfm_recency_days integer, r_score integer,"
        " f_score integer, m_score integer, rfm_monetary numeric(18, 2), rfm_segment text, p_alive numeric(20, 6),"
        " expected_orders_90d numeric(20, 6), clv_predicted numeric(18, 2), health_score numeric(20, 6),"
        " lifetime_status text",
        "customer_key",
    ),
    "revenue_churn_monthly": (
        "month date, segment_name text, segment_value text, customers_at_start bigint, customers_lost bigint,"
        " revenue_at_start numeric(18, 2), revenue_cancelled numeric(18, 2), gross_revenue_churn_rate numeric(20, 6)",
        "month, segment_name, segment_value",
    ),
    "retention_cohorts": (
        "cohort_month date, month_number integer, customers bigint, active_customers bigint,"
        " returned_customers bigint,"
        " retention_rate numeric(20, 6), cumulative_rate numeric(20, 6), net_sales numeric(18, 2)",
        "cohort_month, month_number",
    ),
    "customer_touchpoints": (
        "touchpoint_key text, customer_key text, occurred_at timestamptz, business_date date, touchpoint text,"
        " outcome text, outcome_rule text, source text, channel text, reference_key text",
        "touchpoint_key",
    ),
    "churn_touchpoints": (
        "month date, churn_rule text, touchpoint text, outcome text, customers integer, customers_lost integer,"
        " share_of_lost numeric(20, 6), share_of_stayed numeric(20, 6), loss_rate numeric(20, 6),"
        " loss_rate_ci_low numeric(20, 6), loss_rate_ci_high numeric(20, 6), lift numeric(20, 6)",
        "month, churn_rule, touchpoint, outcome",
    ),
    "experience_to_value": (
        "experience_event text, bucket text, cohort_month date, stratum_name text, stratum_value text, n integer,"
        " repeat_rate numeric(20, 6), repeat_rate_difference numeric(20, 6), difference_ci_low numeric(20, 6),"
        " difference_ci_high numeric(20, 6), next_nps numeric(20, 6), next_csat_rate numeric(20, 6)",
        "experience_event, bucket, cohort_month, stratum_name, stratum_value",
    ),
    "data_as_of": (
        "source text, account text, stream text, as_of_date date, last_night date, nights_behind integer,"
        " is_last_night_failed boolean",
        "source, account, stream",
    ),
    "dim_dates": (
        "business_date date, week_start date, month_start date, iso_weekday integer, calendar_year integer",
        "business_date",
    ),
    "feedback_comments": (
        "response_key text, business_date date, sentiment text, sentiment_score numeric",
        "response_key",
    ),
    "feedback_themes_daily": (
        "business_date date, theme text, theme_share numeric(20, 6), mean_scaled_score numeric(20, 6)",
        "business_date, theme",
    ),
    "survey_response_daily": (
        "business_date date, source text, channel text, sent integer, answered integer, commented integer,"
        " response_rate numeric(20, 6)",
        "business_date, source, channel",
    ),
    "closed_loop": (
        "response_key text, business_date date, responded_at timestamptz, hours_to_contact numeric(20, 6),"
        " next_responded_at timestamptz",
        "response_key",
    ),
    "survey_nonresponse": (
        "source text, question text, trait text, trait_value text, invited integer, answers integer,"
        " response_rate numeric(20, 6), nps numeric(20, 6)",
        "source, question, trait, trait_value",
    ),
    "nps_nonresponse": (
        "grain text, period_start date, segment_name text, segment_value text, invited integer, answers integer,"
        " nps_poststratified numeric(20, 6), nps_if_silent_detract numeric(20, 6),"
        " nps_if_silent_promote numeric(20, 6)",
        "grain, period_start, segment_name, segment_value",
    ),
    "metric_values": (
        "metric_variant text, grain text, period_start date, segment_name text, segment_value text, period_end date,"
        " n bigint, numerator numeric(20, 6), denominator numeric(20, 6), value numeric(20, 6), ci_low numeric(20, 6),"
        " ci_high numeric(20, 6), previous_value numeric(20, 6), is_significant boolean, is_complete boolean,"
        " definition_version text",
        "metric_variant, grain, period_start, segment_name, segment_value",
    ),
    "restatements": (
        "since_publication_id bigint, metric_variant text, grain text, period_start date, segment_name text,"
        " segment_value text, period_end date, old_n bigint, new_n bigint, reason text, reasons jsonb",
        "since_publication_id, metric_variant, grain, period_start, segment_name, segment_value",
    ),
    "quarantine_effects": (
        "metric_variant text, grain text, source text, records_held bigint, value numeric(20, 6),"
        " lowest_value numeric(20, 6), highest_value numeric(20, 6)",
        "metric_variant, grain, source",
    ),
    "restated_facts": (
        "since_publication_id bigint, fact text, fact_key text, dated_by text, reason text",
        "since_publication_id, fact, fact_key, dated_by",
    ),
    "dim_agents": ("agent_key text, source text, name text, team text, is_active boolean", "agent_key"),
    "agent_scorecards": (
        "agent_key text, month date, n bigint, reopen_rate numeric(20, 6), ratings bigint, satisfied bigint,"
        " csat_rate numeric(20, 6), csat_rate_ci_low numeric(20, 6), csat_rate_ci_high numeric(20, 6)",
        "agent_key, month",
    ),
    "helpdesk_twins": (
        "ticket_key text, measure text, source text, our_value numeric(20, 6), vendor_value numeric(20, 6),"
        " reason text",
        "ticket_key, measure",
    ),
    "helpdesk_twins_monthly": (
        "month date, source text, measure text, compared bigint, agreeing bigint",
        "month, source, measure",
    ),
}


def connection() -> psycopg.Connection:
    """A connection to the test's warehouse that commits every statement."""
    return psycopg.connect(os.environ["CX_WAREHOUSE_DSN"], autocommit=True)


def make_marts() -> None:
    """Empty version tables, and the two views of each mart."""
    newest, current = "(select max(build_id) from ops.builds)", "(select publication_id from ops.current_publication)"
    with connection() as warehouse:
        for mart, (columns, key) in SHAPES.items():
            names = ", ".join(
                column.split()[0]
                for column in columns.replace("(18, 2)", "").replace("(20, 6)", "").replace("(10, 2)", "").split(",")
            )
            for statement in (
                f"create table marts_versions.{mart} ({columns}, _valid_from bigint, _valid_to bigint)",
                f"create unique index on marts_versions.{mart} ({key}) where _valid_to = {OPEN}",
                f"create view audit.{mart} as select {names} from marts_versions.{mart}"
                f" where _valid_from <= {newest} and _valid_to > {newest}",
                f"create view marts.{mart} as select {names}, {current} as _publication_id"
                f" from marts_versions.{mart} where _valid_from <= {current} and _valid_to > {current}",
            ):
                warehouse.execute(statement)


def start_build(night: date = NIGHT, status: str = "built", rows_changed: int = 1) -> int:
    """A new build; versions are put into it by put() and close()."""
    with connection() as warehouse:
        row = warehouse.execute(
            "insert into ops.builds (night, as_of_date, status, rows_changed) values (%s, %s, %s, %s)"
            " returning build_id",
            (night, night, status, rows_changed),
        ).fetchone()
    assert row is not None
    return row[0]


def put(build_id: int, mart: str, **values: Any) -> None:
    """One open row version from this build on."""
    put_rows(build_id, mart, [values])


def put_rows(build_id: int, mart: str, rows: Sequence[dict[str, Any]]) -> None:
    """Open row versions from this build on; all rows have the same columns."""
    columns = [*rows[0], "_valid_from", "_valid_to"]
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier("marts_versions", mart),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    with connection() as warehouse, warehouse.cursor() as cursor:
        cursor.executemany(statement, [[*row.values(), build_id, OPEN] for row in rows])


def close(build_id: int, mart: str, **key: Any) -> None:
    """The open version of a row ends at this build."""
    statement = sql.SQL("update {} set _valid_to = %s where _valid_to = %s and {}").format(
        sql.Identifier("marts_versions", mart),
        sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in key),
    )
    with connection() as warehouse:
        assert warehouse.execute(statement, [build_id, OPEN, *key.values()]).rowcount > 0


def put_orders(build_id: int, keys: Sequence[str], **more: Any) -> None:
    """Ordinary orders of the night, one per key."""
    order = {
        "source": "shopify",
        "business_date": NIGHT,
        "currency": "BRL",
        "gross_sales": 100,
        "net_sales": 90,
        "order_number_of_customer": 1,
        **more,
    }
    if keys:
        put_rows(build_id, "fct_orders", [{"order_key": key, "customer_key": f"c{key}", **order} for key in keys])


def figure(variant: str, value: float, **more: Any) -> dict[str, Any]:
    """A row of metric_values over the 30 days up to the night."""
    return {
        "metric_variant": variant,
        "grain": "rolling_30d",
        "period_start": NIGHT - timedelta(days=29),
        "period_end": NIGHT + timedelta(days=1),
        "segment_name": "all",
        "segment_value": "all",
        "n": 1234,
        "value": value,
        "ci_low": value - 2.5,
        "ci_high": value + 2.5,
        "is_complete": True,
        "definition_version": "1",
        **more,
    }


def put_value(build_id: int, variant: str, value: float, **more: Any) -> None:
    """One figure over the 30 days up to the night."""
    put(build_id, "metric_values", **figure(variant, value, **more))
