"""The quota plan: what the last nights took, against what the vendor allows, before the first call."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from cx_etl import quota, sources
from cx_etl.errors import QuotaError
from cx_etl.nightly import extract_all
from cx_etl.settings import ROOT
from cx_etl.sources import account, typeform
from cx_etl.sources.base import Budget
from raw_state import answer
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)


def _loaded(dsn: str, stream: str, night: date, calls: int, hours_ago: float, first: bool = False) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            """
            insert into ops.loads (
                source, account, stream, night, run_id, window_from, window_to, pages, calls, rows_read, rows_new,
                rows_changed, rows_same, rows_rejected, bytes, seconds, status, loaded_at
            )
            values ('typeform', 'main', %s, %s, 'r', %s, now(), 1, %s, 1, 1, 0, 0, 0, 1, 1, 'done',
                    now() - make_interval(hours => 0, mins => %s))
            """,
            (stream, night, "1970-01-01" if first else "2026-11-01", calls, round(hours_ago * 60)),
        )


@pytest.fixture
def _a_day_of_500(monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = (Budget("calls a day", 500, quota.DAY_SECONDS), Budget("forms", 6, 60, streams=("forms",)))
    monkeypatch.setitem(sources.SOURCES, "typeform", replace(typeform.SOURCE, budgets=budgets))


@pytest.mark.usefixtures("_a_day_of_500")
def test_the_plan_counts_what_the_last_nights_took(warehouse: str) -> None:
    for back, calls in ((1, 210), (2, 250), (3, 230)):
        _loaded(warehouse, "responses", NIGHT - timedelta(days=back), calls, hours_ago=24.5 * back)
        _loaded(warehouse, "forms", NIGHT - timedelta(days=back), 3, hours_ago=24.5 * back)
    _loaded(warehouse, "responses", NIGHT - timedelta(days=9), 499, hours_ago=24.5 * 9, first=True)
    day, forms = quota.plan([account("typeform")])
    assert (day.expected, day.spent, day.unknown, day.problem) == (253, 0, 0, None)
    assert (forms.expected, forms.minutes, forms.problem) == (3, 0.5, None)


@pytest.mark.usefixtures("_a_day_of_500")
def test_calls_of_today_are_spent(warehouse: str) -> None:
    _loaded(warehouse, "responses", NIGHT - timedelta(days=1), 300, hours_ago=23)
    (day, _) = quota.plan([account("typeform")])
    assert (day.expected, day.spent, day.unknown) == (300, 300, 1)
    assert day.problem == "300 calls expected, 200 of 500 left"


@pytest.mark.usefixtures("_a_day_of_500")
def test_a_night_that_does_not_fit_is_refused_before_its_first_call(sandbox: Sandbox, warehouse: str) -> None:
    _loaded(warehouse, "responses", NIGHT - timedelta(days=1), 300, hours_ago=23)
    with pytest.raises(QuotaError, match="typeform, calls a day: 300 calls expected, 200 of 500 left"):
        list(extract_all(NIGHT, ("typeform",)))
    assert answer(warehouse, "select count(*) from ops.loads where night = '2026-11-20'") == 0


@pytest.mark.usefixtures("_a_day_of_500")
def test_an_account_with_a_larger_plan_says_so(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _loaded(warehouse, "responses", NIGHT - timedelta(days=1), 700, hours_ago=25)
    assert quota.plan([account("typeform")])[0].problem == "700 calls expected, 500 of 500 left"
    own = '\n[options.typeform.budgets]\n"calls a day" = 2000\n'
    (tmp_path / "cx.toml").write_text((ROOT / "cx.toml").read_text() + own)
    monkeypatch.setenv("CX_CONFIG", str(tmp_path / "cx.toml"))
    day, forms = quota.plan([account("typeform")])
    assert (day.budget.calls, day.problem) == (2000, None)
    assert forms.budget.calls == 6


@pytest.mark.usefixtures("_a_day_of_500")
def test_a_load_of_all_history_is_no_measure_of_a_night(warehouse: str) -> None:
    _loaded(warehouse, "responses", NIGHT - timedelta(days=1), 480, hours_ago=25, first=True)
    (day, _) = quota.plan([account("typeform")])
    assert (day.expected, day.unknown, day.problem) == (0, 2, None)


@pytest.mark.usefixtures("_a_day_of_500")
def test_a_pace_that_takes_longer_than_a_stream_may_is_a_problem(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_HTTP_STREAM_DEADLINE_SECONDS", "60")
    _loaded(warehouse, "forms", NIGHT - timedelta(days=1), 30, hours_ago=25)
    (_, forms) = quota.plan([account("typeform")])
    assert forms.problem == "takes 5 minutes, a stream may take 1"
    assert "problem: takes 5 minutes" in quota.as_text([forms])
