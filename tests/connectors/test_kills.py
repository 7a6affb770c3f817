"""kill -9 at random moments of extraction and load, again and again; the run after them ends as an undisturbed one."""

import subprocess
import sys
import time
from random import Random

import pytest
from bench import NIGHT, Bench, rows
from cases import CASES, Case

from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.sources import source

KILLS = 6
# The slowest cases of each way to walk: by cursor, by bulk file, by page number, by token.
WALKS = {"zendesk/tickets", "shopify/orders", "asknicely/responses", "typeform/responses"}
RUN = """
import sys, time
from datetime import date
import cx_etl.sources
{small}
from cx_etl.extract import extract
from cx_etl.load import load
print("begin", flush=True)
extract({source!r}, {stream!r}, date({night}))
load({source!r}, {stream!r}, date({night}))
"""


@pytest.mark.parametrize("case", [case for case in CASES if case.id in WALKS], ids=lambda case: case.id)
def test_killed_at_random_moments_loses_and_doubles_nothing(
    bench: Bench, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in case.small.items():
        monkeypatch.setattr(f"{source(case.source).auth.__module__}.{name}", value)
    expected = bench.undisturbed(case)
    chance = Random(case.id)
    with bench.warehouse() as dsn:
        killed = sum(_killed_after(case, chance.uniform(0, 0.5)) for _ in range(KILLS))
        extract(case.source, case.stream, NIGHT)
        load(case.source, case.stream, NIGHT)
        assert rows(dsn, case) == expected
    assert killed > 0


def _killed_after(case: Case, seconds: float) -> bool:
    """Run the night in a process of its own and kill it so long after it began; whether it was still at work."""
    module = source(case.source).auth.__module__
    small = "\n".join(f"setattr(sys.modules[{module!r}], {name!r}, {value!r})" for name, value in case.small.items())
    night = f"{NIGHT.year}, {NIGHT.month}, {NIGHT.day}"
    code = RUN.format(small=small, source=case.source, stream=case.stream, night=night)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        is_at_work = process.poll() is None
        process.kill()
    return is_at_work
