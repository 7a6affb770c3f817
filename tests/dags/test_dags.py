"""What every DAG and every task must have, and the one edge that must never go missing: the gate before publishing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cx_etl.sources import enabled_accounts
from tests.dags.test_plugin import run_python

ROOT = Path(__file__).resolve().parents[2]
_SUBSCRIPTION = '[[subscriptions]]\nname = "board"\nto = ["ann@example.invalid"]\n'


@pytest.fixture(scope="module")
def parsed(airflow_environment: dict[str, str]) -> dict[str, Any]:
    return _parse(airflow_environment)


def _parse(environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("describe_dags.py")), str(ROOT / "dags")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def tasks_of(parsed: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for dag_id, dag in parsed["dags"].items():
        for task_id, task in dag["tasks"].items():
            yield f"{dag_id}.{task_id}", task


def ancestors(tasks: dict[str, Any], task_id: str) -> set[str]:
    direct = set(tasks[task_id]["upstream"])
    return direct.union(*(ancestors(tasks, one) for one in direct))


def test_every_dag_file_is_read_without_error(parsed: dict[str, Any]) -> None:
    assert parsed["dags"], "the bag is empty"
    assert parsed["errors"] == {}


def test_there_is_one_dag_per_account_and_four_more(parsed: dict[str, Any]) -> None:
    expected = {f"extract_{account.id}" for account in enabled_accounts()}
    assert set(parsed["dags"]) == expected | {"publish_marts", "daily_snapshot", "reconcile", "send_mails"}


def test_every_stream_is_reconciled_each_week_but_those_that_cannot_look_back(parsed: dict[str, Any]) -> None:
    streams = {f"reconcile_{one.id}_{stream.name}" for one in enabled_accounts() for stream in one.source.streams}
    # A list of the last 30 days, whatever is asked for.
    assert streams - set(parsed["dags"]["reconcile"]["tasks"]) == {"reconcile_zendesk_deleted_tickets"}
    assert parsed["dags"]["reconcile"]["timetable"] == "CronTriggerTimetable"


def test_parsing_brings_in_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert parsed["heavy"] == []


def test_publish_waits_for_the_gate_and_the_gate_for_the_build(parsed: dict[str, Any]) -> None:
    tasks = parsed["dags"]["publish_marts"]["tasks"]
    assert ancestors(tasks, "publish") == {"build_marts", "quality_gate"}
    assert ancestors(tasks, "quality_gate") == {"build_marts"}
    assert ancestors(tasks, "prune") == {"build_marts", "quality_gate", "publish"}


def test_by_setting_a_person_stands_between_warnings_and_publication(airflow_environment: dict[str, str]) -> None:
    parsed = _parse({**airflow_environment, "CX_GATE_APPROVAL_HOURS": "4"})
    assert parsed["errors"] == {}
    assert parsed["heavy"] == []
    tasks = parsed["dags"]["publish_marts"]["tasks"]
    assert set(tasks["publish"]["upstream"]) == {"quality_gate", "has_warnings", "approve_warnings"}
    assert tasks["approve_warnings"]["upstream"] == ["has_warnings"]


def test_publish_is_the_only_task_that_announces_marts(parsed: dict[str, Any]) -> None:
    assert [name for name, task in tasks_of(parsed) if "cx_marts" in task["outlets"]] == ["publish_marts.publish"]


def test_a_night_lands_only_after_every_stream_of_its_source_is_loaded(parsed: dict[str, Any]) -> None:
    for account in enabled_accounts():
        tasks = parsed["dags"][f"extract_{account.id}"]["tasks"]
        steps = {f"{verb}_{stream.name}" for verb in ("extract", "load") for stream in account.source.streams}
        assert ancestors(tasks, "night_landed") == steps | {"plan_quota"}
        assert tasks["night_landed"]["outlets"] == [f"cx_{account.id}"]
        for stream in account.source.streams:
            assert tasks[f"load_{stream.name}"]["upstream"] == [f"extract_{stream.name}"]
            assert tasks[f"extract_{stream.name}"]["upstream"] == ["plan_quota"]


def test_sources_land_one_by_one(parsed: dict[str, Any]) -> None:
    """Two at once make Airflow 3.3.2 wait for ever: see the comment on the pool."""
    landing = {name: task["pool"] for name, task in tasks_of(parsed) if name.endswith(".night_landed")}
    assert set(landing.values()) == {"cx_landing"}
    for creator in ("plugins/cx_etl/local/commands.py", "docker-compose.yml"):
        assert "cx_landing" in (ROOT / creator).read_text()


def test_every_task_has_owner_limit_and_doc(parsed: dict[str, Any]) -> None:
    lacking = [
        name
        for name, task in tasks_of(parsed)
        if not (task["doc"] and task["timeout"] and task["owner"] == "customer-experience")
    ]
    assert lacking == []


def test_only_errors_that_may_pass_are_tried_again(parsed: dict[str, Any]) -> None:
    for name, task in tasks_of(parsed):
        (transient, first), (rest, second) = task["retry_rules"]
        assert "cx_etl.errors.RetriableError" in transient, name
        assert (first, rest, second) == ("retry", "builtins.Exception", "fail"), name
        assert task["retries"] >= 1, name


def test_every_dag_has_tags_a_doc_and_one_night_at_a_time(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert dag["tags"], dag_id
        assert dag["doc"], dag_id
        assert (dag["catchup"], dag["max_active_runs"]) == (False, 1), dag_id


@pytest.mark.parametrize(
    ("subscriptions", "cron", "kind"),
    [
        ("", "0 * * * *", "NoneType"),
        (_SUBSCRIPTION, "0 * * * *", "CronTriggerTimetable"),
        (_SUBSCRIPTION, "off", "NoneType"),
    ],
)
def test_mails_are_sent_hour_by_hour_to_those_who_subscribe(
    airflow_environment: dict[str, str], tmp_path: Path, subscriptions: str, cron: str, kind: str
) -> None:
    settings = tmp_path / "cx.toml"
    settings.write_text((ROOT / "cx.toml").read_text() + subscriptions)
    environment = {**airflow_environment, "CX_CONFIG": str(settings), "CX_MAIL_CRON": cron}
    script = "from cx_etl import airflow_io; print(type(airflow_io.mailing()).__name__)"
    assert run_python(script, environment).splitlines()[-1] == kind


def test_sources_follow_the_cron_and_the_rest_follows_assets(parsed: dict[str, Any]) -> None:
    kinds = {dag_id: dag["timetable"] for dag_id, dag in parsed["dags"].items()}
    extracts = {kind for dag_id, kind in kinds.items() if dag_id.startswith("extract_")}
    assert extracts == {"CronPartitionTimetable"}
    assert kinds["publish_marts"] == kinds["daily_snapshot"] == "PartitionedAssetTimetable"
