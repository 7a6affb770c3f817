"""Which runs a night still needs, and which nights and datasets a person may ask for."""

from datetime import date
from pathlib import Path

import pytest

from cx_etl.errors import ConfigError
from cx_etl.local import dataset as datasets
from cx_etl.local.airflow_api import Run, Step
from cx_etl.local.commands import _nights
from cx_etl.local.dataset import Dataset
from cx_etl.local.layout import Layout
from cx_etl.local.nights import _is_complete, _to_trigger
from cx_etl.local.progress import failure_text

EXTRACTS = ["extract_a", "extract_b"]
SHOP = Dataset(Path("/shop"), "shop", "UTC", date(2018, 10, 1), date(2018, 10, 18))


def runs(**states: str) -> dict[str, Run]:
    return {dag_id: Run(dag_id, "run", state, None) for dag_id, state in states.items()}


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ({}, EXTRACTS),
        ({"extract_a": "success", "extract_b": "failed"}, ["extract_b"]),
        ({"extract_a": "success"}, ["extract_b"]),
        ({"extract_a": "running", "extract_b": "success"}, []),
        ({"extract_a": "success", "extract_b": "success", "publish_marts": "failed"}, ["publish_marts"]),
        (
            {"extract_a": "success", "extract_b": "success", "publish_marts": "success", "daily_snapshot": "failed"},
            ["daily_snapshot"],
        ),
    ],
)
def test_a_night_goes_on_where_it_stopped(there: dict[str, str], wanted: list[str]) -> None:
    assert _to_trigger(EXTRACTS, runs(**there)) == wanted


def test_a_night_is_complete_with_publication_and_snapshot() -> None:
    assert _is_complete(runs(publish_marts="success", daily_snapshot="success"))
    assert not _is_complete(runs(publish_marts="success"))
    assert not _is_complete(runs(publish_marts="success", daily_snapshot="running"))


def test_the_last_three_nights_are_meant_when_none_are_named() -> None:
    assert _nights(SHOP, None) == [date(2018, 10, 16), date(2018, 10, 17), date(2018, 10, 18)]


def test_nights_outside_the_dataset_are_refused_with_its_range() -> None:
    with pytest.raises(ConfigError, match=r"2018-10-01\.\.2018-10-18"):
        _nights(SHOP, "2018-10-18..2018-10-19")


def test_a_directory_with_a_dataset_toml_is_used_as_it_is(tmp_path: Path) -> None:
    facts = 'name = "Corner Shop!"\ntime_zone = "Asia/Riyadh"\nfirst_night = 2018-10-01\nlast_night = "2018-10-18"\n'
    (tmp_path / "dataset.toml").write_text(facts)
    found = datasets.resolve(Layout(tmp_path), tmp_path)
    assert (found.warehouse, found.airflow, found.last_night) == (
        "cx_corner_shop",
        "airflow_corner_shop",
        date(2018, 10, 18),
    )


@pytest.mark.parametrize("facts", ["", 'name = "x"', 'name = "!!"\ntime_zone = "UTC"', "name = ["])
def test_a_broken_dataset_toml_is_said_to_be_broken(tmp_path: Path, facts: str) -> None:
    (tmp_path / "dataset.toml").write_text(facts)
    with pytest.raises(ConfigError, match="is not a dataset"):
        datasets.resolve(Layout(tmp_path), tmp_path)


def test_a_failure_is_told_in_the_tasks_own_words(tmp_path: Path) -> None:
    step = Step("extract_a", "run", "extract_orders", "failed", 1.0, 1, None)
    log = tmp_path / "dag_id=extract_a" / "run_id=run" / "task_id=extract_orders" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    log.write_text(
        '{"level": "info", "event": "starting"}\n'
        '{"level": "error", "event": "Task failed", "error_detail": [{"exc_type": "Oops", "exc_value": "short"}]}\n'
    )
    told = failure_text(step, tmp_path)
    assert "Oops: short" in told
    assert "starting" not in told
    assert str(log) in told
