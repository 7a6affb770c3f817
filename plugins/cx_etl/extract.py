"""Extract: from a source's API to the landing, page by page, resumable, and complete or failed."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cx_etl import landing, ledger, warehouse
from cx_etl.errors import CxError, DataError, RetriableError
from cx_etl.http import Client, observed_at
from cx_etl.landing import ACCOUNT, Manifest, Run, Step
from cx_etl.night import window_end, window_start
from cx_etl.settings import Connection, load_settings
from cx_etl.settings import connection as source_connection
from cx_etl.sources import source as registered
from cx_etl.sources.base import Request, Source, Stream, Window

HISTORY_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ExtractReport:
    source: str
    stream: str
    night: str
    run_id: str
    pages: int
    records: int
    bytes: int
    calls: int
    resumed: bool
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def extract(source_name: str, stream_name: str, night: date, connection: Connection | None = None) -> ExtractReport:
    """Land everything the stream changed in the night's window, over the connection (by default the environment's).

    After: a finished run folder with its manifest. Raises without one when the window cannot be proven complete;
    what had landed stays and the next call goes on from there.
    """
    source = registered(source_name)
    stream = source.stream(stream_name)
    with ledger.failure_recorded(source_name, ACCOUNT, stream_name, night):
        return _extract(source, stream, night, connection or source_connection(source_name))


def _extract(source: Source, stream: Stream, night: date, connection: Connection) -> ExtractReport:
    started = time.monotonic()
    window, before = _window(source, stream, night)
    run, done = _run(source, stream, night, window)
    try:
        with Client(source, connection) as client:
            steps = done + _walk(client, stream, run, done)
        _require_night_over(source, stream, window, steps)
        total = _reconcile(source, stream, steps)
    except CxError as error:
        if not isinstance(error, RetriableError):
            run.abandon(str(error))
        raise
    manifest = _manifest(source, stream, night, run, window, before, steps, total, time.monotonic() - started)
    run.finish(manifest)
    return ExtractReport(
        source.name,
        stream.name,
        night.isoformat(),
        run.run_id,
        manifest.pages,
        manifest.records,
        manifest.bytes,
        manifest.calls,
        len(done) > 1,
        round(manifest.seconds, 3),
    )


def _window(source: Source, stream: Stream, night: date) -> tuple[Window, ledger.Watermark | None]:
    """From the true watermark (or the night's start, if that is earlier) less the overlap, to the night's end."""
    zone = load_settings().time_zone
    with warehouse.connect() as connection:
        before = ledger.watermark(connection, source.name, ACCOUNT, stream.name)
    end = window_end(night, zone)
    if before is None:
        return Window(HISTORY_START, end), None
    return Window(min(before.at, window_start(night, zone)) - stream.overlap, end), before


def _run(source: Source, stream: Stream, night: date, window: Window) -> tuple[Run, list[Step]]:
    """The newest run if a crash left it unfinished with the same first request, else a new one; and its steps."""
    earlier = landing.runs(source.name, stream.name, night)
    if earlier and earlier[-1].is_resumable:
        steps = earlier[-1].steps()
        if steps and steps[0].next == stream.first(window):
            return earlier[-1], steps
    run = landing.new_run(source.name, stream.name, night)
    start = Step(next=stream.first(window))
    run.record(start)
    return run, [start]


def _walk(client: Client, stream: Stream, run: Run, done: list[Step]) -> list[Step]:
    """Ask until the vendor says that there is no more; the steps taken now."""
    steps: list[Step] = []
    deadline = time.monotonic() + load_settings().stream_deadline_seconds
    request: Request | None = done[-1].next
    pages = sum(step.file is not None for step in done)
    while request is not None:
        if time.monotonic() > deadline:
            raise DataError(f"{client.source.name} {stream.name}: not complete in time; asked last: {request.path}")
        step = _take(client, stream, run, request, pages)
        pages += step.file is not None
        run.record(step)
        steps.append(step)
        request = step.next
    return steps


def _take(client: Client, stream: Stream, run: Run, request: Request, pages: int) -> Step:
    """Ask once and land the answer; ``pages`` have landed before."""
    calls = client.calls
    answer = client.send(request)
    page = stream.read(answer)
    file, sha256 = run.land(pages + 1, answer.body) if page.land else (None, None)
    return Step(
        next=page.next,
        file=file,
        sha256=sha256,
        records=page.records,
        bytes=len(answer.body) if page.land else 0,
        vendor_total=page.vendor_total,
        cursor=page.cursor,
        calls=client.calls - calls,
        context=request.context,
        observed_at=observed_at(answer),
    )


def _require_night_over(source: Source, stream: Stream, window: Window, steps: list[Step]) -> None:
    seen = [step.observed_at for step in steps if step.observed_at]
    if min(seen) < window.end + source.lag:
        raise DataError(
            f"{source.name} {stream.name}: the window ends {window.end:%Y-%m-%d %H:%M} UTC and the source's clock says "
            f"{min(seen):%Y-%m-%d %H:%M}: records may still appear",
            f"run the night after {window.end + source.lag + timedelta(minutes=1):%Y-%m-%d %H:%M} UTC",
        )


def _reconcile(source: Source, stream: Stream, steps: list[Step]) -> int | None:
    """The vendor's own total, if it gives one. Raises DataError when the records landed are not that many."""
    totals = [step.vendor_total for step in steps if step.vendor_total is not None]
    if not totals:
        return None
    landed = sum(step.records for step in steps)
    if landed != sum(totals):
        raise DataError(
            f"{source.name} {stream.name}: the source reports {sum(totals)} records, {landed} arrived",
            "run the night again; the watermark has not moved",
        )
    return sum(totals)


def _manifest(
    source: Source,
    stream: Stream,
    night: date,
    run: Run,
    window: Window,
    before: ledger.Watermark | None,
    steps: list[Step],
    total: int | None,
    seconds: float,
) -> Manifest:
    cursors = [step.cursor for step in steps if step.cursor]
    return Manifest(
        source=source.name,
        account=ACCOUNT,
        stream=stream.name,
        night=night,
        run_id=run.run_id,
        window_from=window.start,
        window_to=window.end,
        pages=sum(step.file is not None for step in steps),
        records=sum(step.records for step in steps),
        bytes=sum(step.bytes for step in steps),
        calls=sum(step.calls for step in steps),
        vendor_total=total,
        cursor_before=before.cursor if before else None,
        cursor_after=cursors[-1] if cursors else None,
        seconds=seconds,
    )
