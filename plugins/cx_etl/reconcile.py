"""Reconcile: a walk over a longer window than the nightly one finds what that missed, repairs it, and counts it."""

import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cx_etl import landing, ledger, warehouse
from cx_etl.connections import Connection
from cx_etl.connections import connection as environment_connection
from cx_etl.errors import ConfigError, DataError
from cx_etl.extract import Job, walk
from cx_etl.landing import Manifest, Run
from cx_etl.load import bring_in, lock
from cx_etl.settings import load_settings
from cx_etl.sources import Account
from cx_etl.sources import account as registered
from cx_etl.sources.base import Stream, Window

if TYPE_CHECKING:
    import psycopg

    from cx_etl.ledger import Counts

# Below this many deletions a share means nothing.
FEWEST_DELETES_TO_DOUBT = 10


@dataclass(frozen=True)
class ReconcileReport:
    """What the nightly path had missed: records, later versions, deletions. All of it is repaired."""

    source: str
    account: str
    stream: str
    walked: int
    missed_new: int
    missed_changes: int
    missed_deletes: int
    seconds: float

    @property
    def miss_rate(self) -> float:
        """Share of the records walked that were not there, or older than they should have been."""
        return (self.missed_new + self.missed_changes) / self.walked if self.walked else 0.0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "miss_rate": self.miss_rate}


def reconcile(
    label: str, stream_name: str, connection: Connection | None = None, days: int | None = None
) -> ReconcileReport:
    """Walk the stream from so many days before its watermark: the setting's by default, the vendor's limit at most.

    After: missing and outdated records are in the raw table, those that no longer exist are marked as deleted, and
    ops.reconciliations says how many they were. The watermark stays. Raises ConfigError for a stream never loaded,
    DataError, with nothing written, when so many would be deleted that a changed scope or filter is likelier.
    """
    started = time.monotonic()
    account = registered(label)
    stream = account.source.stream(stream_name)
    found = account.require(connection or environment_connection(account.id))
    job = _job(account, stream, days)
    report = walk(job, found)
    run = landing.newest_finished(landing.runs(account.id, stream.name, job.night, job.purpose), report.run_id)
    assert run is not None
    manifest = run.manifest()
    counts, seconds = load_walk(account, stream, run, started)
    return ReconcileReport(
        source=manifest.source,
        account=manifest.account,
        stream=manifest.stream,
        walked=counts.read,
        missed_new=counts.late_new,
        missed_changes=counts.late_changed,
        missed_deletes=counts.deleted,
        seconds=seconds,
    )


def load_walk(account: Account, stream: Stream, run: Run, started: float) -> tuple["Counts", float]:
    """Bring a finished walk in, with its record, in one transaction; what was missed, and the seconds since started."""
    manifest = run.manifest()
    with warehouse.connect() as connection:
        lock(connection, manifest)
        counts, _ = bring_in(connection, stream, run, is_complete=True)
        _require_plausible(f"{account.label} {stream.name}", counts)
        seconds = round(time.monotonic() - started, 3)
        _record(connection, manifest, counts, seconds)
    return counts, seconds


def _job(account: Account, stream: Stream, days: int | None) -> Job:
    """The walk that ends at the stream's true watermark, filed under the watermark's night."""
    with warehouse.connect() as connection:
        before = ledger.watermark(connection, account, stream.name)
    if before is None:
        raise ConfigError(f"{account.label} {stream.name} has never been loaded", "`cx run NIGHT` first")
    asked = timedelta(days=days if days is not None else load_settings().reconcile_days)
    start = before.at - min(asked, stream.reaches_back)
    return Job(account, stream, before.night, Window(start, before.at), "reconcile", before.cursor)


def _require_plausible(name: str, counts: "Counts") -> None:
    """Raise DataError, which undoes the transaction, when too large a share would be marked as deleted."""
    limit = load_settings().reconcile_deletes_limit
    known = counts.read + counts.deleted
    if counts.deleted > FEWEST_DELETES_TO_DOUBT and counts.deleted > limit * known:
        raise DataError(
            f"{name}: {counts.deleted} of {known} records are gone from the source's answer (limit {limit:.0%}); "
            "a lost scope or a changed filter looks like this too, so nothing was changed",
            "look at `cx doctor`; if they are truly gone, raise [reconcile] deletes_limit for one run",
        )


def _record(connection: "psycopg.Connection", manifest: Manifest, counts: "Counts", seconds: float) -> None:
    connection.execute(
        """
        insert into ops.reconciliations (
            source, account, stream, night, run_id, window_from, window_to, records_walked,
            missed_new, missed_changes, missed_deletes, rejected, seconds
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        -- A walk that is loaded again, from the landing, found what it found the first time.
        on conflict (source, account, stream, run_id) do nothing
        """,
        (
            *(manifest.source, manifest.account, manifest.stream, manifest.night, manifest.run_id),
            *(manifest.window_from, manifest.window_to, counts.read),
            *(counts.late_new, counts.late_changed, counts.deleted, counts.rejected, seconds),
        ),
    )
