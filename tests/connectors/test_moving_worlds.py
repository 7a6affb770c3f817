"""The world moves on while it is walked, rows come late, processes die: in the end the tables hold what there is."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from random import Random

import pytest
from bench import NIGHT, Bench, bring_in, find_silent_deletions, rows
from cases import Case

from cx_etl import landing
from cx_etl.night import window_end, window_start
from cx_etl.reconcile import reconcile
from cx_etl.sources import source
from raw_state import answer
from sandboxes import Sandbox

DAY = 24 * 3600
EARLIER = NIGHT - timedelta(days=10)
EXTRACT = "import datetime, sys; {}; from cx_etl.extract import extract; extract({!r}, {!r}, datetime.date({}))"


def test_a_world_that_moves_while_it_is_walked_is_complete_the_night_after(bench: Bench, case: Case) -> None:
    """Between the first and the second page ten days pass: rows move to other pages, appear, change, are deleted.

    What a record said before a deletion that blanks it, only those know who saw it alive: such records are left out.
    So are those that vanish without a word, which only the weekly walk finds.
    """
    _skip_what_the_vendor_forgets(case)
    only_living = _is_blanked_when_deleted(case) or case.deletes_silently
    expected = bench.undisturbed(case, EARLIER, NIGHT, only_living=only_living)
    with bench.warehouse() as dsn:
        bench.sandbox.at_end_of(EARLIER)
        bench.spoil(case, kind="advance_clock", seconds=10 * DAY, after=1)
        bring_in(case, EARLIER)
        bench.sandbox.heal()
        bench.sandbox.at_end_of(NIGHT)
        bring_in(case)
        find_silent_deletions(case)
        assert rows(dsn, case, only_living) == expected


def test_a_row_that_the_vendor_withholds_is_missed_by_nobody_for_long(bench: Bench, case: Case) -> None:
    """Where the vendor counts, the run notices and starts anew; elsewhere the weekly walk finds and counts it."""
    expected = bench.undisturbed(case, EARLIER, NIGHT)
    stream = source(case.source).stream(case.stream)
    with bench.warehouse() as dsn:
        bench.sandbox.at_end_of(EARLIER)
        bring_in(case, EARLIER)
        bench.sandbox.at_end_of(NIGHT)
        bench.spoil(case, kind="withhold")
        bring_in(case)
        assert bench.sandbox.struck() == 1
        if rows(dsn, case) != expected:
            report = reconcile(case.source, case.stream)
            assert report.missed_new + report.missed_changes == (1 if stream.found_by else 0)
        assert rows(dsn, case) == expected


def test_a_process_killed_at_any_page_goes_on_there(bench: Bench, case: Case) -> None:
    """kill -9 while the vendor's answer to a random request is awaited; the next run ends as an undisturbed one."""
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="timeout", seconds=4, after=Random(case.id).randrange(3))
        process = _start(case)
        is_killed = _kill_when_struck(bench.sandbox, process)
        bench.sandbox.heal()
        bring_in(case)
        assert rows(dsn, case) == expected
        assert len(landing.runs(case.source, case.stream, NIGHT)) == (1 if is_killed else 2)


@pytest.mark.parametrize(
    ("time_zone", "night", "hours"),
    [("Australia/Sydney", date(2026, 10, 4), 23), ("Europe/Lisbon", date(2026, 10, 25), 25)],
)
def test_nights_of_23_and_25_hours_join_without_gap(
    bench: Bench, case: Case, monkeypatch: pytest.MonkeyPatch, time_zone: str, night: date, hours: int
) -> None:
    _skip_what_the_vendor_forgets(case)
    assert window_end(night, time_zone) - window_start(night, time_zone) == timedelta(hours=hours)
    monkeypatch.setenv("CX_TIME_ZONE", time_zone)
    nights = [night + timedelta(days=day) for day in (-1, 0, 1)]
    with bench.warehouse() as dsn:
        for each in nights:
            bench.sandbox.at_end_of(each, time_zone)
            bring_in(case, each)
        in_three = rows(dsn, case, _is_blanked_when_deleted(case))
        assert answer(dsn, "select max(watermark_at) from ops.watermarks") == window_end(nights[-1], time_zone)
    with bench.warehouse() as dsn:
        bring_in(case, nights[-1])
        assert in_three == rows(dsn, case, _is_blanked_when_deleted(case))


def _skip_what_the_vendor_forgets(case: Case) -> None:
    if case.forgets:
        pytest.skip(f"{case.id} shows the last weeks only: what was seen depends on when it was asked for")


def _is_blanked_when_deleted(case: Case) -> bool:
    return source(case.source).stream(case.stream).tombstone is not None


def _start(case: Case) -> "subprocess.Popen[bytes]":
    module = source(case.source).auth.__module__
    small = [f"setattr(sys.modules[{module!r}], {name!r}, {value!r})" for name, value in case.small.items()]
    night = f"{NIGHT.year}, {NIGHT.month}, {NIGHT.day}"
    code = EXTRACT.format("; ".join(["import cx_etl.sources", *small]), case.source, case.stream, night)
    return subprocess.Popen([sys.executable, "-c", code])


def _kill_when_struck(sandbox: Sandbox, process: "subprocess.Popen[bytes]") -> bool:
    """kill -9 once the fault has struck; False for a stream that had ended before, with fewer requests."""
    for _ in range(400):
        if process.poll() is not None:
            assert process.returncode == 0
            return False
        if sandbox.struck():
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.05)
    pytest.fail("the extraction never came so far")
