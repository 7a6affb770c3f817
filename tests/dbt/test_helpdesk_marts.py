"""Three helpdesks in one mart: each ticket as its own records tell it, read the slow way; and events that come late."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from pipelines import Built, bring_in, pipeline
from sandbox.generator.hours import business_seconds

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
SOURCES = "zendesk,freshdesk,gorgias"
FRESHDESK_STATUS = {2: "open", 3: "pending", 4: "solved", 5: "closed"}
Record = dict[str, Any]
Records = dict[str, dict[Any, Record]]


@pytest.fixture(scope="module")
def world(
    postgres: EmbeddedServer, small_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Built, Records]]:
    """A night of three helpdesks, built, and what they said."""
    state = tmp_path_factory.mktemp("helpdesks") / "state"
    streams = ("freshdesk/tickets", "freshdesk/conversations", "gorgias/tickets", "gorgias/messages")
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(small_dataset, state, "UTC", postgres, patch, "helpdesks") as (sandbox, dsn),
    ):
        patch.setenv("CX_SOURCES", SOURCES)
        patch.setenv("CX_BUSINESS_HOURS_ZONE", "Europe/Lisbon")
        bring_in(sandbox, NIGHT, "UTC")
        transform.build(NIGHT)
        yield Built(dsn), {stream: sandbox.records(stream, NOW) for stream in streams}


def _tickets(built: Built, source: str) -> dict[int, Record]:
    rows = built.rows("select * from audit.fct_tickets where source = %s", source)
    return {int(row["ticket_key"].rpartition(":")[2]): row for row in rows}


def _at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _minutes(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds() / 60


def test_all_three_are_in_every_mart(world: tuple[Built, Records]) -> None:
    built, _ = world
    for mart in ("fct_tickets", "response_time_daily", "dim_agents", "agent_scorecards"):
        found = {
            row["source"]: row["n"] for row in built.rows(f"select source, count(*) as n from audit.{mart} group by 1")
        }
        assert set(found) == set(SOURCES.split(",")), mart
        assert min(found.values()) > 5, mart
    values = built.rows(
        "select distinct segment_value from audit.metric_values where metric_variant = 'first_reply_minutes_mean'"
        " and segment_name = 'source'"
    )
    assert {row["segment_value"] for row in values} == set(SOURCES.split(","))


def test_freshdesk_tickets_are_what_their_conversations_tell(world: tuple[Built, Records]) -> None:
    built, records = world
    found, replies = _tickets(built, "freshdesk"), defaultdict(list)
    for said in records["freshdesk/conversations"].values():
        if not said["incoming"] and not said["private"]:
            replies[said["ticket_id"]].append(_at(said["created_at"]))
    assert set(found) == set(records["freshdesk/tickets"])
    for key, said in records["freshdesk/tickets"].items():
        row, stats, made = found[key], said["stats"], _at(said["created_at"])
        first = min(replies[key], default=None)
        assert row["first_reply_at"] == first
        assert row["public_agent_replies"] == len(replies[key])
        assert row["status"] == FRESHDESK_STATUS[said["status"]]
        excluded = "deleted" if said.get("deleted") else "spam" if said["spam"] else None
        assert row["exclusion_reason"] == excluded
        solved = _at(stats["resolved_at"]) if said["status"] in (4, 5) else None
        assert row["last_resolved_at"] == solved
        assert float(row["full_resolution_minutes"] or 0) == pytest.approx(_minutes(made, solved) or 0, abs=1e-5)
        assert row["reopens"] == int(stats["reopened_at"] is not None)
        if first is not None:
            spent = business_seconds_without_holidays(made, first)
            assert float(row["first_reply_business_minutes"]) == pytest.approx(spent / 60, abs=1e-5)
        assert row["sla_met"] == _service_level(said)


def business_seconds_without_holidays(start: datetime, end: datetime) -> int:
    """The hours in the settings, which are those of the generated helpdesk without its holidays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.generator.hours.HOLIDAYS", ())
        return business_seconds(start, end)


def _service_level(said: Record) -> bool | None:
    """By Freshdesk's own due times, as of the end of the night."""
    end, stats = datetime(2026, 11, 21, tzinfo=UTC), said["stats"]
    outcomes = []
    for due, done in (
        (_at(said["fr_due_by"]), stats["first_responded_at"]),
        (_at(said["due_by"]), stats["resolved_at"] if said["status"] in (4, 5) else None),
    ):
        if done is None and end <= due:
            outcomes.append(None)
        else:
            outcomes.append(done is not None and _at(done) <= due)
    return False if False in outcomes else None if None in outcomes else True


def test_gorgias_tickets_are_what_their_messages_tell(world: tuple[Built, Records]) -> None:
    built, records = world
    found, replies = _tickets(built, "gorgias"), defaultdict(list)
    for said in records["gorgias/messages"].values():
        if said["from_agent"] and said["public"] and not said["failed_datetime"]:
            replies[said["ticket_id"]].append(_at(said["created_datetime"]))
    assert set(found) == set(records["gorgias/tickets"])
    assert any(said["failed_datetime"] for said in records["gorgias/messages"].values())
    for key, said in records["gorgias/tickets"].items():
        row = found[key]
        assert row["first_reply_at"] == min(replies[key], default=None)
        assert row["public_agent_replies"] == len(replies[key])
        assert row["reopens"] is None
        assert row["status"] == ("solved" if said["status"] == "closed" else "open")
        closed = _at(said["closed_datetime"]) if said["status"] == "closed" else None
        assert row["last_resolved_at"] == closed
        excluded = "deleted" if said["trashed_datetime"] else "spam" if said["spam"] else None
        assert row["exclusion_reason"] == excluded


def test_no_difference_from_a_helpdesk_is_unexplained(world: tuple[Built, Records]) -> None:
    built, _ = world
    differing = built.rows("select * from audit.helpdesk_twins where reason in ('unexplained', 'schedule_missing')")
    assert not differing
    totals = built.row("select sum(compared) as compared, sum(agreeing) as agreeing from audit.helpdesk_twins_monthly")
    assert totals["agreeing"] > 0.9 * totals["compared"] > 900
    business = built.row(
        "select sum(compared) as compared, sum(agreeing) as agreeing from audit.helpdesk_twins_monthly"
        " where measure = 'first_reply_business_minutes'"
    )
    assert business["agreeing"] == business["compared"] > 50


def test_daily_sums_are_those_of_the_tickets(world: tuple[Built, Records]) -> None:
    """The slow way: one pass in Python over the fact."""
    built, _ = world
    tickets = [row for row in built.rows("select * from audit.fct_tickets") if not row["is_excluded"]]
    daily = built.rows("select * from audit.response_time_daily where tickets > 0")
    counts = Counter(
        (row["business_date"], row["source"], row["channel"]) for row in tickets if row["business_date"] <= NIGHT
    )
    assert {(row["business_date"], row["source"], row["channel"]): row["tickets"] for row in daily} == counts
    until = [row for row in tickets if row["business_date"] <= NIGHT]
    for measure in ("first_reply_minutes", "first_reply_business_minutes", "full_resolution_business_minutes"):
        assert sum(row[f"{measure}_sum"] for row in daily) == sum(row[measure] or 0 for row in until), measure
    assert sum(row["unanswered"] for row in daily) == sum(row["first_reply_at"] is None for row in until) > 0
    assert sum(row["public_agent_replies"] for row in daily) == sum(row["public_agent_replies"] for row in until)
    for touch, column in (("one_touch", "is_one_touch"), ("zero_touch", "is_zero_touch")):
        assert sum(row[touch] for row in daily) == sum(bool(row[column]) for row in until)


def test_metric_values_are_those_of_the_daily_mart(world: tuple[Built, Records]) -> None:
    built, _ = world
    sums = built.row(
        "select sum(tickets) as tickets, sum(answered) as answered, sum(first_reply_minutes_sum) as minutes,"
        " sum(resolved) as resolved, sum(one_touch) as one_touch, sum(sla_met) as met, sum(sla_missed) as missed,"
        " sum(solved) as solved, sum(solved_reopened) as reopened from audit.response_time_daily"
    )
    values = {
        row["metric_variant"]: row
        for row in built.rows("select * from audit.metric_values where grain = 'all_time' and segment_name = 'all'")
    }
    for variant, numerator, n in (
        ("tickets_created", sums["tickets"], sums["tickets"]),
        ("first_reply_minutes_mean", sums["minutes"], sums["answered"]),
        ("one_touch_rate", sums["one_touch"], sums["resolved"]),
        ("sla_attainment", sums["met"], sums["met"] + sums["missed"]),
        ("reopen_rate", sums["reopened"], sums["solved"]),
    ):
        assert (values[variant]["numerator"], values[variant]["n"]) == (numerator, n), variant
    backlog = built.row(
        "select sum(backlog_new + backlog_open + backlog_pending + backlog_hold) as n from audit.response_time_daily"
        " where business_date = %s",
        NIGHT,
    )
    assert values["backlog_unsolved"]["value"] == backlog["n"] > 0


def test_an_event_that_comes_late_changes_the_days_it_is_of(world: tuple[Built, Records]) -> None:
    """A reopening of weeks ago that is told only now: after one build the backlog of those days says so."""
    built, _ = world
    ticket = built.row(
        "select * from audit.fct_tickets where source = 'zendesk' and status = 'closed' and not is_excluded"
        " and reopens = 0 and closed_at - last_resolved_at > interval '3 days' order by created_at limit 1"
    )
    number, reopened = int(ticket["ticket_key"].rpartition(":")[2]), ticket["last_resolved_at"] + timedelta(days=1)
    day = reopened.date()
    before = _open_on(built, day, ticket["channel"])
    _tell_late(built.dsn, number, {reopened: "open", reopened + timedelta(days=1, hours=1): "solved"})
    transform.build(NIGHT)
    after = built.row("select * from audit.fct_tickets where ticket_key = %s", ticket["ticket_key"])
    assert (after["reopens"], after["first_resolved_at"]) == (1, ticket["first_resolved_at"])
    assert _open_on(built, day, ticket["channel"]) == before + 1
    twin = built.row(
        "select * from audit.helpdesk_twins where ticket_key = %s and measure = 'reopens'", ticket["ticket_key"]
    )
    assert (twin["our_value"], twin["vendor_value"]) == (1, 0)


def _open_on(built: Built, day: date, channel: str) -> int:
    return built.row(
        "select backlog_open from audit.response_time_daily where business_date = %s and source = 'zendesk'"
        " and channel = %s",
        day,
        channel,
    )["backlog_open"]


def _tell_late(dsn: str, ticket: int, statuses: dict[datetime, str]) -> None:
    meta = "'main', '2026-11-20', 'late', now()"
    with psycopg.connect(dsn) as connection:
        for number, (at, status) in enumerate(statuses.items()):
            event = 10**15 + number
            connection.execute(
                "insert into raw.zendesk__ticket_events (id, ticket_id, created_at, timestamp, _account, _night,"
                " _run_id, _loaded_at, _row_hash, _version_at, _observed_at)"
                f" values (%s, %s, %s, 0, {meta}, '', now(), now())",
                (event, ticket, at),
            )
            connection.execute(
                "insert into raw.zendesk__ticket_events__child_events (id, event_type, status, _parent_key, _position,"
                f" _account, _night, _run_id, _loaded_at) values (%s, 'Change', %s, %s, 0, {meta})",
                (event * 10, status, str(event)),
            )
