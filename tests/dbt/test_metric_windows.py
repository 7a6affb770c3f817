"""Windows of the metrics: the models' own SQL over made-up days, against a look at every row for every window."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from cx_etl import dbt_runner
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings
from periods import Period, every_period

# A Monday after a change of the clocks, on which no month ends: the last week and month are under way.
AS_OF = date(2026, 3, 30)
ZONE = "Europe/Lisbon"
# Inputs with the columns that the models use.
TABLES = {
    "int_orders__joined": "order_key text, source text, customer_key text, ordered_at timestamptz, business_date date",
    "int_survey_responses__components": (
        "metric_variant text, response_key text, customer_key text, source text, responded_at timestamptz,"
        " business_date date, positives int, negatives int"
    ),
    "int_metrics__daily_components": (
        "metric_variant text, segment_name text, segment_value text, business_date date, n int, positives int,"
        " negatives int, total numeric, total_of_squares numeric, unfinished int"
    ),
}
MODELS = (
    *("int_orders__sequence", "int_metrics__buyer_windows", "int_metrics__buyer_periods"),
    *("int_survey_responses__sequence", "int_surveys__latest_moving_periods", "int_metrics__survey_latest_periods"),
    "int_metrics__component_periods",
)
# Clocks that change at midnight, back over it, around the month of fasting, by half an hour, and never.
ZONES = (
    *("Europe/Lisbon", "America/Santiago", "America/Havana", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut"),
    *("Africa/Casablanca", "America/Nuuk", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"),
)
CLOCKS = "select zone, at, {{ business_date('at') }} as day, {{ local_midnight('given_day') }} as midnight from clocks"
Row = dict[str, Any]
Segment = tuple[str, str]
ALL, SHOP = ("all", "all"), ("source", "shop")


class Models:
    """The models as views over tables that a test fills."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    def fill(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._connection.execute(f"truncate {table}")
        with self._connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
            for row in rows:
                copy.write_row(row)

    def rows(self, view: str) -> list[Row]:
        return self._connection.execute(f"select * from {view}").fetchall()

    def windows(self, view: str, segment: Segment, *measures: str) -> dict[Period, tuple[Any, ...]]:
        """The measures in every window of a segment."""
        rows = self._connection.execute(
            f"select * from intermediate.{view} where segment_name = %s and segment_value = %s", segment
        ).fetchall()
        found = {
            (row["grain"], row["period_start"], row["period_end"]): tuple(row[name] for name in measures)
            for row in rows
        }
        assert len(found) == len(rows), "one row per window"
        return found


@pytest.fixture(scope="module")
def models(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    postgres.create_database("metric_windows")
    dsn, state = postgres.dsn("metric_windows"), tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", dsn)
        patch.setenv("CX_STATE_DIR", str(state))
        _compile("--select", *MODELS)
        # The zone as a column, so that one view answers for all of them.
        clocks = _compile("--inline", CLOCKS).replace(f"'{ZONE}'", "zone")
    compiled = state / "dbt" / "target" / "compiled" / "cx" / "models" / "intermediate"
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("create schema intermediate")
        for table, columns in TABLES.items():
            connection.execute(f"create unlogged table intermediate.{table} ({columns})")
        for model in MODELS:
            connection.execute(f"create view intermediate.{model} as {(compiled / f'{model}.sql').read_text()}")
        connection.execute("create unlogged table clocks (zone text, at timestamptz, given_day date)")
        connection.execute(f"create view told as {clocks}")
        yield Models(connection)


def _compile(*chosen: str) -> str:
    from dbt.cli.main import dbtRunner

    values = str({"time_zone": ZONE, "as_of_date": AS_OF.isoformat()})
    with dbt_runner.variables_set(dbt_runner.dbt_environment(load_settings())):
        arguments = [*dbt_runner.dbt_arguments(load_settings()), "--vars", values]
        outcome = dbtRunner().invoke(["compile", *arguments, *chosen])
    assert outcome.success, outcome.exception
    return outcome.result.results[0].node.compiled_code


# Days near each other, so that customers meet themselves again at and around the edges of the windows.
days = st.builds(
    lambda base, off: AS_OF - timedelta(days=base + off),
    st.sampled_from((0, 1, 28, 29, 30, 31, 58, 59, 60, 89)),
    st.sampled_from((-1, 0, 1)),
)
events = st.lists(
    st.tuples(st.sampled_from("abc"), days, st.integers(0, 2), st.sampled_from(("shop", "desk")), st.integers(-1, 1)),
    max_size=14,
)
relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _at(day: date, hours: int) -> datetime:
    return datetime.combine(day, time(hours * 11), ZoneInfo(ZONE)).astimezone(UTC)


def _measured(rows: Sequence[Row], measure: Callable[[list[Row]], tuple[Any, ...]]) -> dict[Period, tuple[Any, ...]]:
    """The measure of each window in which anything is, from the rows inside it."""
    if not rows:
        return {}
    found = {}
    for grain, start, end in every_period(min(row["day"] for row in rows), AS_OF):
        if inside := [row for row in rows if start <= row["day"] < end]:
            found[grain, start, end] = measure(inside)
    return found


def _rows(drawn: Sequence[tuple[str, date, int, str, int]]) -> list[Row]:
    """By time; of those at one time by key."""
    rows = [
        {"key": f"k{number:02}", "who": who, "day": day, "at": _at(day, hours), "source": source, "outcome": outcome}
        for number, (who, day, hours, source, outcome) in enumerate(drawn)
    ]
    return sorted(rows, key=lambda row: (row["at"], row["key"]))


def _segments(rows: Sequence[Row]) -> dict[Segment, list[Row]]:
    """What is asked of all, and of one of the sources."""
    return {ALL: list(rows), SHOP: [row for row in rows if row["source"] == "shop"]}


@relaxed
@given(drawn=events)
def test_repeat_and_returning_buyers(models: Models, drawn: Any) -> None:
    rows = _rows(drawn)
    models.fill("intermediate.int_orders__joined", [(r["key"], r["source"], r["who"], r["at"], r["day"]) for r in rows])
    for segment, those in _segments([row for row in rows if row["day"] <= AS_OF]).items():

        def measure(inside: list[Row], those: list[Row] = those) -> tuple[int, int, int]:
            buyers = {row["who"] for row in inside}
            orders = {who: [row for row in inside if row["who"] == who] for who in buyers}
            firsts = {who: next(row["key"] for row in those if row["who"] == who) for who in buyers}
            repeats = sum(len(own) > 1 for own in orders.values())
            returning = sum(any(row["key"] != firsts[who] for row in own) for who, own in orders.items())
            return len(buyers), repeats, returning

        counts = ("buyers", "repeat_buyers", "returning_buyers")
        assert models.windows("int_metrics__buyer_periods", segment, *counts) == _measured(those, measure)


@relaxed
@given(drawn=events)
def test_latest_per_customer(models: Models, drawn: Any) -> None:
    # Nothing is answered after the last night; one of the three says nothing of who answers.
    rows = [row for row in _rows(drawn) if row["day"] <= AS_OF]
    counts = {1: (1, 0), 0: (0, 0), -1: (0, 1)}
    who = {"a": "a", "b": "b", "c": None}
    models.fill(
        "intermediate.int_survey_responses__components",
        [("nps", r["key"], who[r["who"]], r["source"], r["at"], r["day"], *counts[r["outcome"]]) for r in rows],
    )

    def measure(inside: list[Row]) -> tuple[int, int, int]:
        latest = {row["key"] if row["who"] == "c" else row["who"]: row["outcome"] for row in inside}
        told = list(latest.values())
        return len(told), told.count(1), told.count(-1)

    for segment, those in _segments(rows).items():
        found = models.windows("int_metrics__survey_latest_periods", segment, "n", "positives", "negatives")
        assert found == _measured(those, measure)


@relaxed
@given(drawn=st.lists(st.tuples(days, *[st.integers(0, 5)] * 4), max_size=8, unique_by=lambda row: row[0]))
def test_sums_of_days(models: Models, drawn: Any) -> None:
    """A window is its days; one without anything is none."""
    rows = [{"day": day, "told": told} for day, *told in drawn if day <= AS_OF]
    models.fill(
        "intermediate.int_metrics__daily_components",
        [("v", "all", "all", row["day"], *row["told"][:3], row["told"][3], row["told"][3] ** 2, 0) for row in rows],
    )

    def measure(inside: list[Row]) -> tuple[int, ...]:
        sums = tuple(sum(column) for column in zip(*(row["told"] for row in inside), strict=True))
        return (*sums, sum(row["told"][3] ** 2 for row in inside))

    sums = ("n", "positives", "negatives", "total", "total_of_squares")
    found = models.windows("int_metrics__component_periods", ALL, *sums)
    assert found == {window: told for window, told in _measured(rows, measure).items() if told[0]}


@st.composite
def instants(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and an instant around a midnight, of years on which all editions of the time zone database agree."""
    day = draw(st.dates(date(2022, 1, 1), date(2025, 12, 31)))
    minutes = draw(st.integers(-180, 1440) | st.sampled_from((-1, 0, 1, 59, 60, 61)))
    zone = draw(st.sampled_from(ZONES))
    return zone, datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) + timedelta(minutes=minutes)


# Clocks back from 01:00 to 00:00: the day has two midnights and begins with the first.
TWO_MIDNIGHTS = [
    (zone, datetime(2026, month, day, hour, 30, tzinfo=UTC))
    for zone, month, day, hours in (("Atlantic/Azores", 10, 25, (0, 1)), ("America/Havana", 11, 1, (4, 5)))
    for hour in hours
]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(drawn=TWO_MIDNIGHTS)
@given(drawn=st.lists(instants(), min_size=50, max_size=50))
def test_days_by_the_clock_on_the_wall(models: Models, drawn: Any) -> None:
    """The date of an instant, and the first instant of that date: no minute is in no day, and none in two."""
    expected = []
    for zone, at in drawn:
        day = at.astimezone(ZoneInfo(zone)).date()
        begins = at
        while (begins - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).date() == day:
            begins -= timedelta(minutes=1)
        expected.append((zone, at, day, begins.replace(second=0, microsecond=0)))
    models.fill("clocks", [(zone, at, day) for zone, at, day, _ in expected])
    assert [tuple(row.values()) for row in models.rows("told")] == expected
