"""Google Analytics 4 reports: cells of the dataset summed by what a request asks for, as rows of text.

The vendor computes reports from events; the dataset holds them computed, by date and channel or device: for each cell
the sums that the vendor would show at the clock's time. A date's cells change while it settles.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sandbox.dataset import Record, StreamSpec, World
from sandbox.ga4_requests import Asked, DateRange, Invalid, OrderBy, date_of, filtered, matches

DATE_RANGES = 4
EARLIEST = date(2015, 8, 14)
ZONE = "America/New_York"
TYPES = {"TYPE_INTEGER": 1, "TYPE_FLOAT": 2}
METRICS = {"sessions": "TYPE_INTEGER", "engagedSessions": "TYPE_INTEGER", "keyEvents": "TYPE_FLOAT"} | dict.fromkeys(
    ("activeUsers", "totalUsers", "newUsers", "screenPageViews"), "TYPE_INTEGER"
)
CHANNEL, DEVICE = "sessionDefaultChannelGroup", "deviceCategory"
DIMENSIONS = ("date", CHANNEL, DEVICE, "isKeyEvent")


# The values of a row's dimensions, and of its metrics.
Rows = list[tuple[tuple[str, ...], tuple[float, ...]]]


class Keys(msgspec.Struct, gc=False):
    id: str


STREAMS = tuple(StreamSpec(f"ga4/{name}", Keys) for name in ("channel_days", "channel_conversions", "device_days"))


@dataclass(frozen=True)
class Table:
    """The cells of one dataset stream, and what they can be asked for; ``fixed`` holds for all of them."""

    stream: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    fixed: dict[str, str]

    def holds(self, dimensions: set[str], metrics: set[str]) -> bool:
        return dimensions <= {*self.dimensions, *self.fixed} and metrics <= set(self.metrics)


TABLES = (
    Table("ga4/channel_days", ("date", CHANNEL), tuple(METRICS), {}),
    Table("ga4/device_days", ("date", DEVICE), tuple(METRICS), {}),
    Table("ga4/channel_conversions", ("date", CHANNEL), ("sessions",), {"isKeyEvent": "true"}),
)


@dataclass(frozen=True)
class Report:
    """All rows of a report in the asked order, and whether "(other)" took some in."""

    dimensions: list[str]
    metrics: list[str]
    rows: Rows
    has_other: bool


def settings_of(world: World) -> dict[str, Any]:
    """What dataset.toml says of the property, under [ga4]."""
    return world.dataset.settings.get("ga4", {})


def zone_of(world: World) -> ZoneInfo:
    return ZoneInfo(settings_of(world).get("time_zone", ZONE))


def compute(asked: Asked, world: World) -> Report:
    """The whole report. Raises Invalid for what the vendor refuses."""
    dimensions, metrics = [each.name for each in asked.dimensions], [each.name for each in asked.metrics]
    table = table_for(asked)
    if not 1 <= len(asked.date_ranges) <= DATE_RANGES:
        raise Invalid(f"Requests are allowed 1 to {DATE_RANGES} date ranges")
    today = datetime.fromtimestamp(world.clock.unix, zone_of(world)).date()
    sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0] * len(metrics))
    for number, chosen in enumerate(asked.date_ranges):
        first, last = dates_of(chosen, today)
        name = (chosen.name or f"date_range_{number}",) if len(asked.date_ranges) > 1 else ()
        for cell in cells(table, world):
            if first <= cell["date"] <= last and matches(asked.dimension_filter, cell):
                add(sums[tuple(cell[each] for each in dimensions) + name], [cell[each] for each in metrics])
    names = [*dimensions, *(["dateRange"] if len(asked.date_ranges) > 1 else [])]
    rows, has_other = rolled_up(names, sums, settings_of(world).get("rows_kept"))
    kept = [row for row in rows if asked.keep_empty_rows or any(row[1])]
    least = settings_of(world).get("thresholding", 0)
    shown = [row for row in kept if "sessions" not in metrics or row[1][metrics.index("sessions")] >= least]
    return Report(names, metrics, in_order(shown, names, metrics, asked.order_bys), has_other)


def table_for(asked: Asked) -> Table:
    """The first table with everything asked for. Raises Invalid for unknown fields, and for ones never together."""
    fields = [each.name for each in asked.dimensions] + list(filtered(asked.dimension_filter))
    for name in fields:
        if name not in DIMENSIONS:
            raise Invalid(f"Field {name} is not a valid dimension. For a list of valid dimensions, ask getMetadata.")
    metrics = {each.name for each in asked.metrics}
    for name in sorted(metrics - set(METRICS)):
        raise Invalid(f"Field {name} is not a valid metric. For a list of valid metrics, ask getMetadata.")
    for table in TABLES:
        if table.holds(set(fields), metrics):
            return table
    raise Invalid("Please remove fields to make the request compatible: these dimensions and metrics are incompatible.")


def dates_of(asked: DateRange, today: date) -> tuple[str, str]:
    """Both ends as the cells write dates. Raises Invalid for a range that is none."""
    first, last = date_of(asked.start_date, today), date_of(asked.end_date, today)
    if first > last:
        raise Invalid(f"startDate {asked.start_date} cannot be after endDate {asked.end_date}")
    if first < EARLIEST:
        raise Invalid(f"startDate {asked.start_date} is before {EARLIEST}")
    return f"{first:%Y%m%d}", f"{last:%Y%m%d}"


def cells(table: Table, world: World) -> Iterator[Record]:
    """The table's cells as they are now, dates as eight digits."""
    for version in world.stream(table.stream).live(world.clock.unix).values():
        cell = version.decode()
        yield {**cell, **table.fixed, "date": cell["date"].replace("-", "")}


def add(sums: list[float], values: list[float]) -> None:
    for number, value in enumerate(values):
        sums[number] += value


def rolled_up(names: list[str], sums: dict[tuple[str, ...], list[float]], kept: int | None) -> tuple[Rows, bool]:
    """The rows; of each date only the largest are kept, if the property says how many, the others become "(other)"."""
    rows = [(key, tuple(values)) for key, values in sums.items()]
    if kept is None or "date" not in names:
        return rows, False
    found: dict[tuple[str, ...], list[float]] = {}
    seen: dict[str, int] = defaultdict(int)
    for key, values in sorted(rows, key=lambda row: (-row[1][0], row[0])):
        day = key[names.index("date")]
        seen[day] += 1
        is_other = seen[day] > kept
        place = tuple(
            text if name in ("date", "dateRange") else "(other)" for name, text in zip(names, key, strict=True)
        )
        add(found.setdefault(place if is_other else key, [0] * len(values)), list(values))
    return [(key, tuple(values)) for key, values in found.items()], max(seen.values(), default=0) > kept


def in_order(rows: Rows, names: list[str], metrics: list[str], order_bys: list[OrderBy]) -> Rows:
    """As asked, the last criterion first; without any, the largest first, so that nobody relies on dates in order."""
    rows = sorted(rows, key=lambda row: (-row[1][0] if row[1] else 0, row[0]))
    for order in reversed(order_bys):
        place = position(order, names, metrics)
        rows = sorted(rows, key=place, reverse=order.desc)
    return rows


def position(order: OrderBy, names: list[str], metrics: list[str]) -> Callable[[Any], Any]:
    if order.dimension and order.dimension.dimension_name in names:
        number = names.index(order.dimension.dimension_name)
        return lambda row: row[0][number]
    if order.metric and order.metric.metric_name in metrics:
        number = metrics.index(order.metric.metric_name)
        return lambda row: row[1][number]
    raise Invalid("orderBys must name dimensions and metrics of the request")
