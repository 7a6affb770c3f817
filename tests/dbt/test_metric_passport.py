"""Everything published is declared, has its components, and is one figure wherever it stands; and the tests say if not.

Each tampering is done inside a transaction that is rolled back; the tests' SQL is what dbt sends to the warehouse.
"""

from pathlib import Path

import psycopg
import pytest

from built_world import NIGHT, World
from cx_etl.dbt_runner import DbtRun
from cx_etl.settings import load_settings

# The world has no carrier platform, no web analytics and no question on seven points.
WITHOUT_DATA = {
    "return_to_origin_rate",
    "bounce_rate",
    "session_conversion_rate",
    "ces7_mean",
    "ces7_top3",
    "ces7_net",
}

VALUES = "marts_versions.metric_values"
OF_A_DAY = "grain = 'day' and segment_name = 'all' and n > 0 and metric_variant ="
TAMPERINGS = [
    ("assert_every_value_is_as_declared", f"update {VALUES} set metric_variant = 'nps_ours' where {OF_A_DAY} 'nps'"),
    ("assert_every_value_is_as_declared", f"update {VALUES} set definition_version = '2' where {OF_A_DAY} 'nps'"),
    ("assert_every_value_is_as_declared", f"update {VALUES} set unit = 'percent' where {OF_A_DAY} 'nps'"),
    (
        "primary_key_metric_definitions_metric_variant",
        "insert into intermediate.metric_definitions select * from intermediate.metric_definitions limit 1",
    ),
    ("metric_values__value_is_made_of_its_components", f"update {VALUES} set n = null where {OF_A_DAY} 'aov'"),
    ("metric_values__value_is_made_of_its_components", f"update {VALUES} set numerator = null where {OF_A_DAY} 'nps'"),
    (
        "metric_values__value_is_made_of_its_components",
        f"update {VALUES} set denominator = null where {OF_A_DAY} 'sla_attainment'",
    ),
    ("metric_values__value_is_made_of_its_components", f"update {VALUES} set value = value + 1 where {OF_A_DAY} 'nps'"),
    ("metric_values__estimates_have_their_interval", f"update {VALUES} set ci_low = null where {OF_A_DAY} 'nps'"),
    (
        "metric_values__open_periods_are_not_complete",
        f"update {VALUES} set is_complete = true where period_end > '{NIGHT}'::date + 1",
    ),
    ("assert_days_add_up_to_their_months", f"delete from {VALUES} where {OF_A_DAY} 'late_delivery_rate'"),
]
# Each makes one figure of a mart differ while the mart's own sums still add up.
DISAGREEMENTS = [
    ("nps_daily", "promoters = promoters + 1, n = n + 1", "n > 0"),
    ("nps_daily", "promoters = promoters - 1, passives = passives + 1", "promoters > 0"),
    ("nps_daily", "score = score + 1", "n > 0"),
    ("nps_daily", "ci_low = ci_low + 1", "n > 0"),
    ("nps_daily", "rolling_30d_promoters = rolling_30d_promoters - 1", "rolling_30d_promoters > 0"),
    ("nps_daily", "rolling_30d_score = rolling_30d_score + 1", "rolling_30d_n > 0"),
    ("csat_daily", "satisfied = satisfied - 1, neutral = neutral + 1", "satisfied > 0"),
    ("csat_daily", "rolling_30d_satisfied = rolling_30d_satisfied - 1", "rolling_30d_satisfied > 0"),
    ("ces_daily", "easy = easy - 1, neutral = neutral + 1", "easy > 0"),
    ("ces_daily", "rolling_30d_n = rolling_30d_n + 1", "rolling_30d_n > 0"),
    ("survey_response_daily", "answered = answered - 1", "answered > 1"),
    ("survey_response_daily", "comment_rate_by_send_date = 0", "commented > 0"),
    ("sales_daily", "net_sales = net_sales + 1", "orders > 0"),
    ("sales_daily", "average_order_value = average_order_value + 1", "orders > 0"),
    ("delivery_daily", "late = late - 1", "late > 0"),
    ("delivery_daily", "delivery_days_sum = delivery_days_sum + 1", "delivery_days_n > 0"),
    ("delivery_daily", "delivered_and_returned = delivered_and_returned + 1", "delivered > 0"),
    ("response_time_daily", "first_reply_minutes_sum = first_reply_minutes_sum + 1", "answered > 0"),
    ("response_time_daily", "first_reply_minutes_p90 = first_reply_minutes_p90 + 1", "answered > 0"),
    ("response_time_daily", "backlog_open = backlog_open + 1", "backlog_open > 0"),
    ("response_time_daily", "explore_compatible_one_touch = explore_compatible_one_touch + 1", "resolved > 0"),
    ("feedback_themes_daily", "comments = comments + 1", "comments > 0"),
    ("closed_loop", "is_contacted = not is_contacted", "is_contacted"),
]


@pytest.fixture(scope="module")
def data_tests(world: World) -> Path:
    """Where the SQL of dbt's tests is, as it is sent to the warehouse."""
    (build,) = world.rows("select max(build_id) as id from ops.builds")
    DbtRun(load_settings(), build["id"], NIGHT, print).invoke("compile", "--select", "test_type:data")
    return world.compiled


def _complaints(world: World, data_tests: Path, test: str, tampering: str = "select 1") -> int:
    """How many rows the test complains of once the warehouse is tampered with."""
    sql = next(data_tests.rglob(f"{test}.sql")).read_text(encoding="utf-8")
    with psycopg.connect(world.dsn) as connection:
        changed = connection.execute(tampering).rowcount
        assert changed > 0
        complaints = len(connection.execute(sql).fetchall())
        connection.rollback()
    return complaints


def test_everything_published_is_declared_and_everything_declared_is_published(world: World) -> None:
    published = {row["metric_variant"] for row in world.rows("select distinct metric_variant from audit.metric_values")}
    declared = {
        row["metric_variant"] for row in world.rows("select metric_variant from intermediate.metric_definitions")
    }
    assert declared - published == WITHOUT_DATA
    assert published <= declared


@pytest.mark.parametrize("variant", sorted(WITHOUT_DATA))
def test_what_this_world_has_no_data_for_is_made_all_the_same(world: World, variant: str) -> None:
    made = [path.stem for path in world.compiled.rglob("models/**/int_*.sql") if f"'{variant}'" in path.read_text()]
    assert made


@pytest.mark.parametrize(("test", "tampering"), TAMPERINGS)
def test_what_is_not_declared_or_has_no_components_is_refused(
    world: World, data_tests: Path, test: str, tampering: str
) -> None:
    assert _complaints(world, data_tests, test) == 0
    assert _complaints(world, data_tests, test, tampering) > 0


@pytest.mark.parametrize(("mart", "change", "condition"), DISAGREEMENTS)
def test_a_mart_that_disagrees_with_metric_values_is_refused(
    world: World, data_tests: Path, mart: str, change: str, condition: str
) -> None:
    test = f"{mart}__agrees_with_metric_values"
    assert _complaints(world, data_tests, test) == 0
    assert _complaints(world, data_tests, test, f"update marts_versions.{mart} set {change} where {condition}") > 0


def test_every_metric_of_a_mart_is_compared_with_the_mart(world: World, data_tests: Path) -> None:
    """A variant whose declaration names a daily mart is one that the mart's test compares."""
    declared = world.rows(
        "select metric_variant, mart from intermediate.metric_definitions where right(mart, 6) = '_daily'"
    )
    uncompared = [
        row["metric_variant"]
        for row in declared
        if f"'{row['metric_variant']}'"
        not in next(data_tests.rglob(f"{row['mart']}__agrees_with_metric_values.sql")).read_text(encoding="utf-8")
    ]
    assert uncompared == ["first_resolution_minutes_mean"]  # the mart has no sum of it
