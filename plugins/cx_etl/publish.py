"""Publication: which build readers see is one row. Publishing and rolling back change that row, and are recorded."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cx_etl.errors import DataError, GateError
from cx_etl.snapshot.diff import diff, require_publication
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg

__all__ = ["Publication", "PublishReport", "diff", "publications", "publish", "rollback"]


@dataclass(frozen=True)
class PublishReport:
    """``publication_id`` is what readers see afterwards."""

    publication_id: int
    published: bool
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Publication:
    publication_id: int
    night: date
    as_of_date: date
    published_at: datetime
    warnings: int
    rows_changed: int
    is_current: bool
    is_pruned: bool = False


@dataclass(frozen=True)
class _Build:
    build_id: int
    night: date
    as_of_date: date
    status: str
    rows_changed: int


def publish(build_id: int) -> PublishReport:
    """Make a checked build current, all marts at once. Readers are not blocked and never see a mixture.

    Does nothing when the build is current already, or brings nothing new. Raises GateError when its gate has not
    passed, DataError when it is not the newest built one.
    """
    with connect("publish") as connection:
        _lock(connection)
        current = _current(connection)
        if current and current.publication_id == build_id:
            return PublishReport(build_id, False, "it is the current publication already")
        build = _publishable(connection, build_id)
        warnings = _passed_gate(connection, build_id)
        if current and _brings_nothing(connection, build, current):
            return PublishReport(current.publication_id, False, "nothing changed")
        connection.execute(
            "insert into ops.publications (publication_id, night, as_of_date, warnings, rows_changed)"
            " values (%s, %s, %s, %s, %s)",
            (build_id, build.night, build.as_of_date, warnings, build.rows_changed),
        )
        _switch(connection, "publish", build_id, current)
    return PublishReport(build_id, True, f"{build.rows_changed:,} rows changed, {warnings} warnings")


def rollback(publication_id: int) -> PublishReport:
    """Make an earlier publication current again; readers see it at once. Raises DataError when there is none."""
    with connect("publish") as connection:
        _lock(connection)
        current = _current(connection)
        if current and current.publication_id == publication_id:
            return PublishReport(publication_id, False, "it is the current publication already")
        require_publication(connection, publication_id)
        _switch(connection, "rollback", publication_id, current)
    return PublishReport(publication_id, True, f"readers see publication {publication_id} again")


def publications() -> list[Publication]:
    """Every publication, newest first."""
    with connect() as connection:
        rows = connection.execute(
            "select publications.publication_id, night, as_of_date, published_at, warnings, rows_changed,"
            " current_publication.publication_id is not null, pruned_at is not null"
            " from ops.publications left join ops.current_publication using (publication_id)"
            " order by publication_id desc"
        ).fetchall()
    return [Publication(*row) for row in rows]


def _lock(connection: "psycopg.Connection") -> None:
    """One publisher at a time, until the transaction ends. Readers take no such lock."""
    connection.execute("select pg_advisory_xact_lock(hashtext('cx_etl.publish'))")


def _current(connection: "psycopg.Connection") -> Publication | None:
    row = connection.execute(
        "select publication_id, night, as_of_date, published_at, warnings, rows_changed, true"
        " from ops.publications inner join ops.current_publication using (publication_id)"
    ).fetchone()
    return Publication(*row) if row else None


def _publishable(connection: "psycopg.Connection", build_id: int) -> _Build:
    """The build, if its rows are still what the marts' tables hold: a newer build undoes the unpublished ones."""
    row = connection.execute(
        "select build_id, night, as_of_date, status, coalesce(rows_changed, 0),"
        " (select max(build_id) from ops.builds), exists (select from ops.publications where publication_id = %s)"
        " from ops.builds where build_id = %s",
        (build_id, build_id),
    ).fetchone()
    if row is None:
        raise DataError(f"there is no build {build_id}", "`cx build NIGHT` makes one")
    build, newest, was_published = _Build(*row[:5]), row[5], row[6]
    if was_published:
        raise DataError(f"build {build_id} was published and is not current", f"`cx rollback {build_id}`")
    if build.status != "built":
        raise DataError(f"build {build_id} is {build.status}, not built", "`cx build` the night again")
    if newest != build_id:
        raise DataError(f"build {build_id} is older than build {newest}, which replaced it", f"publish {newest}")
    return build


def _passed_gate(connection: "psycopg.Connection", build_id: int) -> int:
    """The number of warnings. Raises GateError unless the gate has run and no critical expectation failed."""
    rows = connection.execute(
        "select mart, expectation, severity, success, observed, evidence from ops.gate_results"
        " where build_id = %s order by mart, expectation",
        (build_id,),
    ).fetchall()
    if not rows:
        raise GateError(f"build {build_id} has not been through the gate", "`cx gate` its night, then publish")
    failed = [row for row in rows if not row[3]]
    critical = [row for row in failed if row[2] == "critical"]
    if critical:
        mart, expectation, _, _, observed, evidence = critical[0]
        raise GateError(
            f"build {build_id} failed {len(critical)} critical checks, such as {mart}: expected {expectation};"
            f" observed {observed}",
            f"open {evidence}, then correct the data or the model and build again",
        )
    return sum(row[2] == "warning" for row in failed)


def _brings_nothing(connection: "psycopg.Connection", build: _Build, current: Publication) -> bool:
    """Nothing changed against what readers see.

    A build's changes are counted against the newest publication; after a rollback readers see an older one.
    """
    row = connection.execute("select max(publication_id) from ops.publications").fetchone()
    newest = row[0] if row else None
    return newest == current.publication_id and build.rows_changed == 0 and build.as_of_date == current.as_of_date


def _switch(connection: "psycopg.Connection", event: str, to: int, current: Publication | None) -> None:
    """The one change that readers notice, and its event."""
    connection.execute(
        "insert into ops.current_publication (publication_id) values (%s)"
        " on conflict (only_row) do update set publication_id = excluded.publication_id",
        (to,),
    )
    connection.execute(
        "insert into ops.publication_events (event, publication_id, previous_publication_id) values (%s, %s, %s)",
        (event, to, current.publication_id if current else None),
    )
