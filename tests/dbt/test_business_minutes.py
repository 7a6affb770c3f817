"""Business minutes of the models against a count one by one, over zones, changes of the clocks, nights, holidays."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from cx_etl import dbt_runner
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings

DAY, WEEK = 1440, 10080
# Clocks that change at midnight, by half an hour, in the southern half of the year, at odd offsets, and never.
ZONES = (
    *("Europe/Lisbon", "America/New_York", "America/Santiago", "Africa/Cairo", "America/Havana", "Asia/Beirut"),
    # Morocco and its south put the clocks back for the month of fasting.
    *("Africa/Casablanca", "Africa/El_Aaiun"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "America/St_Johns", "Asia/Riyadh", "UTC"),
)
STATUSES = ("new", "open", "hold", "pending", "solved")
VIEWS = ("int_schedules__days", "int_schedules__spans", "int_schedules__segments")
RESULTS = ("int_tickets__durations", "int_tickets__waits")
TABLES = {
    "int_schedules__hours": "schedule_key text, time_zone text, start_minute_of_week int, end_minute_of_week int",
    "int_schedules__holidays": "schedule_key text, day date",
    "int_tickets__unioned": "ticket_key text, schedule_key text, created_at timestamptz, updated_at timestamptz",
    "int_tickets__status_changes": (
        "ticket_key text, change_number int, status text, changed_at timestamptz, until_at timestamptz"
    ),
    "int_tickets__first_reply": "ticket_key text, first_reply_at timestamptz",
    "int_tickets__resolutions": "ticket_key text, first_resolved_at timestamptz, last_resolved_at timestamptz",
}


@dataclass(frozen=True)
class Schedule:
    zone: str
    spans: tuple[tuple[int, int], ...]
    holidays: frozenset[date] = frozenset()

    def is_open(self, moment: datetime) -> bool:
        """By the clock on the wall and the calendar beside it."""
        local = moment.astimezone(ZoneInfo(self.zone))
        minute = local.isoweekday() % 7 * DAY + local.hour * 60 + local.minute
        inside = any(start <= now < end for start, end in self.spans for now in (minute, minute + WEEK))
        return inside and local.date() not in self.holidays

    def minutes(self, start: datetime, end: datetime) -> int:
        """One by one."""
        count = int((end - start).total_seconds()) // 60
        return sum(self.is_open(start + timedelta(minutes=number)) for number in range(count))


class Models:
    """The models of the business clock as views over tables that a test fills."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def rows(self, schedule: Schedule, moments: list[datetime], statuses: tuple[str, ...] = ()) -> dict[str, Any]:
        """A ticket that is created, answered and solved at the moments, and enters a status at each of them."""
        fill = self._connection.execute
        for table in TABLES:
            fill(f"truncate intermediate.{table}")
        for span in schedule.spans:
            fill("insert into intermediate.int_schedules__hours values ('s', %s, %s, %s)", (schedule.zone, *span))
        for day in schedule.holidays:
            fill("insert into intermediate.int_schedules__holidays values ('s', %s)", (day,))
        fill("insert into intermediate.int_tickets__unioned values ('t', 's', %s, %s)", (moments[0], moments[-1]))
        fill("insert into intermediate.int_tickets__first_reply values ('t', %s)", (moments[1],))
        fill("insert into intermediate.int_tickets__resolutions values ('t', %s, %s)", (moments[1], moments[-1]))
        for number, (status, at, until) in enumerate(zip(statuses, moments, [*moments[1:], None], strict=False)):
            row = (number, status, at, until)
            fill("insert into intermediate.int_tickets__status_changes values ('t', %s, %s, %s, %s)", row)
        (durations,) = fill("select * from intermediate.int_tickets__durations").fetchall()
        waits = fill("select * from intermediate.int_tickets__waits").fetchall()
        return durations | (waits[0] if waits else {})

    def minutes(self, schedule: Schedule, start: datetime, end: datetime) -> float:
        return float(self.rows(schedule, [start, end])["first_reply_business_minutes"])


@pytest.fixture(scope="module")
def models(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    from dbt.cli.main import dbtRunner
    from psycopg.rows import dict_row

    postgres.create_database("business_minutes")
    dsn, state = postgres.dsn("business_minutes"), tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_WAREHOUSE_DSN", dsn)
        patch.setenv("CX_STATE_DIR", str(state))
        chosen = ("--select", *VIEWS, *RESULTS, "--vars", json.dumps({"time_zone": "UTC"}))
        with dbt_runner.variables_set(dbt_runner.dbt_environment(load_settings())):
            outcome = dbtRunner().invoke(["compile", *dbt_runner.dbt_arguments(load_settings()), *chosen])
        assert outcome.success, outcome.exception
    compiled = state / "dbt" / "target" / "compiled" / "cx" / "models" / "intermediate"
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        _make(connection, compiled)
        yield Models(connection)


def _make(connection: psycopg.Connection, compiled: Path) -> None:
    connection.execute("create schema intermediate")
    for table, columns in TABLES.items():
        connection.execute(f"create unlogged table intermediate.{table} ({columns})")
    for model in (*VIEWS, *RESULTS):
        connection.execute(f"create view intermediate.{model} as {(compiled / f'{model}.sql').read_text()}")


@cache
def _changes(zone: str) -> tuple[date, ...]:
    """The days of some years on which the clocks change; any day where they never do."""
    found, first = [], date(2024, 1, 1)  # years on which all editions of the time zone database agree
    for number in range(2 * 365):
        noon = datetime.combine(first + timedelta(days=number), datetime.min.time(), ZoneInfo(zone)).replace(hour=12)
        if noon.utcoffset() != (noon + timedelta(days=1)).utcoffset():
            found.append(noon.date() + timedelta(days=1))
    return tuple(found) or (first,)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, list[datetime], tuple[str, ...]]:
    """A schedule, moments of some days around a change of the clocks, and a status for each."""
    zone = draw(st.sampled_from(ZONES))
    begin = datetime.combine(draw(st.sampled_from(_changes(zone))), datetime.min.time(), UTC) - timedelta(days=3)
    starts = st.integers(0, WEEK // 15 - 1).map(lambda quarter: quarter * 15)
    lengths = st.one_of(st.integers(1, 4 * 14), st.integers(1, 4 * 60), st.just(WEEK // 15)).map(lambda n: n * 15)
    pairs = draw(st.lists(st.tuples(starts, lengths), min_size=1, max_size=5))
    spans = tuple({(start, start + length) for start, length in pairs})
    off = draw(st.frozensets(st.integers(0, 7), max_size=3))
    # A month of fasting, or a summer break, around or inside the days that are counted.
    start, length = draw(st.integers(-30, 8)), draw(st.sampled_from((0, 0, 1, 4, 29, 30)))
    holidays = frozenset(begin.date() + timedelta(days=day) for day in {*off, *range(start, start + length)})
    offsets = sorted(draw(st.lists(st.integers(0, 7 * DAY), min_size=2, max_size=4)))
    statuses = tuple(draw(st.sampled_from(STATUSES)) for _ in offsets)
    schedule = Schedule(zone, spans, holidays)
    assume(not _has_doubtful_boundary(schedule, begin.date()))
    return schedule, [begin + timedelta(minutes=offset) for offset in offsets], statuses


def _has_doubtful_boundary(schedule: Schedule, begin: date) -> bool:
    """Whether hours begin or end at a time that the clocks skip or show twice: the next tests say what holds then."""
    edges = {minute % DAY for span in schedule.spans for minute in span} - {0}
    walls = [
        datetime.combine(begin + timedelta(days=day), datetime.min.time()) + timedelta(minutes=minute)
        for day in range(-2, 11)
        for minute in (*edges, 0)
    ]
    zone = ZoneInfo(schedule.zone)
    for wall in walls:
        first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        is_midnight = wall.hour == wall.minute == 0
        if first > second or (first < second and not is_midnight):
            return True
    return False


LISBON_NIGHTS = Schedule("Europe/Lisbon", ((5 * DAY + 1320, 6 * DAY + 360), (6 * DAY + 1320, 7 * DAY + 360)))
AUTUMN = [datetime(2025, 10, 24, 12, tzinfo=UTC), datetime(2025, 10, 26, 12, tzinfo=UTC)]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@example(case=(LISBON_NIGHTS, AUTUMN, ("new", "open")))
@given(case=cases())
def test_the_models_count_as_one_counts_by_hand(
    models: Models, case: tuple[Schedule, list[datetime], tuple[str, ...]]
) -> None:
    schedule, moments, statuses = case
    said = models.rows(schedule, moments, statuses)
    assert said["first_reply_business_minutes"] == schedule.minutes(moments[0], moments[1])
    assert said["full_resolution_business_minutes"] == schedule.minutes(moments[0], moments[-1])
    stays = list(zip(statuses, moments, moments[1:], strict=False))
    for measure, counted in (
        ("requester_wait_business_minutes", {"new", "open", "hold"}),
        ("agent_wait_business_minutes", {"pending"}),
        ("on_hold_business_minutes", {"hold"}),
    ):
        waited = sum(schedule.minutes(start, end) for status, start, end in stays if status in counted)
        assert (said[measure] or 0) == waited, measure


def test_always_open_is_calendar_time_to_the_microsecond(models: Models) -> None:
    start, end = datetime(2026, 3, 7, 1, 2, 3, 4, UTC), datetime(2026, 3, 9, 9, 8, 7, 6, UTC)
    said = models.rows(Schedule("America/New_York", ((0, WEEK),)), [start, end])
    assert said["first_reply_business_minutes"] == said["first_reply_minutes"]


def test_hours_that_overlap_count_once(models: Models) -> None:
    monday = datetime(2026, 6, 1, tzinfo=UTC)
    schedule = Schedule("UTC", ((DAY + 540, DAY + 1080), (DAY + 600, DAY + 1140), (DAY + 540, DAY + 720)))
    assert models.minutes(schedule, monday, monday + timedelta(days=1)) == 600


def test_a_holiday_takes_its_own_part_of_a_night(models: Models) -> None:
    """Friday 22:00 to Saturday 06:00 with the Saturday off."""
    night = Schedule("UTC", ((5 * DAY + 1320, 6 * DAY + 360),), frozenset({date(2026, 6, 6)}))
    friday = datetime(2026, 6, 5, tzinfo=UTC)
    assert models.minutes(night, friday, friday + timedelta(days=2)) == 120


@pytest.mark.parametrize(
    ("day", "opens", "first"),
    [
        # 02:30 does not exist: by the clock as it was before, it is 03:30 in summer time.
        (date(2026, 3, 8), 150, datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        # 01:30 comes twice: the second one, in winter time.
        (date(2026, 11, 1), 90, datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_hours_that_begin_where_the_clocks_jump(models: Models, day: date, opens: int, first: datetime) -> None:
    schedule = Schedule("America/New_York", ((opens, 720),))
    noon = datetime.combine(day, datetime.min.time(), ZoneInfo("America/New_York")).replace(hour=12)
    midnight = noon.replace(hour=0)
    assert models.minutes(schedule, midnight, noon) == (noon.astimezone(UTC) - first).total_seconds() / 60
