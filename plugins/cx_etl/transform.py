"""Transform: one run of the dbt models, which makes the candidate that the gate checks and publish makes current."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cx_etl.business_hours import BusinessHours
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
# Of what a selection names the models, without their tests.
ONLY_MODELS = ("--indirect-selection", "empty")


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
    """Run every model and its tests for what is loaded.

    After it, ``audit`` shows the candidate and the build is ``built``; ``marts`` shows what it showed before.
    A model or test that fails raises CxError naming it, and the build is ``failed``. Only one build runs at a time.
    ``progress`` gets one line per finished model.
    """
    settings = load_settings()
    started = time.monotonic()
    with build_lock():
        build_id, as_of_date = _open_build(settings, night)
        with _recorded_failure(build_id):
            _run_models(DbtRun(settings, build_id, as_of_date, progress or log.info))
            rows_changed = _close_build(build_id)
    report = BuildReport(build_id, night, as_of_date, rows_changed, round(time.monotonic() - started, 1))
    log.info("build %d: %d rows changed, as of %s, %.1f s", build_id, rows_changed, as_of_date, report.seconds)
    return report


@contextmanager
def build_lock() -> Iterator[None]:
    """Hold the build lock. Raises RetriableError at once if another build holds it."""
    with connect(autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(hashtext(%s))", (BUILD_LOCK,)).fetchone()
        if not row or not row[0]:
            raise RetriableError("another build is running", "wait until it ends, then run again")
        yield


def _open_build(settings: Settings, night: date) -> tuple[int, date]:
    """Write the metric declarations and a running build; what a killed process left running is failed."""
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
        row = connection.execute(
            "insert into ops.builds (night, as_of_date, status) values (%s, %s, 'running') returning build_id",
            (night, as_of_date),
        ).fetchone()
    if row is None:
        raise CxError("ops.builds gave no build id", "`cx migrate`, then build again")
    return row[0], as_of_date


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


def _close_build(build_id: int) -> int:
    """Mark the build as built; its number of changed rows."""
    with connect() as connection:
        row = connection.execute(
            "update ops.builds set status = 'built', finished_at = now(), rows_changed = ("
            " select coalesce(sum(versions_opened + versions_closed), 0) from ops.build_marts"
            " where build_marts.build_id = builds.build_id) where build_id = %s returning rows_changed",
            (build_id,),
        ).fetchone()
    if row is None:
        raise CxError(f"build {build_id} is not in ops.builds", "build again")
    return row[0]


def _run_models(run: DbtRun) -> None:
    """Every model and its data tests; between them what SQL cannot compute, each step after the models it needs.

    Unit tests say nothing about a night's data: they belong to a change of the models, and run with the other tests.
    """
    made = run_inferences(run)
    # The models that stand are not made again; their tests run with all others.
    run.invoke("build", *_excluding(made), *ONLY_MODELS, "--exclude-resource-type", "unit_test")


def run_inferences(run: DbtRun) -> list[str]:
    """Every inference, each after the models it needs; what selects the models that are made by then."""
    made: list[str] = []
    for inference in INFERENCES:
        needs = [f"+{model}" for model in inference.needs]
        run.invoke("build", "--select", *needs, *_excluding(made), *ONLY_MODELS)
        with connect() as connection:
            inference.run(connection, run.as_of_date)
        made += needs
    return made


def _excluding(made: list[str]) -> list[str]:
    return ["--exclude", *made] if made else []
