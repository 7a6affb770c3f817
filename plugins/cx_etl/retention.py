"""Retention: publications older than the settings keep lose their rows; what the others show stays as it is."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cx_etl.settings import load_settings
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg

# Kept are the newest so many, those younger than so long, the current one, and all that came after any of these: rows
# are versions, and a version goes only when no kept publication shows it.
OLDEST_KEPT = """
    select min(publication_id) from (
        select
            publication_id,
            row_number() over (order by publication_id desc) <= %(at_least)s
            or published_at >= now() - %(age)s
            or publication_id in (select publication_id from ops.current_publication) as is_kept
        from ops.publications
        where pruned_at is null
    ) as standing
    where is_kept"""


@dataclass(frozen=True)
class PruneReport:
    publications: int
    versions: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def prune() -> PruneReport:
    """Remove the row versions that only publications beyond the retention show, and mark these as pruned.

    In one transaction that no reader waits for. A pruned publication cannot be rolled back to, and stays in the list.
    """
    settings = load_settings()
    with connect() as connection:
        # As publish and rollback do: the oldest to be kept must not change meanwhile.
        connection.execute("select pg_advisory_xact_lock(hashtext('cx_etl.publish'))")
        kept = {"at_least": settings.keep_publications, "age": timedelta(days=settings.keep_days)}
        row = connection.execute(OLDEST_KEPT, kept).fetchone()
        if row is None or row[0] is None:
            return PruneReport(0, 0)
        pruned = connection.execute(
            "update ops.publications set pruned_at = now() where publication_id < %s and pruned_at is null", row
        ).rowcount
        versions = _remove_versions(connection, row[0]) if pruned else 0
    return PruneReport(pruned, versions)


def _remove_versions(connection: "psycopg.Connection", oldest_kept: int) -> int:
    """Remove the versions that had ended by the oldest kept publication; how many."""
    from psycopg import sql

    marts = connection.execute(
        "select tablename from pg_catalog.pg_tables where schemaname = 'marts_versions' order by 1"
    ).fetchall()
    statement = sql.SQL("delete from {} where _valid_to <= %s")
    return sum(
        connection.execute(statement.format(sql.Identifier("marts_versions", mart)), (oldest_kept,)).rowcount
        for (mart,) in marts
    )
