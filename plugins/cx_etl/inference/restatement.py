"""The restatement ledger: every figure that differs from what the newest publication says of the same period, and why.

The facts that a build changed are found first; a figure's reasons are those of the facts that it counts, by the dates
and segments that the seed ``metric_facts`` and the registry of facts name.
"""

import logging
from datetime import date
from typing import TYPE_CHECKING

from cx_etl.inference.restated_facts import FACTS, OPEN, changes_of
from cx_etl.settings import load_settings

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

NEEDS = ("metric_values", "metric_facts", *(fact.mart for fact in FACTS))
NEWEST = """
    select publication_id, as_of_date from ops.publications order by publication_id desc limit 1"""
# What builds after the same publication found before, and what nobody can compare any more.
OUTDATED = """
    delete from inference.{table}
    where since_publication_id = %(since)s
        or since_publication_id in (select publication_id from ops.publications where pruned_at is not null)"""

# Periods that were over when the publication was made, with the same end: a month that goes on is not restated.
_FIGURES = """
insert into inference.restatements (
    since_publication_id, metric_variant, grain, period_start, segment_name, segment_value, period_end,
    old_value, new_value, old_n, new_n, old_numerator, new_numerator, was_complete, made_otherwise, reason, reasons
)
with published as (
    select publications.as_of_date, publications.as_of_date + 1 as ended_by, builds.made_by
    from ops.publications
    left join ops.builds on publications.publication_id = builds.build_id
    where publications.publication_id = %(since)s
),

present as (
    select as_of_date, made_by from ops.builds order by build_id desc limit 1
),

gone as (
    select * from marts_versions.metric_values
    where _valid_from <= %(since)s and _valid_to > %(since)s and _valid_to < {open}
),

come as (
    select * from marts_versions.metric_values where _valid_from > %(since)s and _valid_to = {open}
),

changed as (
    select
        row_number() over () as figure,
        metric_variant, grain, period_start, segment_name, segment_value,
        coalesce(come.period_end, gone.period_end) as period_end,
        gone.value as old_value, come.value as new_value,
        coalesce(gone.n, 0) as old_n, coalesce(come.n, 0) as new_n,
        gone.numerator as old_numerator, come.numerator as new_numerator,
        coalesce(gone.is_complete, false) as was_complete,
        gone.definition_version <> come.definition_version as is_redefined
    from gone
    full join come using (metric_variant, grain, period_start, segment_name, segment_value)
    cross join published
    where coalesce(gone.period_end, come.period_end) = coalesce(come.period_end, gone.period_end)
        and coalesce(come.period_end, gone.period_end) <= published.ended_by
        and (
            gone.value is distinct from come.value
            or gone.n is distinct from come.n
            or gone.numerator is distinct from come.numerator
        )
),

-- A fact that has no such segment may be in any: all of its changes count.
asked as (
    select
        changed.figure, metric_facts.fact, metric_facts.dated_by, string_to_array(metric_facts.reads, ' ') as reads,
        changed.period_start - metric_facts.days_before as counts_from,
        changed.period_end + metric_facts.days_after as counts_to,
        case
            when known.segment_name is null then 'all=all'
            else changed.segment_name || '=' || changed.segment_value
        end as segment
    from changed
    inner join intermediate.metric_facts on changed.metric_variant = metric_facts.metric_variant
    left join (values {segments}) as known (fact, segment_name)
        on metric_facts.fact = known.fact and changed.segment_name = known.segment_name
),

-- A changed fact counts once per segment and pair of dates that it had and has.
facts as (
    select
        fact, dated_by, old_date, new_date, segment, reason, changed_columns,
        -- Then it came to the figure or left it, whatever the metric reads.
        change <> 'changed'
            or old_date is distinct from new_date
            or split_part(segment, '=', 1) = any(changed_columns) as is_moved,
        count(*) as facts
    from inference.restated_facts
    cross join unnest(segments) as segment
    where since_publication_id = %(since)s
    group by fact, dated_by, old_date, new_date, segment, reason, changed_columns, is_moved
),

causes as (
    select asked.figure, facts.reason, sum(facts.facts) as facts
    from asked
    inner join facts using (fact, dated_by, segment)
    where (facts.is_moved or facts.changed_columns && asked.reads)
        and (
            (asked.counts_from is null or facts.old_date >= asked.counts_from) and facts.old_date < asked.counts_to
            or (asked.counts_from is null or facts.new_date >= asked.counts_from) and facts.new_date < asked.counts_to
        )
    group by asked.figure, facts.reason
),

reasons as (
    select
        figure,
        (array_agg(reason order by facts desc, reason))[1] as reason,
        jsonb_object_agg(reason, facts) as reasons
    from causes
    group by figure
),

over_all as (
    select metric_variant, grain, period_start from changed where segment_name = 'all'
)

select
    %(since)s, changed.metric_variant, changed.grain, changed.period_start, segment_name, segment_value, period_end,
    old_value, new_value, old_n, new_n, old_numerator, new_numerator, was_complete,
    published.made_by is distinct from present.made_by,
    case
        when changed.is_redefined then 'definition_changed'
        when reasons.reason is not null then reasons.reason
        when published.made_by is distinct from present.made_by then 'models_changed'
        -- Without a changed row only the date can have moved it: a window of thirty days ended.
        when not changed.was_complete and published.as_of_date < present.as_of_date then 'time_passed'
        when over_all.metric_variant is null and segment_name <> 'all' then 'moved_between_segments'
        else 'unexplained'
    end,
    coalesce(reasons.reasons, '{{}}')
from changed
cross join published
cross join present
left join reasons using (figure)
left join over_all
    on changed.metric_variant = over_all.metric_variant
    and changed.grain = over_all.grain
    and changed.period_start = over_all.period_start
"""


def run(connection: "psycopg.Connection", as_of_date: date) -> None:
    """Leave the ledger complete for what the models hold against the newest publication; earlier entries stand."""
    row = connection.execute(NEWEST).fetchone()
    since = dict(zip(("since", "as_of_date"), row or (None, None), strict=True))
    for table in ("restated_facts", "restatements"):
        connection.execute(OUTDATED.format(table=table), since)
    if row is None:
        return
    connection.execute("set local enable_nestloop = off")
    time_zone = load_settings().time_zone
    changed = sum(connection.execute(changes_of(fact, time_zone), since).rowcount for fact in FACTS)
    connection.execute("analyze inference.restated_facts")
    restated = connection.execute(_FIGURES.format(open=OPEN, segments=_segments()), since).rowcount
    log.info("since publication %d: %d figures restated, by %d changes of facts", row[0], restated, changed)


def _segments() -> str:
    """The pairs of fact and segment that the facts' rows name, as SQL values; all are in the segment all."""
    pairs = [(fact.mart, name) for fact in FACTS for name in ("all", *fact.segments)]
    return ", ".join(f"('{fact}', '{name}')" for fact, name in pairs)
