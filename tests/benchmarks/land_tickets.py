"""A landing of tickets, as an extraction of pages of 1,000 leaves it: ``python -m … NIGHT ROWS CHANGED_OF_HUNDRED``."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from cx_etl import landing
from cx_etl.landing import Manifest, Run, Step
from tests.benchmarks.tickets import tickets

PAGE = 1000


def land(night: date, rows: int, changed_of_hundred: int) -> Run:
    """A finished run of the zendesk tickets of that night."""
    run, observed = landing.new_run("zendesk", "tickets", night), datetime.combine(night, datetime.min.time(), UTC)
    run.record(Step(next=()))
    size = 0
    for number, body in enumerate(_bodies(rows, changed_of_hundred), start=1):
        file = run.land(number, body)
        run.record(Step(next=(), files=(file,), records=PAGE, observed_at=observed + timedelta(hours=26)))
        size += len(body)
    run.finish(_manifest(run, night, observed, number, rows, size))
    return run


def _bodies(rows: int, changed_of_hundred: int) -> Iterator[bytes]:
    found = tickets(rows, changed_of_hundred)
    while page := list(islice(found, PAGE)):
        yield b'{"tickets":[' + b",".join(page) + b'],"after_cursor":"x","end_of_stream":false}'


def _manifest(run: Run, night: date, observed: datetime, pages: int, rows: int, size: int) -> Manifest:
    return Manifest(
        source="zendesk",
        account="main",
        stream="tickets",
        night=night,
        run_id=run.run_id,
        window_from=observed,
        window_to=observed + timedelta(days=1),
        pages=pages,
        records=rows,
        bytes=size,
        calls=pages,
        vendor_total=None,
        cursor_before=None,
        cursor_after="x",
        quota_used=0.0,
        quota_left=None,
        observed_at=observed + timedelta(hours=26),
        seconds=0.0,
    )


if __name__ == "__main__":
    land(date.fromisoformat(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
