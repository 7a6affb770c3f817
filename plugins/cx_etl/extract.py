"""Extract: from a source's API to the landing, page by page, resumable, and complete or failed."""

import time
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from cx_etl import completeness, landing, ledger, warehouse
from cx_etl.connections import Connection
from cx_etl.connections import connection as environment_connection
from cx_etl.errors import ConfigError, CxError, QuotaError, RestartError, RetriableError
from cx_etl.http import Client as HttpClient
from cx_etl.http import observed_at
from cx_etl.landing import Manifest, Run, Step
from cx_etl.night import window_end, window_start
from cx_etl.settings import load_settings
from cx_etl.sources import Account
from cx_etl.sources import account as registered
from cx_etl.sources.base import Client, Request, Stream, Window

HISTORY_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ExtractReport:
    source: str
    account: str
    stream: str
    night: str
    run_id: str
    pages: int
    records: int
    bytes: int
    calls: int
    resumed: bool
    seconds: float
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Job:
    """One stream of one account, asked for one window. ``purpose`` is ``night``, or ``reconcile`` for a longer walk."""

    account: Account
    stream: Stream
    night: date
    window: Window
    purpose: str = "night"
    cursor_before: str | None = None

    @property
    def name(self) -> str:
        return f"{self.account.label} {self.stream.name}"


def extract(label: str, stream_name: str, night: date, connection: Connection | None = None) -> ExtractReport:
    """Land everything the account's stream changed in the night's window, by default over the environment's connection.

    After: a finished run folder with its manifest. Raises without one when the window cannot be proven complete;
    what had landed stays and the next call goes on from there.
    """
    account = registered(label)
    stream = account.source.stream(stream_name)
    with ledger.failure_recorded(account, stream_name, night):
        found = account.require(connection or environment_connection(account.id))
        return walk(nightly_job(account, stream, night), found)


def nightly_job(account: Account, stream: Stream, night: date) -> Job:
    """From the true watermark (or the night's start, if that is earlier) less the overlap, to the night's end."""
    zone = load_settings().time_zone
    with warehouse.connect() as connection:
        before = ledger.watermark(connection, account, stream.name)
    end = window_end(night, zone)
    if before is None:
        return Job(account, stream, night, Window(HISTORY_START, end))
    start = min(before.at, window_start(night, zone)) - stream.overlap
    return Job(account, stream, night, Window(start, end), cursor_before=before.cursor)


def walk(job: Job, connection: Connection) -> ExtractReport:
    """Land the job's window. A run that cannot become complete is given up, and one new run is tried.

    Raises RetriableError while another process lands the stream, and where the landing cannot be written.
    """
    try:
        with landing.alone(job.account.id, job.stream.name):
            try:
                return _walk(job, connection)
            except RestartError:
                return _walk(job, connection)
    except OSError as error:
        raise RetriableError(
            f"{job.name}: the landing cannot be written: {error}",
            f"make room, or correct the rights, below {load_settings().landing_dir}; the next run goes on from there",
        ) from error


def _walk(job: Job, connection: Connection) -> ExtractReport:
    started = time.monotonic()
    run, done = _run(job)
    try:
        with (job.account.source.client or HttpClient)(job.account.source, connection, run.path) as client:
            steps = done + _take_all(client, job, run, done)
        completeness.require_night_over(job.name, job.window, job.account.source.lag, steps)
        total = completeness.require_all(job.name, job.stream, run, steps)
    except CxError as error:
        if not _can_go_on_after(error):
            run.abandon(str(error))
        raise
    manifest = _manifest(job, run, steps, total, time.monotonic() - started)
    run.finish(manifest)
    return _report(manifest, resumed=len(done) > 1)


def _can_go_on_after(error: CxError) -> bool:
    """Whether the pages that have landed are still good when the error is over."""
    return isinstance(error, RetriableError | QuotaError | ConfigError) and not isinstance(error, RestartError)


def _run(job: Job) -> tuple[Run, list[Step]]:
    """The newest run if a crash left it unfinished with the same first requests, else a new one; and its steps."""
    start = job.stream.start(job.window)
    earlier = landing.runs(job.account.id, job.stream.name, job.night, job.purpose)
    if earlier and earlier[-1].is_resumable:
        steps = earlier[-1].steps()
        if steps and steps[0].next == start:
            return earlier[-1], steps
    run = landing.new_run(job.account.id, job.stream.name, job.night, job.purpose)
    first = Step(next=start)
    run.record(first)
    return run, [first]


def _take_all(client: Client, job: Job, run: Run, done: list[Step]) -> list[Step]:
    """Ask until the vendor says that there is no more; the steps taken now."""
    steps: list[Step] = []
    deadline = time.monotonic() + load_settings().stream_deadline_seconds
    todo = _still_to_do(done)
    pages = sum(len(step.files) for step in done)
    while todo:
        request = todo.popleft()
        if time.monotonic() > deadline:
            raise RetriableError(
                f"{job.name}: not complete in time; asked next would have been {request.path}",
                "run again: it goes on from the last page; or raise [http] stream_deadline_seconds",
            )
        step = _take(client, job.stream, run, request, pages)
        run.record(step)
        steps.append(step)
        pages += len(step.files)
        todo.extendleft(reversed(step.next))
    return steps


def _still_to_do(done: list[Step]) -> deque[Request]:
    """The requests that the steps led to and that no step has answered: every step but the start answered the first.

    What a step leads to comes first, so that the pages of one list are asked for close to each other.
    """
    todo: deque[Request] = deque(done[0].next)
    for step in done[1:]:
        todo.popleft()
        todo.extendleft(reversed(step.next))
    return todo


def _take(client: Client, stream: Stream, run: Run, request: Request, pages: int) -> Step:
    """Ask once and land the answer; ``pages`` have landed before."""
    calls = client.calls
    answer, page = client.send(request, stream.read)
    bodies = (answer.body,) if page.bodies is None else page.bodies
    files = tuple(run.land(pages + number, body) for number, body in enumerate(bodies, start=1))
    return Step(
        next=page.next,
        files=files,
        records=page.records,
        vendor_total=page.vendor_total,
        cursor=page.cursor,
        calls=client.calls - calls,
        quota_used=client.quota.used if client.quota else 0.0,
        quota_left=client.quota.left if client.quota else None,
        chain=request.chain,
        context={**request.context, **page.context},
        observed_at=observed_at(answer),
        note=page.note,
    )


def _manifest(job: Job, run: Run, steps: list[Step], total: int | None, seconds: float) -> Manifest:
    cursors = [step.cursor for step in steps if step.cursor]
    left = [step.quota_left for step in steps if step.quota_left is not None]
    files = [file for step in steps for file in step.files]
    return Manifest(
        source=job.account.source.name,
        account=job.account.name,
        stream=job.stream.name,
        night=job.night,
        run_id=run.run_id,
        window_from=job.window.start,
        window_to=job.window.end,
        pages=len(files),
        records=sum(step.records for step in steps),
        bytes=sum(file.bytes for file in files),
        calls=sum(step.calls for step in steps),
        vendor_total=total,
        cursor_before=job.cursor_before,
        cursor_after=cursors[-1] if cursors else None,
        quota_used=sum(step.quota_used for step in steps),
        quota_left=left[-1] if left else None,
        # What changed before this is in the answers, what changed after it may be.
        observed_at=min(step.observed_at for step in steps if step.observed_at),
        seconds=seconds,
        notes=tuple(step.note for step in steps if step.note),
    )


def _report(manifest: Manifest, resumed: bool) -> ExtractReport:
    return ExtractReport(
        source=manifest.source,
        account=manifest.account,
        stream=manifest.stream,
        night=manifest.night.isoformat(),
        run_id=manifest.run_id,
        pages=manifest.pages,
        records=manifest.records,
        bytes=manifest.bytes,
        calls=manifest.calls,
        resumed=resumed,
        seconds=round(manifest.seconds, 3),
        notes=manifest.notes,
    )
