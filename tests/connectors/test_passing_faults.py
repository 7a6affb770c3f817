"""Faults that pass: the same raw tables as without them, and nothing that a person would have to see to."""

from typing import Any

import pytest
from bench import Bench, bring_in, rows
from cases import Case

from cx_etl import status

PASSING: dict[str, dict[str, Any]] = {
    "busy, with the time to wait": {"kind": "status", "status": 429, "retry_after": 0},
    "busy, without it": {"kind": "status", "status": 429},
    "server error": {"kind": "status", "status": 500},
    "unavailable": {"kind": "status", "status": 503, "body": "upstream request timeout"},
    "a proxy's error page": {"kind": "html_error", "status": 502},
    "a web page that says 200": {"kind": "html_error", "status": 200},
    "connection breaks in the body": {"kind": "cut_body"},
    "body cut without a trace": {"kind": "cut_body", "keep_length": False},
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_passes_costs_a_call_and_loses_nothing(bench: Bench, case: Case, fault: dict[str, Any]) -> None:
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, **fault)
        bring_in(case)
        assert bench.sandbox.struck() == 1
        assert rows(dsn, case) == expected
        assert not [problem for problem in status.read().problems if f"{case.id} failed" in problem]


def test_a_request_that_times_out_is_asked_again(bench: Bench, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = bench.undisturbed(case)
    monkeypatch.setenv("CX_HTTP_REQUEST_TIMEOUT_SECONDS", "0.5")
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="timeout", seconds=1)
        bring_in(case)
        assert bench.sandbox.struck() == 1
        assert rows(dsn, case) == expected


@pytest.mark.parametrize("after", [0, 1])
def test_a_page_that_comes_twice_hides_no_other(bench: Bench, case: Case, after: int) -> None:
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="repeat_page", after=after)
        bring_in(case)
        assert rows(dsn, case) == expected


def test_the_order_of_records_in_a_page_does_not_matter(bench: Bench, case: Case) -> None:
    expected = bench.undisturbed(case)
    with bench.warehouse() as dsn:
        bench.spoil(case, kind="reorder", times=99)
        bring_in(case)
        assert rows(dsn, case) == expected
