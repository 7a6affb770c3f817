"""Where the pipeline meets Airflow: the only module of the library that may import it.

What all tasks share stands here once: schedule, assets, time limits and which errors are worth another try.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

from airflow.sdk import (
    Asset,
    CronPartitionTimetable,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    PartitionedAssetTimetable,
    PartitionedAtRuntime,
    RetryAction,
    RetryRule,
    task,
)
from airflow.sdk import Connection as AirflowConnection
from airflow.sdk.exceptions import AirflowNotFoundException

from cx_etl.connections import Connection, normal_host
from cx_etl.errors import ConfigError
from cx_etl.night import parse_night
from cx_etl.settings import load_settings

OWNER = "customer-experience"
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
# Airflow 3.3.2 takes its lock per asset when it looks for the waiting run of a partition: two sources that land in the
# same few milliseconds make two waiting runs, each half filled, and neither ever starts. So they land one by one.
LANDING_POOL = "cx_landing"
MARTS = Asset(name="cx_marts", uri="cx://warehouse/marts")
# The warehouse going away in the middle of a statement is as transient as a vendor that is busy.
_WORTH_ANOTHER_TRY = ["cx_etl.errors.RetriableError", "psycopg.OperationalError"]


def night(context: Mapping[str, Any]) -> date:
    """The business date that this run is for: its partition key, never the clock."""
    key = context["dag_run"].partition_key
    if not key:
        raise ConfigError(
            f"the run {context['dag_run'].run_id} has no partition key",
            next_step='trigger it with a partition key such as "2026-11-20"',
        )
    return parse_night(key)


def nightly() -> CronPartitionTimetable | PartitionedAtRuntime:
    """By the setting's cron the night that ended before it; with "off" only when somebody asks for it.

    The embedded stack is off: its sandbox lives in the dataset's time, in which tonight never happened.
    """
    settings = load_settings()
    if settings.schedule == "off":
        return PartitionedAtRuntime()
    return CronPartitionTimetable(settings.schedule, timezone=settings.time_zone, run_offset=-1, key_format="%Y-%m-%d")


def weekly() -> CronTriggerTimetable | None:
    """By the reconcile setting's cron; with "off" only when somebody asks for it."""
    settings = load_settings()
    if settings.reconcile_schedule == "off":
        return None
    return CronTriggerTimetable(settings.reconcile_schedule, timezone=settings.time_zone)


def mailing() -> CronTriggerTimetable | None:
    """By the mail setting's cron; with "off", or without a subscription, only when somebody asks for it."""
    settings = load_settings()
    if settings.mail_schedule == "off" or not settings.subscriptions:
        return None
    return CronTriggerTimetable(settings.mail_schedule, timezone=settings.time_zone)


def connection(connection_id: str) -> Connection:
    """The connection as Airflow knows it: from its secrets backend, the environment or its store.

    Raises ConfigError without one.
    """
    try:
        found = AirflowConnection.get(connection_id)
    except AirflowNotFoundException:
        raise ConfigError(f"there is no connection {connection_id}", "add it in Airflow") from None
    return Connection(
        connection_id,
        normal_host(found.host or "", found.port),
        found.login or "",
        found.password or "",
        found.extra_dejson,
    )


def landed(account_id: str) -> Asset:
    """The asset that says: this account's night is loaded, all streams of it."""
    return Asset(name=f"cx_{account_id}", uri=f"cx://warehouse/raw/{account_id}")


def when_all_landed(account_ids: Sequence[str]) -> PartitionedAssetTimetable:
    """Starts for a night when every one of these accounts has landed that night."""
    return PartitionedAssetTimetable(assets=reduce(and_, (landed(account_id) for account_id in account_ids)))


def when_published() -> PartitionedAssetTimetable:
    """Starts for a night when its marts are published."""
    return PartitionedAssetTimetable(assets=MARTS)


def asks_about_warnings() -> bool:
    """Whether a build with warnings waits for a person."""
    return load_settings().approval_hours > 0


def ask_about_warnings(checked: Any, published: Any) -> None:
    """Wire a person's approval between gate and publication, for builds with warnings; no answer in time rejects.

    ``checked`` is what the task quality_gate returns, ``published`` what publish does. A rejected build fails the run:
    the last publication stays current, and somebody should see why.
    """
    from airflow.providers.standard.operators.hitl import ApprovalOperator

    @task.branch(execution_timeout=timedelta(minutes=5))
    def has_warnings(checked: dict) -> str:
        """Go on to the publication, or to a person if the gate has warnings."""
        return "approve_warnings" if checked["warnings"] else "publish"

    approve_warnings = ApprovalOperator(
        task_id="approve_warnings",
        subject="Publish build {{ ti.xcom_pull('quality_gate')['build_id'] }} of {{ dag_run.partition_key }}"
        " with its warnings?",
        body="{% for each in ti.xcom_pull('quality_gate')['warnings'] %}- {{ each }}\n{% endfor %}\n"
        "Evidence: {{ ti.xcom_pull('quality_gate')['evidence'] }}",
        defaults=ApprovalOperator.REJECT,
        response_timeout=timedelta(hours=load_settings().approval_hours),
        fail_on_reject=True,
        doc_md="Waits for a person to approve a build with warnings; without an answer it is rejected.",
    )
    has_warnings(checked) >> [approve_warnings, published]
    approve_warnings >> published


def task_defaults(limit: timedelta) -> dict[str, Any]:
    """Arguments of every task: an owner, a time limit, and tries again only where they can help."""
    return {
        "owner": OWNER,
        "execution_timeout": limit,
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": ExceptionRetryPolicy(
            rules=[
                RetryRule(exception=list(_WORTH_ANOTHER_TRY), action=RetryAction.RETRY),
                RetryRule(exception="builtins.Exception", action=RetryAction.FAIL),
            ]
        ),
    }


def dag_defaults(title: str, limit: timedelta) -> dict[str, Any]:
    """Arguments of every DAG: one night at a time, in order, and nothing caught up unasked."""
    return {
        "dag_display_name": title,
        "start_date": FIRST_DAY,
        "catchup": False,
        "max_active_runs": 1,
        "default_args": task_defaults(limit),
    }


def publication(context: Mapping[str, Any]) -> int:
    """The publication that started this run; for a run started by hand, the newest one of its night."""
    from cx_etl.warehouse import connect

    events = [event for each in context["triggering_asset_events"].values() for event in each]
    announced = [event.extra["publication_id"] for event in events if "publication_id" in (event.extra or {})]
    if announced:
        return int(max(announced))
    with connect() as connection:
        found = connection.execute(
            "select max(publication_id) from ops.publications where night = %s", [night(context)]
        ).fetchone()
    if found is None or found[0] is None:
        raise ConfigError(f"there is no publication of night {night(context)}", next_step="run publish_marts for it")
    return int(found[0])
