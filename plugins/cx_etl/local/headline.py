"""What a person sees at the end of `make run`: the figures, where everything is, and what took how long."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table

from cx_etl.local.nights import NightReport
from cx_etl.local.stack import Stack
from cx_etl.snapshot.definitions import HEADLINES, Metric

_FIGURES = """
    select metric_variant, grain, value, n, ci_low, ci_high
    from marts.metric_values
    where
        grain in ('all_time', 'rolling_30d') and segment_name = 'all'
        and period_end = (
            select as_of_date + 1 from ops.publications inner join ops.current_publication using (publication_id)
        )
"""
_CURRENT = """
    select publications.publication_id, publications.as_of_date, publications.warnings, snapshots.path
    from ops.current_publication
    inner join ops.publications using (publication_id)
    left join ops.snapshots using (publication_id)
"""


def print_summary(stack: Stack, reports: Sequence[NightReport], console: Console) -> None:
    """Print everything that a newcomer wants to see next."""
    from cx_etl.warehouse import connect, dsn

    with connect() as connection:
        figures = connection.execute(_FIGURES).fetchall()
        current = connection.execute(_CURRENT).fetchone()
    console.print()
    console.print(_figures(figures, current))
    if not all(report.reused for report in reports):
        console.print(_times(reports))
    places = {
        "snapshot": current[3] if current else None,
        "Airflow": f"{stack.airflow_url}  (admin / {stack.admin_password})",
        "BI tools": dsn("bi"),
        "sandbox": stack.sandbox_url,
        "stop it": "make down",
    }
    for what, where in places.items():
        console.print(f"{what:<10} {where or 'not there'}", highlight=False, soft_wrap=True)


def _figures(rows: Sequence[tuple[Any, ...]], current: tuple[Any, ...] | None) -> Table:
    title = f"Publication {current[0]}, as of {current[1]}, warnings: {current[2]}" if current else "Nothing published"
    table = Table(title=title, title_justify="left")
    table.add_column("metric", no_wrap=True)
    for heading in ("last 30 days", "95 % interval", "n", "all time", "n"):
        table.add_column(heading, justify="right")
    found = {(metric, grain): values for metric, grain, *values in rows}
    for metric in HEADLINES:
        month, ever = (found.get((metric.variant, grain)) for grain in ("rolling_30d", "all_time"))
        value, count = _value(metric, month)
        interval = metric.unit.interval(month[2], month[3]) if month and month[2] is not None else "-"
        table.add_row(metric.label, value, interval, count, *_value(metric, ever))
    return table


def _value(metric: Metric, values: Sequence[Any] | None) -> tuple[str, str]:
    return (metric.unit.value(values[0]), f"{values[1]:,}") if values else ("-", "-")


def _times(reports: Sequence[NightReport]) -> Table:
    """Seconds of work: the tasks of a source, which run side by side, together; of the other DAGs each its own."""
    table = Table(title="Seconds of work (the tasks of a source together)", title_justify="left")
    table.add_column("step", no_wrap=True)
    ran = [report for report in reports if not report.reused]
    for report in ran:
        table.add_column(report.night.isoformat(), justify="right")
    by_step: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for report in ran:
        for step in report.steps:
            by_step[_group(step.name)][report.night] += step.seconds
    # Sources in the order of their names, the steps after them in the order they ran.
    for name, times in sorted(by_step.items(), key=lambda item: (1, "") if "." in item[0] else (0, item[0])):
        table.add_row(name, *(f"{times[r.night]:.1f}" if r.night in times else "" for r in ran))
    table.add_row("the whole night by the clock", *(f"{report.seconds:.1f}" for report in ran), style="bold")
    return table


def _group(step: str) -> str:
    return step.partition(".")[0] if step.startswith("extract_") else step
