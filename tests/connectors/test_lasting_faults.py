"""Faults that stay: named, with nothing written; and when they are over, the next run brings all of it once."""

import re

import pytest
from bench import NIGHT, Bench, bring_in, is_empty, rows
from cases import Case

from cx_etl import landing, status
from cx_etl.errors import ConfigError, DataError, RetriableError

ATTEMPTS = 3


def test_a_vendor_that_stays_down_is_named_and_the_next_run_goes_on(bench: Bench, case: Case) -> None:
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="status", status=500, times=ATTEMPTS)
        with pytest.raises(RetriableError, match=rf"{case.source} (GET|POST) .*: 500"):
            bring_in(case)
        assert is_empty(dsn, case)
        assert any(f"{case.id} failed" in problem for problem in status.read().problems)
        bring_in(case)
        assert rows(dsn, case) == expected
        assert not any(f"{case.id} failed" in problem for problem in status.read().problems)


def test_an_answer_that_stays_cut_is_no_quiet_night(bench: Bench, case: Case) -> None:
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="cut_body", keep_length=False, times=ATTEMPTS)
        with pytest.raises(RetriableError, match=case.source):
            bring_in(case)
        assert is_empty(dsn, case)
        bring_in(case)
        assert rows(dsn, case) == expected


def test_refused_credentials_say_what_to_look_at(bench: Bench, case: Case) -> None:
    with bench.warehouse() as dsn:
        bench.sandbox.spoil({"system": case.source, "kind": "status", "status": 401, "times": 99})
        with pytest.raises(ConfigError, match=r"(401|login)") as caught:
            bring_in(case)
        assert "next: " in str(caught.value)
        assert is_empty(dsn, case)


def test_a_clock_before_the_end_of_the_night_moves_no_watermark(bench: Bench, case: Case) -> None:
    """The source's clock decides: what it may still show later would be in no night."""
    with bench.warehouse() as dsn:
        for system in {case.source, case.system or case.source}:
            bench.sandbox.spoil({"system": system, "kind": "skew_date", "seconds": -4 * 3600, "times": 99})
        with pytest.raises(
            DataError, match=re.escape(f"{case.source} {case.stream}: the window ends 2026-11-21 00:00")
        ):
            bring_in(case)
        assert is_empty(dsn, case)
        assert not any(run.is_finished for run in landing.runs(case.source, case.stream, NIGHT))
