"""Running nights through the stack's Airflow, one after the other, as its scheduler would have run them."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from cx_etl.errors import CxError
from cx_etl.local import stack as stacks
from cx_etl.local.airflow_api import AirflowApi, Run, Step
from cx_etl.local.layout import write_json
from cx_etl.local.progress import Progress, failure_text
from cx_etl.local.stack import Stack
from sandbox import files

PUBLISH = "publish_marts"
SNAPSHOT = "daily_snapshot"
_UNDER_WAY = {"queued", "running"}
# What follows a DAG starts within a second or two; after this long it never will.
_LONGEST_SILENCE = 20.0


@dataclass(frozen=True)
class StepTime:
    """How long one step of a night took, without the time it waited for its turn."""

    name: str
    state: str
    seconds: float


@dataclass(frozen=True)
class NightReport:
    """One night: from the first task's start to the last one's end, or what was found when it was there already."""

    night: date
    reused: bool
    publication_id: int | None
    seconds: float
    steps: tuple[StepTime, ...]


def run_nights(stack: Stack, accounts: Sequence[str], nights: Sequence[date], console: Console) -> list[NightReport]:
    """After this every night is published and has its snapshot. A night that had both is left alone.

    Raises CxError with the failing task's last words; the nights after a failed one are not started.
    """
    reports = []
    with AirflowApi(stack.airflow_url, stack.admin_password) as api:
        for night in nights:
            report = _run_night(stack, api, accounts, night, console)
            console.print(_sentence(report), highlight=False)
            reports.append(report)
            write_timings(stack, reports)
    return reports


def write_timings(stack: Stack, reports: Sequence[NightReport]) -> None:
    """After this timings.json in the dataset's state holds the step times of these nights."""
    nights = [{**asdict(report), "night": report.night.isoformat()} for report in reports]
    written = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "nights": nights}
    write_json(stack.layout.state(stack.dataset.name) / "timings.json", written)


def _run_night(stack: Stack, api: AirflowApi, accounts: Sequence[str], night: date, console: Console) -> NightReport:
    started = time.monotonic()
    runs = api.latest_runs(night)
    reused = _is_complete(runs)
    if not reused:
        _set_clock(stack, night)
        extracts = [f"extract_{account}" for account in accounts]
        _trigger(api, _to_trigger(extracts, runs), night)
        with Progress(console, night) as progress:
            runs = _wait(stack, api, extracts, night, progress)
    steps = tuple(StepTime(step.name, step.state, step.seconds or 0.0) for step in api.steps(runs.values()))
    return NightReport(night, reused, _publication(night), time.monotonic() - started, steps)


def _is_complete(runs: dict[str, Run]) -> bool:
    return all(dag_id in runs and runs[dag_id].state == "success" for dag_id in (PUBLISH, SNAPSHOT))


def _to_trigger(extracts: Sequence[str], runs: dict[str, Run]) -> list[str]:
    """What to start so that the night goes on where it stopped: everything, or only what is missing or failed.

    What follows a started DAG starts by itself, by the asset that the DAG emits.
    """
    for stage in (extracts, [PUBLISH], [SNAPSHOT]):
        missing = [dag_id for dag_id in stage if dag_id not in runs or runs[dag_id].state == "failed"]
        if missing:
            return missing
        if any(runs[dag_id].state in _UNDER_WAY for dag_id in stage):
            return []
    return []


def _trigger(api: AirflowApi, dag_ids: Sequence[str], night: date) -> None:
    for dag_id in dag_ids:
        api.trigger(dag_id, night)


def _wait(stack: Stack, api: AirflowApi, extracts: Sequence[str], night: date, progress: Progress) -> dict[str, Run]:
    """The night's runs when the last of them succeeded. Raises CxError as soon as one failed.

    When nothing is under way and the night is not complete, what should have followed is started.
    """
    busy_at = time.monotonic()
    while True:
        runs = api.latest_runs(night)
        steps = api.steps(runs.values())
        progress.show(steps)
        failed = [run for run in runs.values() if run.state == "failed"]
        if failed:
            raise CxError(_failures(stack, night, steps), next_step="after a fix, the same command goes on here")
        if _is_complete(runs):
            return runs
        if any(run.state in _UNDER_WAY for run in runs.values()):
            busy_at = time.monotonic()
        elif time.monotonic() - busy_at > _LONGEST_SILENCE:
            _trigger(api, _to_trigger(extracts, runs), night)
            busy_at = time.monotonic()
        if not stacks.is_running(stack.layout):
            raise CxError("the stack was stopped while the night ran", next_step="start it again with `make run`")
        time.sleep(0.7)


def _failures(stack: Stack, night: date, steps: Sequence[Step]) -> str:
    tasks_log = stack.layout.log / "tasks" / stack.dataset.name
    told = [failure_text(step, tasks_log) for step in steps if step.state == "failed"]
    return "\n".join([f"night {night} failed", *told])


def _set_clock(stack: Stack, night: date) -> None:
    """Move the sandbox to 02:00 local of the morning after, when the schedule would have started the night.

    What has been dropped until then is in the drops.
    """
    local = datetime.combine(night + timedelta(days=1), day_time(2), ZoneInfo(stack.dataset.time_zone))
    now = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = httpx.put(f"{stack.sandbox_url}/_control/clock", json={"now": now}, timeout=30, trust_env=False)
    answer.raise_for_status()
    files.deliver(stack.dataset.directory, local, stack.layout.drop(stack.dataset.name))


def _publication(night: date) -> int | None:
    from cx_etl.warehouse import connect

    with connect() as connection:
        found = connection.execute(
            "select max(publication_id) from ops.publications where night = %s", [night]
        ).fetchone()
    return found[0] if found else None


def _sentence(report: NightReport) -> str:
    what = "nothing new to publish" if report.publication_id is None else f"published as {report.publication_id}"
    if report.reused:
        return f"night {report.night}: already {what}, reused"
    return f"night {report.night}: {what} in {report.seconds:.0f} s"
