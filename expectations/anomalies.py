"""What is watched day by day, and what is said of a day unlike its history. The statistics: cx_etl/anomalies.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from cx_etl import anomalies
from expectations.validation import Finding

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Watched:
    """A figure of metric_values: ``of`` its records (n) or its value, told when it is ``worse`` (either: both ways)."""

    metric_variant: str
    of: str
    noun: str
    worse: str = "either"
    owner: str = "insights"


# Of figures whose day is settled when it ends: one that waits for what comes later cannot be judged on its first day.
WATCHED = (
    Watched("nps", "n", "answers to the NPS question"),
    Watched("csat_top2", "n", "answers to the CSAT question"),
    Watched("tickets_created", "n", "tickets", owner="support"),
    Watched("gross_sales", "n", "orders", owner="store"),
    Watched("delivery_days_mean", "n", "deliveries", owner="store"),
    Watched("nps", "value", "points NPS", "lower"),
    Watched("csat_top2", "value", "% satisfied", "lower"),
    Watched("ces_agree", "value", "% who found it easy", "lower"),
    Watched("late_delivery_rate_by_date", "value", "% delivered late", "higher", "store"),
)
SEGMENTS = ("all", "source", "channel", "country")

_DAYS = """
select metric_variant, segment_name, segment_value, period_start, is_complete, n, value
from audit.metric_values
where grain = 'day' and metric_variant = any(%s) and segment_name = any(%s) and period_start between %s and %s
"""
_REASON = "a day unlike its history is an event that readers must be told of, or records that are missing or doubled"


@dataclass(frozen=True)
class Strange:
    """A series whose newest day or week is unlike its history; ``off`` is how far, in half widths of the range."""

    segment: str
    span: int
    seen: float
    low: float
    high: float
    off: float


def findings(connection: "psycopg.Connection", as_of_date: date) -> list[Finding]:
    """A finding per watched figure, grouped over its segments. Reads the candidate's metric_values, writes nothing."""
    first = as_of_date - timedelta(days=7 * anomalies.WEEKS + max(anomalies.SPANS) - 1)
    names = sorted({each.metric_variant for each in WATCHED})
    rows = connection.execute(_DAYS, (names, list(SEGMENTS), first, as_of_date)).fetchall()
    tables = [_table(each, rows, first, as_of_date) for each in WATCHED]
    series = sum(counts.shape[1] for _, counts, _ in tables)
    days = np.array([(first + timedelta(days=place)).day for place in range((as_of_date - first).days + 1)])
    return [_finding(each, *table, days, series, as_of_date) for each, table in zip(WATCHED, tables, strict=True)]


def _table(
    watched: Watched, rows: list[tuple[str, str, str, date, bool, int, float]], first: date, last: date
) -> tuple[list[str], anomalies.Matrix, anomalies.Matrix]:
    """The segments, and their records and values [day, segment]; only segments with enough records on some days."""
    mine = [row for row in rows if row[0] == watched.metric_variant]
    segments = sorted({(row[1], row[2]) for row in mine if row[5] >= anomalies.LEAST})
    counts = np.zeros(((last - first).days + 1, len(segments)))
    values = np.full_like(counts, np.nan)
    place = {segment: index for index, segment in enumerate(segments)}
    for _, name, value, day, is_complete, n, figure in mine:
        if (name, value) in place:
            at = (day - first).days, place[name, value]
            counts[at] = n if is_complete else np.nan
            values[at] = float(figure) if is_complete and figure is not None else np.nan
    # Before the first record of a segment there was nothing to count.
    counts[np.cumsum(np.nan_to_num(counts), axis=0) == 0] = np.nan
    return ["" if name == "all" else f"{name} {value}" for name, value in segments], counts, values


def _finding(
    watched: Watched,
    segments: list[str],
    counts: anomalies.Matrix,
    values: anomalies.Matrix,
    days: np.ndarray,
    series: int,
    as_of_date: date,
) -> Finding:
    judged = 0
    strange: list[Strange] = []
    for span in anomalies.SPANS if segments else ():
        judgement = _judgement(watched, counts, values, days, span, series)
        judged = max(judged, int(np.sum(~np.isnan(judgement.low))))
        strange += _worse(watched, segments, judgement, span)
    strange.sort(key=lambda each: -each.off)
    return Finding(
        mart="metric_values",
        expectation=f"{watched.noun} a day are like those of earlier weeks",
        kind="anomaly",
        severity="warning",
        success=not strange,
        expected="what the same weekdays and days of the month were, and how far they strayed",
        observed=_sentence(watched, strange, as_of_date) if strange else _quiet(judged),
        reason=_REASON,
        owner=watched.owner,
    )


def _judgement(
    watched: Watched, counts: anomalies.Matrix, values: anomalies.Matrix, days: np.ndarray, span: int, series: int
) -> anomalies.Judgement:
    rows = slice(-(7 * anomalies.WEEKS + span), None)
    month = np.broadcast_to(days[:, None], counts.shape)[rows]
    if watched.of == "n":
        return anomalies.judge_counts(counts[rows], month, span, series)
    return anomalies.judge_scores(values[rows], counts[rows], month, span, series)


def _worse(watched: Watched, segments: list[str], judgement: anomalies.Judgement, span: int) -> Iterator[Strange]:
    for place in np.flatnonzero(judgement.is_anomaly):
        seen, middle, low, high = (
            float(each[place]) for each in (judgement.seen, judgement.expected, judgement.low, judgement.high)
        )
        side = "lower" if seen < low else "higher"
        if watched.worse in ("either", side):
            yield Strange(segments[place], span, seen, low, high, abs(seen - middle) / max((high - low) / 2, 1e-9))


def _sentence(watched: Watched, strange: list[Strange], as_of_date: date) -> str:
    """The strangest series in words, and the names of the others."""
    most = strange[0]
    form = "{:,.0f}" if watched.of == "n" and most.span == 1 else "{:,.1f}"
    seen, low, high = (form.format(each) for each in (most.seen, most.low, most.high))
    where = f" for {most.segment}" if most.segment else ""
    if most.span == 1:
        when, which = f"on {as_of_date}", f"for a {as_of_date:%A}"
    else:
        when, which = f"a day in the {most.span} days to {as_of_date}", "a day"
    others = sorted({each.segment or "all" for each in strange} - {most.segment or "all"})
    also = f"; also {', '.join(others[:5])}" if others else ""
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return f"{seen} {watched.noun}{where} {when}, expected {low} to {high} {which}{also}{more}"


def _quiet(judged: int) -> str:
    if judged:
        return f"{judged} series as expected"
    return f"no series with {anomalies.LEAST} a day for {anomalies.WARM_UP_WEEKS} weeks: nothing can be said yet"
