"""What must hold in every mart before anyone reads it: one module per mart, named as the mart.

A module has ``EXPECTATIONS`` and may have ``FED_BY``: a query of one row (count, newest date) over the raw tables
that the mart is made of. Keys, references and row arithmetic are dbt's tests and are not repeated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MARTS = (
    "dim_customers",
    "identity_changes",
    "fct_orders",
    "fct_shipments",
    "fct_tickets",
    "fct_survey_responses",
    "nps_daily",
    "csat_daily",
    "ces_daily",
    "response_time_daily",
    "sales_daily",
    "delivery_daily",
    "churn_monthly",
    "revenue_churn_monthly",
    "retention_cohorts",
    "web_daily",
    "social_daily",
    "customer_touchpoints",
    "churn_touchpoints",
    "experience_to_value",
    "data_as_of",
    "dim_dates",
    "customer_health",
    "survey_response_daily",
    "closed_loop",
    "survey_nonresponse",
    "nps_nonresponse",
    "metric_values",
    "restatements",
    "restated_facts",
    "quarantine_effects",
    "feedback_comments",
    "feedback_themes_daily",
    "dim_agents",
    "agent_scorecards",
    "helpdesk_twins",
    "helpdesk_twins_monthly",
)

# Facts of the build, filled in by the gate (see facts.py).
AS_OF_DATE = {"$PARAMETER": "as_of_date"}
LOADED_UNTIL = {"$PARAMETER": "loaded_until"}
WEEK_BEFORE = {"$PARAMETER": "week_before"}
NEWEST_LOADED = {"$PARAMETER": "newest_loaded"}
LEAST_ROWS = {"$PARAMETER": "least_rows"}
PUBLISHED_FLOOR = {"$PARAMETER": "published_floor"}


@dataclass(frozen=True)
class Check:
    """One expectation: ``kind`` is great-expectations' own name, ``kwargs`` its arguments.

    ``where`` among them is ours: a column and the value that the rows looked at have in it.
    critical blocks the publication, warning publishes and tells a person, info is recorded.
    """

    kind: str
    kwargs: Mapping[str, Any]
    reason: str
    severity: str = "critical"
    owner: str = "data"
    words: str = field(default="", kw_only=True)


def not_emptied() -> Check:
    """Rows remain where the last publication or the loaded data has some. An unused source stays empty, rightly."""
    return Check(
        "expect_table_row_count_to_be_between",
        {"min_value": LEAST_ROWS},
        "what was loaded or published must not vanish; a source that never had data may be empty",
    )


def not_shrunk(owner: str = "data") -> Check:
    """At least four fifths of the published rows remain."""
    return Check(
        "expect_table_row_count_to_be_between",
        {"min_value": PUBLISHED_FLOOR},
        "history is only added to: a loss of more than a fifth is a filter or a join gone wrong, or a large erasure",
        "warning",
        owner,
    )


def reaches_as_of(column: str) -> Check:
    """The days run up to the last complete night, and not beyond it."""
    return Check(
        "expect_column_max_to_be_between",
        {"column": column, "min_value": AS_OF_DATE, "max_value": AS_OF_DATE},
        "a daily mart has every day up to the as-of date; later days are not complete",
    )


def not_from_the_future(column: str) -> Check:
    """No record is dated after it was loaded. Facts may go past the as-of date: a source is read some hours later."""
    return Check(
        "expect_column_max_to_be_between",
        {"column": column, "max_value": LOADED_UNTIL},
        "a record from after its own loading has a wrong year, unit or time zone",
    )


def not_after_as_of(column: str) -> Check:
    """No row is dated after the last complete night."""
    return Check(
        "expect_column_max_to_be_between",
        {"column": column, "max_value": AS_OF_DATE},
        "later days are not complete: their figures would be wrong, and change tomorrow",
    )


def has_newest_loaded(column: str, owner: str) -> Check:
    """The newest record that was loaded has arrived. One day of slack covers the time zone."""
    return Check(
        "expect_column_max_to_be_between",
        {"column": column, "min_value": NEWEST_LOADED},
        "what the night loaded must reach the mart; the newest record may be one that a named rule excludes",
        "warning",
        owner,
    )


def not_quiet(column: str, owner: str) -> Check:
    """Something happened in the week before the as-of date."""
    return Check(
        "expect_column_max_to_be_between",
        {"column": column, "min_value": WEEK_BEFORE},
        "a week of silence is rare in a running business; only noted, as closed channels and old data are silent too",
        "info",
        owner,
    )


def between(
    column: str, low: float | None, high: float | None, reason: str, severity: str = "critical", **more: Any
) -> Check:
    """Values lie in a range; empty ones are not looked at. ``mostly`` is the share that must."""
    limits = {"min_value": low, "max_value": high}
    kwargs = {"column": column, **{key: value for key, value in limits.items() if value is not None}, **more}
    return Check("expect_column_values_to_be_between", kwargs, reason, severity)


def one_of(column: str, values: tuple[Any, ...], reason: str, severity: str = "critical", **more: Any) -> Check:
    """Values are known ones; empty ones are not looked at."""
    kwargs = {"column": column, "value_set": list(values), **more}
    return Check("expect_column_values_to_be_in_set", kwargs, reason, severity)


def at_least(greater: str, smaller: str, reason: str, severity: str = "critical") -> Check:
    """One column is never below another; rows that lack either are not looked at."""
    kwargs = {
        "column_A": greater,
        "column_B": smaller,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Check("expect_column_pair_values_a_to_be_greater_than_b", kwargs, reason, severity)
