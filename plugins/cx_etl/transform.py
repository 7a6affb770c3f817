"""Transform: one run of the dbt models, which makes the candidate that the gate checks and publish makes current."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cx_etl.business_hours import BusinessHours
from cx_etl.continuing import Basis, basis, made_by, stale_nodes, steps
from cx_etl.dbt_runner import DbtRun, Progress
from cx_etl.errors import CxError, DataError, RetriableError
from cx_etl.inference import INFERENCES
from cx_etl.settings import Settings, load_settings
from cx_etl.sources import Account, enabled_accounts
from cx_etl.warehouse import connect

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

# Held while versions of marts are written.
BUILD_LOCK = "cx_etl.build"
# Held by publish while it makes the newest build current.
PUBLISH_LOCK = "cx_etl.publish"
# A load that is under way brings rows whose time of loading is its start.
OPEN_BUILD = """
    insert into ops.builds (night, as_of_date, made_by, status, raw_read_at)
    select %s, %s, %s, 'running', least(
        now(),
        (
            select min(xact_start) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
        )
    )
    returning build_id"""
# A mart that was not made again stands as the basis left it: against the newest publication it has the same changes,
# or none if the basis itself was published.
KEEP_MARTS = """
    insert into ops.build_marts (build_id, mart, rows_total, versions_opened, versions_closed)
    select
        %(build_id)s, mart, rows_total,
        case when published.publication_id is null then versions_opened else 0 end,
        case when published.publication_id is null then versions_closed else 0 end
    from ops.build_marts
    left join ops.publications as published on build_marts.build_id = published.publication_id
    where build_marts.build_id = %(basis_id)s
    on conflict (build_id, mart) do nothing"""


@dataclass(frozen=True)
class BuildReport:
    """What a build did. ``rows_changed`` counts versions opened and closed against the newest publication."""

    build_id: int
    night: date
    as_of_date: date
    rows_changed: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "night": self.night.isoformat(), "as_of_date": self.as_of_date.isoformat()}


def build(night: date, progress: Progress | None = None) -> BuildReport:
    """Run the models, and their tests, that what is loaded changes: all if there is no build to continue.

    After it, ``audit`` shows the candidate and the build is ``built``; ``marts`` shows what it showed before.
    A model or test that fails raises CxError naming it, and the build is ``failed``. Only one build runs at a time.
    ``progress`` gets one line per finished model.
    """
    settings = load_settings()
    started = time.monotonic()
    with build_lock():
        opened = open_build(settings, night)
        build_id, as_of_date = opened.build_id, opened.as_of_date
        with _recorded_failure(build_id):
            run_models(DbtRun(settings, build_id, as_of_date, progress or log.info), opened.basis)
            rows_changed = close_build(opened)
    report = BuildReport(build_id, night, as_of_date, rows_changed, round(time.monotonic() - started, 1))
    log.info("build %d: %d rows changed, as of %s, %.1f s", build_id, rows_changed, as_of_date, report.seconds)
    return report


def forget_basis() -> None:
    """Let the next build make every model, as after changes that nobody recorded."""
    with connect() as connection:
        connection.execute("delete from ops.standing_build")


@contextmanager
def build_lock() -> Iterator[None]:
    """Hold the build lock. Raises RetriableError at once if another build holds it."""
    with connect(autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(hashtext(%s))", (BUILD_LOCK,)).fetchone()
        if not row or not row[0]:
            raise RetriableError("another build is running", "wait until it ends, then run again")
        yield


@dataclass(frozen=True)
class Opened:
    """A build under way: what made it, and the build that it continues, if there is one."""

    build_id: int
    as_of_date: date
    made_by: str
    basis: Basis | None


def open_build(settings: Settings, night: date) -> Opened:
    """Write the metric declarations and a running build; what a killed process left running is failed.

    From now until the build is closed no tables stand to be continued.
    """
    with connect() as connection:
        # A new build undoes the versions of unpublished ones. A publication under way ends first, and one that starts
        # later finds that its build is not the newest any more.
        connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (PUBLISH_LOCK,))
        connection.execute(
            "update ops.builds set status = 'failed', finished_at = now(), error = 'its process ended'"
            " where status = 'running'"
        )
        as_of_date = _as_of_date(connection, enabled_accounts())
        _write_declarations(connection, settings)
        _write_business_hours(connection, settings.business_hours)
        making = made_by(settings)
        continued = basis(connection, making)
        connection.execute("delete from ops.standing_build")
        row = connection.execute(OPEN_BUILD, (night, as_of_date, making)).fetchone()
    if row is None:
        raise CxError("ops.builds gave no build id", "`cx migrate`, then build again")
    return Opened(row[0], as_of_date, making, continued)


def _as_of_date(connection: "psycopg.Connection", accounts: list[Account]) -> date:
    """The last night that every stream of the enabled accounts has: one stream behind holds all figures back."""
    row = connection.execute(
        "select min(night) from (select max(night) as night from ops.loads where status = 'done'"
        " and (source, account) in (select * from unnest(%s::text[], %s::text[]))"
        " group by source, account, stream) as streams",
        ([account.source.name for account in accounts], [account.name for account in accounts]),
    ).fetchone()
    if not row or row[0] is None:
        raise DataError("nothing is loaded yet, so there is nothing to build", "`cx run NIGHT`")
    return row[0]


def _write_business_hours(connection: "psycopg.Connection", hours: BusinessHours) -> None:
    """Make ops.business_hours and ops.business_holidays say exactly what the settings say."""
    connection.execute("delete from ops.business_hours")
    connection.execute("delete from ops.business_holidays")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.business_hours values (%s, %s, %s)", [(hours.time_zone, *span) for span in hours.spans]
        )
        cursor.executemany(
            "insert into ops.business_holidays values (%s)", [(day,) for day in sorted(set(hours.holidays))]
        )


def _write_declarations(connection: "psycopg.Connection", settings: Settings) -> None:
    """Make ops.metric_declarations say exactly what the settings say."""
    connection.execute("delete from ops.metric_declarations")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.metric_declarations values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (each.source, each.form, each.field, each.metric, each.scale_min, each.scale_max, each.direction)
                for each in settings.metrics
            ],
        )


@contextmanager
def _recorded_failure(build_id: int) -> Iterator[None]:
    """Whatever ends the block early, an interrupt too, leaves the build failed with the reason."""
    try:
        yield
    except BaseException as error:
        with connect() as connection:
            connection.execute(
                "update ops.builds set status = 'failed', finished_at = now(), error = %s where build_id = %s",
                (str(error) or type(error).__name__, build_id),
            )
        raise


def close_build(opened: Opened) -> int:
    """Mark the build as built and its tables as standing; the number of rows it changed."""
    with connect() as connection:
        if opened.basis:
            connection.execute(KEEP_MARTS, {"build_id": opened.build_id, "basis_id": opened.basis.build_id})
        row = connection.execute(
            "update ops.builds set status = 'built', finished_at = now(), rows_changed = ("
            " select coalesce(sum(versions_opened + versions_closed), 0) from ops.build_marts"
            " where build_marts.build_id = builds.build_id) where build_id = %s returning rows_changed",
            (opened.build_id,),
        ).fetchone()
        connection.execute(
            "insert into ops.standing_build (build_id, made_by) values (%s, %s)", (opened.build_id, opened.made_by)
        )
    if row is None:
        raise CxError(f"build {opened.build_id} is not in ops.builds", "build again")
    return row[0]


def run_models(run: DbtRun, basis: Basis | None) -> None:
    """Every model that the basis does not make superfluous, its data tests, and between them the inferences.

    Unit tests say nothing about a night's data: they belong to a change of the models, and run with the other tests.
    """
    rest = run_inferences(run, basis)
    _make(run, rest, "with_tests")


def run_inferences(run: DbtRun, basis: Basis | None = None) -> set[str]:
    """What SQL cannot compute: each inference for which something changed, after the models it needs.

    Returns the dbt ids of what is left to make.
    """
    with connect() as connection:
        stale = stale_nodes(connection, run.manifest, basis, run.as_of_date)
    *needed, rest = steps(run.manifest, stale)
    for inference, nodes in zip(INFERENCES, needed, strict=True):
        _make(run, nodes, f"for_{inference.name}")
        if any(f"source.cx.inference.{table}" in stale for table in inference.writes):
            with connect() as connection:
                inference.run(connection, run.as_of_date)
    return rest


def _make(run: DbtRun, nodes: set[str], step: str) -> None:
    """Build the nodes with these dbt ids; a tag selects them, since a thousand names take dbt seconds to find."""
    if not nodes:
        return
    for key in nodes:
        run.manifest.nodes[key].tags.append(step)
    run.invoke("build", "--select", f"tag:{step}", "--indirect-selection", "empty")
