"""Load: from the landing to the raw tables, against the contract, in one transaction with ledger and watermark."""

import hashlib
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from cx_etl import landing, ledger, quarantine, raw_tables, warehouse
from cx_etl.contract import child_rows, row_of, shape_of
from cx_etl.errors import CxError, DataError
from cx_etl.landing import Manifest, Run, Step
from cx_etl.ledger import Counts
from cx_etl.quarantine import Reject
from cx_etl.raw_tables import Batch
from cx_etl.settings import Connection, load_settings
from cx_etl.settings import connection as environment_connection
from cx_etl.sources import account as registered
from cx_etl.sources.base import Stream, Table

if TYPE_CHECKING:
    import psycopg

# Below this many rejects a share means nothing: one bad record of two is a quarantined record, not a broken source.
FEWEST_REJECTS_TO_FAIL = 10


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
class Decoded:
    """What one load holds for each table: rows, rows of child tables, and what broke the contract."""

    rows: dict[str, list[list[Any]]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    unknown_fields: Counter[str] = field(default_factory=Counter)
    read: int = 0


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
    decoded = decode(stream, run, manifest)
    require_few_rejects(manifest, decoded)
    with warehouse.connect() as connection:
        lock(connection, manifest)
        is_complete = stream.absent_is_deleted and bool(manifest.pages or not stream.silent_without_pages)
        counts = bring_in(connection, stream, manifest, decoded, is_complete)
        seconds = round(time.monotonic() - started, 3)
        ledger.note_undeclared_fields(connection, manifest, decoded.unknown_fields)
        ledger.record_load(connection, manifest, counts, dict(decoded.unknown_fields), seconds)
        if stream.on_load:
            stream.on_load(connection, run)
    return _report(manifest, counts, seconds)


def lock(connection: "psycopg.Connection", manifest: Manifest) -> None:
    """One load of a stream at a time, until the transaction ends."""
    name = f"load {manifest.source} {manifest.account} {manifest.stream}"
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (name,))


def bring_in(
    connection: "psycopg.Connection", stream: Stream, manifest: Manifest, decoded: Decoded, is_complete: bool
) -> Counts:
    """Write rows and rejects, inside the caller's transaction; what became of them.

    ``is_complete``: what the answer does not hold of its window no longer exists.
    """
    watermark = ledger.watermark_of(connection, manifest)
    batch = Batch(stream, manifest.account, manifest.night, watermark)
    upserted = [raw_tables.upsert(connection, batch, table, decoded.rows) for table in stream.tables]
    deleted = 0
    if is_complete:
        rejected = [reject.natural_key for reject in decoded.rejects]
        deleted = raw_tables.mark_absent(connection, batch, manifest, rejected)
    quarantine.add(connection, manifest, decoded.rejects)
    return Counts(
        read=decoded.read,
        new=sum(one.new for one in upserted),
        changed=sum(one.changed for one in upserted),
        rejected=len(decoded.rejects),
        deleted=deleted,
        late_new=sum(one.late_new for one in upserted),
        late_changed=sum(one.late_changed for one in upserted),
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


def decode(stream: Stream, run: Run, manifest: Manifest) -> Decoded:
    """Every record of the run's pages as table rows, or as a reject with its reason."""
    decoded = Decoded(rows={table.name: [] for table in stream.tables})
    decoders = [msgspec.json.Decoder(table.contract) for table in stream.tables]
    for step, file, body in run.pages():
        for offset, (index, raw) in enumerate(stream.split(body)):
            decoded.read += 1
            table = stream.tables[index]
            try:
                add_record(decoded, stream, table, decoders[index].decode(raw), step, manifest.run_id)
            except (msgspec.DecodeError, ValueError) as error:
                decoded.rejects.append(_reject(table, step, file, offset, raw, str(error)))
            else:
                decoded.unknown_fields.update(_unknown_fields(table, raw))
    return decoded


def add_record(decoded: Decoded, stream: Stream, table: Table, record: Any, step: Step, run_id: str) -> None:
    """Append a decoded record's row and its children's rows, in the order of raw_tables' stages."""
    for name in stream.context_fields:
        setattr(record, name, step.context[name])
    shape = shape_of(table.contract)
    row = row_of(shape, record)
    observed = step.observed_at
    is_main = table is stream.tables[0]
    version = (stream.version_at(record) if is_main else None) or observed
    deleted = stream.deleted_at(record) if is_main else None
    sequence = len(decoded.rows[table.name])
    children = list(child_rows(shape, record))
    decoded.rows[table.name].append([*row, run_id, row_hash(record), version, observed, deleted, sequence])
    for child, rows in children:
        kept = decoded.rows.setdefault(f"{table.name}__{child}", [])
        kept.extend([*item, run_id, position, sequence] for position, item in enumerate(rows))


def row_hash(record: msgspec.Struct) -> bytes:
    """A hash of all contract fields, nested ones too: equal records are equal versions."""
    return hashlib.blake2b(msgspec.json.encode(record), digest_size=16).digest()


def _reject(table: Table, step: Step, file: str, offset: int, raw: msgspec.Raw, reason: str) -> Reject:
    return Reject(
        table=table.name,
        natural_key=_readable_key(table, raw),
        reason=reason,
        payload=bytes(raw),
        context=step.context,
        landing_file=file,
        record_offset=offset,
        observed_at=step.observed_at,
    )


def _readable_key(table: Table, raw: msgspec.Raw) -> str | None:
    try:
        fields = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError):
        return None
    found = [fields.get(key) for key in table.keys]
    return None if None in found or "" in found else "|".join(map(str, found))


@cache
def _declared(contract: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(item.encode_name for item in msgspec.structs.fields(contract))


def _unknown_fields(table: Table, raw: msgspec.Raw) -> list[str]:
    declared = _declared(table.contract)
    return [name for name in msgspec.json.decode(raw, type=dict[str, msgspec.Raw]) if name not in declared]


def require_few_rejects(manifest: Manifest, decoded: Decoded) -> None:
    """Raise DataError past the limit: the stream's own, or the common one, which a handful of rejects never passes."""
    settings, stream = load_settings(), f"{manifest.source}/{manifest.stream}"
    own = settings.quarantine_limits.get(stream)
    limit, fewest = (settings.quarantine_limit, FEWEST_REJECTS_TO_FAIL) if own is None else (own, 0)
    rejected = len(decoded.rejects)
    if rejected > fewest and rejected > limit * decoded.read:
        first = decoded.rejects[0]
        raise DataError(
            f"{manifest.source} {manifest.stream} of {manifest.night}: {rejected} of {decoded.read} records break the "
            f"contract (limit {limit:.0%}); the first: {first.natural_key or first.landing_file}: {first.reason}",
            "correct the contract in cx_etl/sources, then load the night again; nothing was written",
        )
