"""The gate blocks on critical failures and on checks that cannot run, and lets warnings through to a person."""

import json
import os
import threading
import time
from pathlib import Path

import psycopg
import pytest

from cx_etl import gate, publish
from cx_etl.errors import DataError, GateError
from expectations import MARTS, Check
from expectations.anomalies import WATCHED
from expectations.facts import module_of
from expectations.validation import gx_expectation
from expectations.wording import in_words
from tests.expectations.handmade import connection, put, put_orders, put_value, start_build


def _results(build_id: int) -> dict[tuple[str, str], tuple[str, bool, str]]:
    with connection() as warehouse:
        rows = warehouse.execute(
            "select mart, expectation, severity, success, observed from ops.gate_results where build_id = %s",
            (build_id,),
        ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


def _current() -> int | None:
    with connection() as warehouse:
        row = warehouse.execute("select publication_id from ops.current_publication").fetchone()
    return row[0] if row else None


def _published(orders: tuple[str, ...]) -> int:
    build_id = start_build()
    put_orders(build_id, orders)
    gate.check(build_id)
    return publish.publish(build_id).publication_id


def test_sound_candidate_passes_and_its_results_are_stored_once(marts: str) -> None:
    build_id = start_build()
    put_orders(build_id, "abc")
    gate.check(build_id)
    report = gate.check(build_id)
    assert report.warnings == ()
    assert (
        report.checks
        == len(_results(build_id))
        == len(WATCHED) + sum(len(module_of(mart).EXPECTATIONS) for mart in MARTS)
    )


def test_survey_only_dataset_is_not_blocked_by_its_empty_store(marts: str) -> None:
    build_id = start_build()
    put_value(build_id, "nps", 30)
    put(build_id, "fct_survey_responses", response_key="1", metric="nps", score=9, scale_min=0, scale_max=10)
    assert gate.check(build_id).warnings == ()


def _cut_the_first_check(dsn: str, cut: list[int]) -> None:
    """Wait until a check reads a candidate, and end its connection."""
    with psycopg.connect(dsn, autocommit=True) as warehouse:
        for _ in range(2000):
            row = warehouse.execute(
                "select pid, pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and query ilike '%audit%' and query not ilike '%pg_stat%' limit 1"
            ).fetchone()
            if row:
                cut.append(row[0])
                return
            time.sleep(0.005)


def test_a_connection_that_is_cut_is_no_red_gate(marts: str) -> None:
    build_id = start_build()
    put_orders(build_id, "abc")
    cut: list[int] = []
    cutter = threading.Thread(target=_cut_the_first_check, args=(marts, cut))
    cutter.start()
    report = gate.check(build_id)
    cutter.join()
    assert len(cut) == 1
    assert report.warnings == ()
    assert not any("could not be checked" in observed for _, _, observed in _results(build_id).values())


def test_impossible_value_blocks_and_the_error_says_all_a_person_needs(marts: str) -> None:
    first = _published(("a",))
    second = start_build()
    put_value(second, "nps", 131.5)
    with pytest.raises(GateError) as caught:
        gate.check(second)
    page = Path(os.environ["CX_STATE_DIR"]) / "evidence" / f"build-{second}" / "index.html"
    text = str(caught.value)
    assert "metric_values: expected value between -100 and 100" in text
    assert "1 of 1 rows break it" in text
    assert str(page) in text
    assert "next: " in text
    assert _current() == first
    with pytest.raises(GateError, match="critical"):
        publish.publish(second)
    assert _current() == first


def test_warning_is_published_and_listed(marts: str) -> None:
    build_id = start_build()
    put_orders(build_id, "ab", delivery_days=-1)
    report = gate.check(build_id)
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("fct_orders: expected delivery_days")
    assert publish.publish(build_id).published
    assert [each.warnings for each in publish.publications()] == [1]
    assert "delivery_days" in Path(report.evidence).read_text()


def test_emptied_mart_blocks_and_shrunken_one_warns(marts: str) -> None:
    _published(tuple("abcdefghij"))
    shrunk = start_build()
    with connection() as warehouse:
        warehouse.execute("update marts_versions.fct_orders set _valid_to = %s where order_key < 'd'", (shrunk,))
    assert any("number of rows" in warning for warning in gate.check(shrunk).warnings)
    with connection() as warehouse:
        warehouse.execute("update marts_versions.fct_orders set _valid_to = %s", (shrunk,))
    with pytest.raises(GateError, match="fct_orders: expected number of rows at least one where"):
        gate.check(shrunk)


def test_loaded_orders_that_reach_no_mart_block_the_first_publication(marts: str) -> None:
    build_id = start_build()
    _load_order(is_test=False)
    with pytest.raises(GateError, match="fct_orders: expected number of rows"):
        gate.check(build_id)


def _load_order(is_test: bool) -> None:
    with connection() as warehouse:
        required = warehouse.execute(
            "select column_name, data_type from information_schema.columns where table_schema = 'raw'"
            " and table_name = 'shopify__orders' and (is_nullable = 'NO' or column_name in ('test', 'createdAt'))"
        ).fetchall()
        samples = {"text": "x", "boolean": str(is_test), "bytea": "x"}
        values = [samples.get(kind, "2018-10-17T00:00:00Z") for _, kind in required]
        names = ", ".join(f'"{column}"' for column, _ in required)
        marks = ", ".join(["%s"] * len(values))
        warehouse.execute(f"insert into raw.shopify__orders ({names}) values ({marks})", values)


def test_loaded_test_orders_alone_block_nothing(marts: str) -> None:
    build_id = start_build()
    _load_order(is_test=True)
    assert gate.check(build_id).warnings == ()


def test_figure_that_leaves_its_published_interval_is_a_warning(marts: str) -> None:
    first = start_build()
    put_value(first, "nps", 30, grain="all_time")
    gate.check(first)
    publish.publish(first)
    second = start_build()
    with connection() as warehouse:
        warehouse.execute("update marts_versions.metric_values set _valid_to = %s", (second,))
    put_value(second, "nps", 60, grain="all_time")
    assert any("95 % interval of the last publication" in warning for warning in gate.check(second).warnings)


@pytest.mark.parametrize("breakage", ["alter view audit.fct_tickets rename column status to state", "missing view"])
def test_check_that_cannot_run_is_a_critical_failure(marts: str, breakage: str) -> None:
    build_id = start_build()
    with connection() as warehouse:
        warehouse.execute("drop view audit.fct_tickets" if breakage == "missing view" else breakage)
    with pytest.raises(GateError, match="could not be checked"):
        gate.check(build_id)
    broken = [row for key, row in _results(build_id).items() if "could not be checked" in row[2]]
    assert broken
    assert all(severity == "critical" and not success for severity, success, _ in broken)


def test_no_value_of_a_row_reaches_results_or_evidence(marts: str) -> None:
    build_id = start_build()
    put(build_id, "dim_customers", customer_key="1", name="Ada Hidden", email="ada@example.org", country="Ada Hidden")
    report = gate.check(build_id)
    assert report.warnings
    folder = Path(report.evidence).parent
    pages = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert len(pages) == 1 + len(MARTS)
    assert not any("Hidden" in page or "ada@" in page for page in pages)
    json.loads((folder / "results" / "fct_orders.json").read_text())


def test_only_the_newest_finished_build_can_be_checked(marts: str) -> None:
    first, running = start_build(), start_build(status="running")
    with pytest.raises(DataError, match=f"{running} is"):
        gate.check(first)
    with pytest.raises(DataError, match="is running"):
        gate.check(running)
    with pytest.raises(DataError, match="no build 99"):
        gate.check(99)


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_has_distinct_expectations_that_the_tool_accepts(mart: str) -> None:
    checks: tuple[Check, ...] = module_of(mart).EXPECTATIONS
    assert {"critical", "warning"} <= {each.severity for each in checks}
    assert len({in_words(each) for each in checks}) == len(checks)
    for each in checks:
        assert each.reason
        assert gx_expectation(each).severity.value == each.severity
