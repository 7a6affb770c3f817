"""Load: from the landing to the raw tables, against the contract, in one transaction with ledger and watermark."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cx_etl import landing, ledger, quarantine, raw_tables, staging, warehouse
from cx_etl.connections import Connection
from cx_etl.connections import connection as environment_connection
from cx_etl.copying import Copier
from cx_etl.errors import CxError, DataError
from cx_etl.landing import Manifest, Run
from cx_etl.ledger import Counts
from cx_etl.privacy.landing_files import scrub_landed
from cx_etl.quarantine import Reject
from cx_etl.raw_tables import Batch, Upserted
from cx_etl.rows import Origin, PageReader, Rows
from cx_etl.settings import load_settings
from cx_etl.sources import account as registered
from cx_etl.sources.base import MISSHAPEN, Stream

if TYPE_CHECKING:
    import msgspec
    import psycopg

# Below this many rejects a share means nothing: one bad record of two is a quarantined record, not a broken source.
FEWEST_REJECTS_TO_FAIL = 10
# Rejects wait in memory until there are so many.
MOST_REJECTS_WAITING = 1000


@dataclass(frozen=True)
class LoadReport:
    source: str
    account: str
    stream: str
    night: str
    run_id: str
    read: int
    new: int
    changed: int
    same: int
    deleted: int
    rejected: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Intake:
    """What the pages of one load held."""

    read: int = 0
    rejected_keys: list[str | None] = field(default_factory=list)
    first_reject: Reject | None = None
    undeclared: Counter[str] = field(default_factory=Counter)
    copied: dict[str, int] = field(default_factory=dict)


def load(
    label: str, stream_name: str, night: date, run_id: str | None = None, connection: Connection | None = None
) -> LoadReport:
    """Bring the night's landed run (the newest finished one by default) into the raw tables.

    After: rows, rejects, ledger row and watermark are all there, or none of them. Loading a run again changes nothing.
    Raises DataError when too large a share of the records breaks the contract; nothing is written then.
    ``connection`` is the source's own (by default the environment's), for a source that tidies up after a load.
    """
    account = registered(label)
    stream = account.source.stream(stream_name)
    with ledger.failure_recorded(account, stream_name, night):
        run = landing.newest_finished(landing.runs(account.id, stream_name, night), run_id)
        if run is None:
            raise CxError(
                f"nothing complete has landed for {account.label} {stream_name} of {night}",
                f"cx extract {night} --source {account.label}",
            )
        report = load_run(stream, run)
        if account.source.after_load:
            account.source.after_load(connection or environment_connection(account.id), run)
        return report


def load_run(stream: Stream, run: Run) -> LoadReport:
    """Bring one finished run in: rows, rejects, ledger row and watermark in one transaction."""
    started, manifest = time.monotonic(), run.manifest()
    with warehouse.connect() as connection:
        lock(connection, manifest)
        is_complete = stream.absent_is_deleted and bool(manifest.pages or not stream.silent_without_pages)
        counts, undeclared = bring_in(connection, stream, run, is_complete)
        seconds = round(time.monotonic() - started, 3)
        ledger.note_undeclared_fields(connection, manifest, undeclared)
        ledger.record_load(connection, manifest, counts, dict(undeclared), seconds)
        if stream.on_load:
            stream.on_load(connection, run)
    return _report(manifest, counts, seconds)


def lock(connection: "psycopg.Connection", manifest: Manifest) -> None:
    """One load of a stream at a time, until the transaction ends."""
    name = f"load {manifest.source} {manifest.account} {manifest.stream}"
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (name,))


def bring_in(
    connection: "psycopg.Connection", stream: Stream, run: Run, is_complete: bool
) -> tuple[Counts, Counter[str]]:
    """Write rows and rejects, inside the caller's transaction; what became of them, and the undeclared fields met.

    ``is_complete``: what the answer does not hold of its window no longer exists. Raises DataError when too large a
    share of the records breaks the contract: the caller's transaction is to be undone.
    """
    from psycopg.errors import UniqueViolation

    manifest = run.manifest()
    scrub_landed(connection, stream, manifest.account, run)
    batch = Batch(stream, manifest.account, manifest.night, ledger.watermark_of(connection, manifest))
    if not raw_tables.is_first_load(connection, batch):
        return _bring_in_staged(connection, batch, run, is_complete)
    try:
        with connection.transaction():
            brought = _bring_in_straight(connection, batch, run)
    except UniqueViolation:
        # A key came twice: which of its versions is the newest shows on a stage.
        brought = _bring_in_staged(connection, batch, run, is_complete)
    for table in stream.tables:
        raw_tables.analyze(connection, table)
    return brought


def _bring_in_straight(connection: "psycopg.Connection", batch: Batch, run: Run) -> tuple[Counts, Counter[str]]:
    """The account's first rows go to the raw tables themselves. Raises UniqueViolation for a key that comes twice."""
    intake = copy_pages(connection, batch, run, straight=True)
    for table in batch.stream.tables:
        raw_tables.add_children(connection, batch, table)
    new = sum(intake.copied[table.name] for table in batch.stream.tables)
    return _counts(intake, [Upserted(new, 0, 0, 0)], deleted=0), intake.undeclared


def _bring_in_staged(
    connection: "psycopg.Connection", batch: Batch, run: Run, is_complete: bool
) -> tuple[Counts, Counter[str]]:
    intake = copy_pages(connection, batch, run, straight=False)
    upserted = [raw_tables.upsert(connection, batch, table) for table in batch.stream.tables]
    deleted = 0
    if is_complete:
        deleted = raw_tables.mark_absent(connection, batch, run.manifest(), intake.rejected_keys)
    return _counts(intake, upserted, deleted), intake.undeclared


def copy_pages(connection: "psycopg.Connection", batch: Batch, run: Run, straight: bool) -> Intake:
    """Stream the run's pages to their tables and the rejects to quarantine, one page in memory at a time."""
    manifest, intake, reader = run.manifest(), Intake(), PageReader(batch.stream)
    origin = Origin(manifest.account, manifest.night, manifest.run_id, start_of_transaction(connection))
    staging.make_stages(connection, batch.stream)
    waiting: list[Reject] = []
    with Copier(connection, staging.targets(batch.stream, straight)) as copier:
        for step, file, body in run.pages():
            records = records_of(batch.stream, body, f"{manifest.source} {manifest.stream} of {manifest.night}, {file}")
            for rows in reader.read(records, step, file, origin):
                copier.write(rows.lines)
                waiting += rows.rejects
                _note(intake, rows)
            if len(waiting) > MOST_REJECTS_WAITING:
                copier.pause()
                quarantine.add(connection, manifest, waiting)
                waiting.clear()
    quarantine.add(connection, manifest, waiting)
    require_few_rejects(manifest, intake)
    intake.undeclared, intake.copied = reader.undeclared, copier.copied
    return intake


def records_of(stream: Stream, body: bytes, name: str) -> Iterator[tuple[int, "msgspec.Raw"]]:
    """The records of a page, each with the number of its table. Raises DataError for what is no page of the stream."""
    try:
        yield from stream.split(body)
    except MISSHAPEN as error:
        raise DataError(
            f"{name}: the page is not what the vendor documents: {error!r}",
            "compare it with the vendor's changelog; nothing was written, and what landed stays",
        ) from error


def start_of_transaction(connection: "psycopg.Connection") -> datetime:
    row = connection.execute("select now()").fetchone()
    assert row is not None
    return row[0]


def _note(intake: Intake, rows: Rows) -> None:
    intake.read += rows.read
    intake.rejected_keys += (reject.natural_key for reject in rows.rejects)
    intake.first_reject = intake.first_reject or next(iter(rows.rejects), None)


def _counts(intake: Intake, upserted: Iterable[Upserted], deleted: int) -> Counts:
    found = list(upserted)
    return Counts(
        read=intake.read,
        new=sum(one.new for one in found),
        changed=sum(one.changed for one in found),
        rejected=len(intake.rejected_keys),
        deleted=deleted,
        late_new=sum(one.late_new for one in found),
        late_changed=sum(one.late_changed for one in found),
    )


def require_few_rejects(manifest: Manifest, intake: Intake) -> None:
    """Raise DataError past the limit: the stream's own, or the common one, which a handful of rejects never passes."""
    settings, stream = load_settings(), f"{manifest.source}/{manifest.stream}"
    own = settings.quarantine_limits.get(stream)
    limit, fewest = (settings.quarantine_limit, FEWEST_REJECTS_TO_FAIL) if own is None else (own, 0)
    rejected, first = len(intake.rejected_keys), intake.first_reject
    if first and rejected > fewest and rejected > limit * intake.read:
        raise DataError(
            f"{manifest.source} {manifest.stream} of {manifest.night}: {rejected} of {intake.read} records break the "
            f"contract (limit {limit:.0%}); the first: {first.natural_key or first.landing_file}: {first.reason}",
            "correct the contract in cx_etl/sources, then load the night again; nothing was written",
        )


def _report(manifest: Manifest, counts: Counts, seconds: float) -> LoadReport:
    return LoadReport(
        source=manifest.source,
        account=manifest.account,
        stream=manifest.stream,
        night=manifest.night.isoformat(),
        run_id=manifest.run_id,
        read=counts.read,
        new=counts.new,
        changed=counts.changed,
        same=counts.same,
        deleted=counts.deleted,
        rejected=counts.rejected,
        seconds=seconds,
    )
