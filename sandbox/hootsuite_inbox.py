"""Hootsuite's Inbox 2.0: aggregates of the last 14 days, by interval and team where the vendor divides them.

The dataset holds each aggregate by day and team. An interval's value is that of the days that begin in it: counts are
added up, times averaged; where none begins it is null.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from sandbox.dataset import Record, StreamSpec, Version, World, iso_of
from sandbox.hootsuite_lists import Refused

REACH = timedelta(days=14)
MOST_INTERVALS = 60
COUNTS = ("inbound-message-volume", "outbound-message-volume", "resolved-with-one-reply")
# Which metrics may be divided by interval, and which by team.
BY_INTERVAL = (*COUNTS[:2], "first-response-time", "conversation-response-time")
BY_TEAM = ("first-response-time", "conversation-response-time", "resolved-with-one-reply")
METRICS = (*BY_INTERVAL, "resolved-with-one-reply", "handle-time")
STEPS = {"MINUTE": timedelta(minutes=1), "HOUR": timedelta(hours=1), "DAY": timedelta(days=1)}


class Keys(msgspec.Struct, gc=False):
    id: str
    metric: str
    team: str
    timestamp: datetime


STREAMS = (StreamSpec("hootsuite/inbox_metrics", Keys),)


class Asked(msgspec.Struct, rename="camel"):
    since: datetime = msgspec.field(name="from")
    until: datetime | None = msgspec.field(name="to", default=None)
    timezone: str = "UTC"
    group_by_interval: str = ""
    group_by: str = ""
    team_ids: list[str] = []


def aggregate(metric: str, body: bytes, world: World) -> Record:
    """The metric as asked. Raises Refused for what the vendor does not give."""
    asked = _decoded(body)
    until = asked.until or world.clock.now
    if asked.since < world.clock.now - REACH:
        raise Refused("The from filter can be a maximum of 14 days in the past.", 4000)
    if asked.group_by and (asked.group_by != "TEAM" or metric not in BY_TEAM):
        raise Refused(f"groupBy {asked.group_by} is not supported for {metric}", 4000)
    cells = [cell for cell in _cells(metric, world) if not asked.team_ids or cell.keys.team in asked.team_ids]
    if not asked.group_by_interval:
        return {"value": _value(metric, cells, asked.since, until, asked.group_by)}
    if metric not in BY_INTERVAL:
        raise Refused(f"groupByInterval is not supported for {metric}", 4000)
    return {
        "value": [
            {"timestamp": f"{iso_of(begin)[:-1]}.000Z", "value": _value(metric, cells, begin, end, asked.group_by)}
            for begin, end in _intervals(asked, until)
        ]
    }


def _decoded(body: bytes) -> Asked:
    try:
        asked = msgspec.json.decode(body, type=Asked)
        ZoneInfo(asked.timezone)
    except (msgspec.DecodeError, ZoneInfoNotFoundError, ValueError) as error:
        raise Refused(str(error), 4000) from None
    return asked


def _cells(metric: str, world: World) -> list[Version]:
    stream = world.stream("hootsuite/inbox_metrics")

    def make(at: float) -> dict[str, list[Version]]:
        found: dict[str, list[Version]] = defaultdict(list)
        for row in stream.live(at).values():
            found[row.keys.metric].append(row)
        return found

    return stream.cached(world.clock.unix, "by metric", make)[metric]


def _intervals(asked: Asked, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From the start on; days end at midnights of the asked zone, which lie 23 to 25 hours apart."""
    step, zone = STEPS.get(asked.group_by_interval), ZoneInfo(asked.timezone)
    if step is None:
        raise Refused(f"the sandbox knows no groupByInterval {asked.group_by_interval}", 4000)
    begin, number = asked.since, 0
    while begin < until:
        number += 1
        if number > MOST_INTERVALS:
            raise Refused(f"No more than {MOST_INTERVALS} intervals can be requested", 4000)
        end = _next(begin, step, zone)
        yield begin.astimezone(UTC), min(end, until).astimezone(UTC)
        begin = end


def _next(begin: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    if step < STEPS["DAY"]:
        return begin + step
    day = begin.astimezone(zone).date() + step
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _value(metric: str, cells: list[Version], begin: datetime, end: datetime, group_by: str) -> Any:
    """A number, or numbers by team, or null."""
    teams: dict[str, list[float]] = defaultdict(list)
    for cell in cells:
        if begin <= cell.keys.timestamp < end:
            teams[cell.keys.team].append(cell.decode()["value"])
    if not teams:
        return None
    if group_by:
        return {team: {"value": _combined(metric, values)} for team, values in sorted(teams.items())}
    return _combined(metric, [value for values in teams.values() for value in values])


def _combined(metric: str, values: list[float]) -> int:
    return round(sum(values) if metric in COUNTS else statistics.fmean(values))
