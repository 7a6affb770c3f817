"""What changed between two publications: rows per mart, and figures that were restated."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cx_etl.errors import DataError
from cx_etl.snapshot.reasons import because
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg

# Over several publications the facts behind a figure add up; a reason without facts counts none.
_RESTATED = """
with told as (
    select
        metric_variant, grain, period_start, segment_name, segment_value, each.reason,
        sum(each.facts::integer) as facts
    from marts_versions.restatements as ledger
    cross join lateral jsonb_each_text(
        case when reasons = '{}' then jsonb_build_object(reason, 0) else reasons end
    ) as each (reason, facts)
    where
        _valid_from <= %(later)s and _valid_to > %(later)s
        and since_publication_id >= %(earlier)s and since_publication_id < %(later)s
    group by metric_variant, grain, period_start, segment_name, segment_value, each.reason
),

why as (
    select
        metric_variant, grain, period_start, segment_name, segment_value,
        jsonb_object_agg(reason, facts) as reasons
    from told
    group by metric_variant, grain, period_start, segment_name, segment_value
)

select
    metric_variant,
    grain,
    period_start,
    earlier.period_end,
    segment_name,
    segment_value,
    earlier.value as old_value,
    later.value as new_value,
    earlier.n as old_n,
    later.n as new_n,
    coalesce(why.reasons, '{}') as reasons
from marts_versions.metric_values as earlier
inner join marts_versions.metric_values as later
    using (metric_variant, grain, period_start, segment_name, segment_value)
left join why using (metric_variant, grain, period_start, segment_name, segment_value)
where
    earlier._valid_from <= %(earlier)s and earlier._valid_to > %(earlier)s and earlier._valid_to <= %(later)s
    and later._valid_from > %(earlier)s and later._valid_from <= %(later)s and later._valid_to > %(later)s
    and earlier.value is distinct from later.value
    and earlier.period_end is not distinct from later.period_end
    and earlier.is_complete
order by segment_name <> 'all', period_start desc, metric_variant, grain, segment_name, segment_value
"""

_KEYS = """
select array_agg(attname::text order by array_position(indkey::smallint[], attnum))
from pg_catalog.pg_index
inner join pg_catalog.pg_attribute on attrelid = indrelid and attnum = any (indkey::smallint[])
where indrelid = %s::regclass and indisunique
group by indexrelid
"""


@dataclass(frozen=True)
class MartChange:
    mart: str
    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class Restatement:
    """A figure of a complete period that both publications have, with different values.

    ``reasons``: why, with the number of changed facts behind each; none of a reason that needs no fact.
    """

    metric_variant: str
    grain: str
    period_start: date
    period_end: date
    segment_name: str
    segment_value: str
    old_value: Decimal | None
    new_value: Decimal | None
    old_n: int
    new_n: int
    reasons: dict[str, int]


@dataclass(frozen=True)
class Diff:
    earlier: int
    later: int
    marts: tuple[MartChange, ...]
    restatements: tuple[Restatement, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def diff(earlier: int, later: int) -> Diff:
    """What readers of ``later`` see differently. Raises DataError when either is no publication."""
    with connect() as connection:
        for publication_id in (earlier, later):
            require_publication(connection, publication_id)
        if earlier > later:
            raise DataError(f"publication {earlier} is later than {later}", f"`cx diff {later} {earlier}`")
        marts = tuple(_mart_change(connection, mart, earlier, later) for mart in _marts(connection))
        return Diff(earlier, later, marts, tuple(restatements(connection, earlier, later)))


def restatements(connection: "psycopg.Connection", earlier: int, later: int) -> list[Restatement]:
    """Restated figures, those over everyone and the most recent first."""
    rows = connection.execute(_RESTATED, {"earlier": earlier, "later": later}).fetchall()
    return [Restatement(*row) for row in rows]


def require_publication(connection: "psycopg.Connection", publication_id: int) -> None:
    """Raises DataError unless the publication is there with its rows."""
    row = connection.execute(
        "select pruned_at from ops.publications where publication_id = %s", (publication_id,)
    ).fetchone()
    if row is None:
        raise DataError(f"there is no publication {publication_id}", "`cx publications` lists them")
    if row[0]:
        raise DataError(
            f"publication {publication_id} lost its rows on {row[0]:%Y-%m-%d}, by [retention] of cx.toml",
            "its snapshot still stands; `cx publications` lists those with rows",
        )


def _marts(connection: "psycopg.Connection") -> list[str]:
    rows = connection.execute(
        "select tablename from pg_catalog.pg_tables where schemaname = 'marts_versions' order by 1"
    ).fetchall()
    return [row[0] for row in rows]


def _mart_change(connection: "psycopg.Connection", mart: str, earlier: int, later: int) -> MartChange:
    """Counts over the versions that only one of the two publications shows."""
    from psycopg import sql

    key = sql.SQL(", ").join(map(sql.Identifier, _keys(connection, mart)))
    statement = sql.SQL(
        """
        with gone as (
            select * from {table}
            where _valid_from <= %(earlier)s and _valid_to > %(earlier)s and _valid_to <= %(later)s
        ),

        come as (
            select * from {table}
            where _valid_from > %(earlier)s and _valid_from <= %(later)s and _valid_to > %(later)s
        )

        select
            count(*) filter (where gone._valid_from is null),
            count(*) filter (
                where
                gone._valid_from is not null and come._valid_from is not null
                and to_jsonb(gone) - '{{_valid_from,_valid_to}}'::text[]
                is distinct from to_jsonb(come) - '{{_valid_from,_valid_to}}'::text[]
            ),
            count(*) filter (where come._valid_from is null)
        from gone
        full join come using ({key})
        """
    ).format(table=sql.Identifier("marts_versions", mart), key=key)
    row = connection.execute(statement, {"earlier": earlier, "later": later}).fetchone()
    added, changed, removed = row if row else (0, 0, 0)
    return MartChange(mart, added, changed, removed)


def _keys(connection: "psycopg.Connection", mart: str) -> list[str]:
    """The columns that name one row, from the unique index of its open versions."""
    row = connection.execute(_KEYS, (f"marts_versions.{mart}",)).fetchone()
    if row is None:
        raise DataError(f"marts_versions.{mart} has no unique index to tell rows by", "`cx build` makes it")
    return row[0]


def as_text(found: Diff) -> str:
    """The diff at a terminal: a line per mart that changed, then a line per restated figure."""
    lines = [f"publication {found.earlier} to {found.later}"]
    for mart in found.marts:
        if mart.added or mart.changed or mart.removed:
            lines.append(f"{mart.mart:<22}{mart.added:>9,} added{mart.changed:>9,} changed{mart.removed:>9,} removed")
    lines.append(f"{len(found.restatements)} restated figures of complete periods")
    for figure in found.restatements:
        lines.append(
            f"  {figure.metric_variant} {figure.grain} {figure.period_start} {figure.segment_value}: "
            f"{figure.old_value} (n {figure.old_n:,}) -> {figure.new_value} (n {figure.new_n:,})"
            f"; {because(figure.reasons)}"
        )
    return "\n".join(lines)
