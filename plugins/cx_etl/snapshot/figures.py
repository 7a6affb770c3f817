"""What the snapshot says, read from one publication's rows and from the records of the night that made it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cx_etl.snapshot.definitions import HEADLINES, Metric
from cx_etl.snapshot.diff import Restatement, require_publication, restatements

if TYPE_CHECKING:
    import psycopg

TREND_DAYS = 90
EVERYONE = ("all", "all")

_VALUES = """
select
    metric_variant,
    grain,
    period_start,
    period_end,
    n,
    value,
    ci_low,
    ci_high,
    previous_value,
    is_significant,
    is_complete
from marts_versions.metric_values
where
    _valid_from <= %(publication)s and _valid_to > %(publication)s
    and segment_name = %(segment_name)s and segment_value = %(segment_value)s
    and metric_variant = any(%(variants)s)
    and (grain = 'all_time' or grain = 'rolling_30d' and period_start > %(as_of)s::date - 30 - %(days)s)
order by metric_variant, grain, period_start
"""

# A stream's newest load up to the night: a source whose night failed shows how far it is complete.
_SOURCES = """
with newest as (
    select distinct on (source, account, stream) *
    from ops.loads
    where status = 'done' and night <= %(night)s and loaded_at <= %(published_at)s
    order by source, account, stream, night desc
)

select
    source,
    min(window_to),
    coalesce(sum(rows_read) filter (where night = %(night)s), 0)::bigint,
    coalesce(sum(rows_rejected) filter (where night = %(night)s), 0)::bigint,
    min(night)
from newest
group by source
order by source
"""

_QUARANTINE = """
select
    source,
    count(*)
from raw.quarantine
where replayed_at is null and quarantined_at <= %(published_at)s
group by source
order by source
"""

# The extremes over everyone, of the 30 days up to the as-of date.
_EFFECTS = """
select
    metric_variant,
    lowest_value,
    highest_value
from marts_versions.quarantine_effects
where
    _valid_from <= %(publication)s and _valid_to > %(publication)s
    and source = 'all' and grain = 'rolling_30d' and lowest_value is not null
order by metric_variant
"""

_WARNINGS = """
select
    mart || ': ' || expectation || '; observed ' || coalesce(observed, 'nothing')
from ops.gate_results
where build_id = %(publication)s and not success and severity = 'warning'
order by mart, expectation
"""


@dataclass(frozen=True)
class Publication:
    publication_id: int
    night: date
    as_of_date: date
    published_at: datetime
    previous_id: int | None
    previous_as_of: date | None


@dataclass(frozen=True)
class Value:
    """One row of metric_values."""

    variant: str
    grain: str
    period_start: date
    period_end: date
    n: int
    value: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    previous_value: Decimal | None
    is_significant: bool | None
    is_complete: bool | None

    @property
    def last_day(self) -> date:
        """The marts give the first day after the period."""
        return self.period_end - timedelta(days=1)


@dataclass(frozen=True)
class Headline:
    """A metric's 30 days up to the as-of date, what the last publication said, all time, and the way here."""

    metric: Metric
    now: Value | None
    last_published: Value | None
    all_time: Value | None
    trend: tuple[Value, ...]


@dataclass(frozen=True)
class SourceLine:
    source: str
    complete_until: datetime
    rows_read: int
    rows_rejected: int
    night: date


@dataclass(frozen=True)
class Figures:
    publication: Publication
    headlines: tuple[Headline, ...]
    restated: tuple[Restatement, ...]
    sources: tuple[SourceLine, ...]
    quarantined: tuple[tuple[str, int], ...]
    effects: dict[str, tuple[Decimal, Decimal]]
    checks: int
    checks_passed: int
    warnings: tuple[str, ...]


def read(connection: "psycopg.Connection", publication_id: int) -> Figures:
    """All that the page of a publication shows. Raises DataError when there is no such publication."""
    publication = _publication(connection, publication_id)
    keys = {
        "publication": publication_id,
        "night": publication.night,
        "published_at": publication.published_at,
    }
    counts = connection.execute(
        "select count(*), count(*) filter (where success) from ops.gate_results where build_id = %s",
        (publication_id,),
    ).fetchone()
    checks, passed = counts if counts else (0, 0)
    previous = publication.previous_id
    return Figures(
        publication=publication,
        headlines=headlines(connection, publication),
        restated=tuple(_restated(connection, previous, publication_id)),
        sources=tuple(SourceLine(*row) for row in connection.execute(_SOURCES, keys)),
        quarantined=tuple((row[0], row[1]) for row in connection.execute(_QUARANTINE, keys)),
        effects={row[0]: (row[1], row[2]) for row in connection.execute(_EFFECTS, keys)},
        checks=checks,
        checks_passed=passed,
        warnings=tuple(row[0] for row in connection.execute(_WARNINGS, keys)),
    )


def _publication(connection: "psycopg.Connection", publication_id: int) -> Publication:
    """The publication and the one that its readers saw before it, if that has its rows."""
    require_publication(connection, publication_id)
    row = connection.execute(
        "select publications.publication_id, publications.night, publications.as_of_date,"
        " publications.published_at, previous.publication_id, previous.as_of_date"
        " from ops.publications"
        " left join ops.publication_events on event = 'publish'"
        " and publication_events.publication_id = publications.publication_id"
        " left join ops.publications as previous"
        " on previous.publication_id = previous_publication_id and previous.pruned_at is null"
        " where publications.publication_id = %s",
        (publication_id,),
    ).fetchone()
    assert row is not None
    return Publication(*row)


def _restated(connection: "psycopg.Connection", previous: int | None, publication_id: int) -> list[Restatement]:
    return restatements(connection, previous, publication_id) if previous else []


def headlines(
    connection: "psycopg.Connection", publication: Publication, segment: tuple[str, str] = EVERYONE
) -> tuple[Headline, ...]:
    """The metrics that have a figure at all for the segment (its name and value), in their order."""
    values = _values(connection, publication.publication_id, publication.as_of_date, segment)
    earlier = (
        _values(connection, publication.previous_id, publication.previous_as_of, segment)
        if publication.previous_id
        else []
    )
    found = [_headline(metric, values, earlier, publication) for metric in HEADLINES]
    return tuple(each for each in found if each.now or each.all_time)


def _values(connection: "psycopg.Connection", publication_id: int, as_of: Any, segment: tuple[str, str]) -> list[Value]:
    keys = {
        "segment_name": segment[0],
        "segment_value": segment[1],
        "publication": publication_id,
        "as_of": as_of,
        "days": TREND_DAYS,
        "variants": [metric.variant for metric in HEADLINES],
    }
    return [Value(*row) for row in connection.execute(_VALUES, keys)]


def _headline(metric: Metric, values: list[Value], earlier: list[Value], publication: Publication) -> Headline:
    trend = [each for each in values if each.variant == metric.variant and each.grain == "rolling_30d"]
    all_time = [each for each in values if each.variant == metric.variant and each.grain == "all_time"]
    before = [each for each in earlier if each.variant == metric.variant and each.grain == "rolling_30d"]
    return Headline(
        metric=metric,
        now=_ending(trend, publication.as_of_date),
        last_published=_ending(before, publication.previous_as_of),
        all_time=next((each for each in reversed(all_time) if each.value is not None), None),
        trend=tuple(each for each in trend if (publication.as_of_date - each.last_day).days < TREND_DAYS),
    )


def _ending(values: list[Value], as_of: date | None) -> Value | None:
    """The period up to the as-of date, if it has a value; an older period is no figure of today."""
    last = values[-1] if values else None
    if last is None or as_of is None or last.value is None or last.last_day != as_of:
        return None
    return last
