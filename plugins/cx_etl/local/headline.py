"""What a person sees at the end of `make run`: the figures, where everything is, and what took how long."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from cx_etl.local.nights import NightReport
from cx_etl.local.stack import Stack

_FIGURES = """
    select distinct on (metric_variant, grain)
        metric_variant, grain, value, n, ci_low, ci_high, period_end
    from marts.metric_values
    where grain in ('all_time', 'rolling_30d') and segment_name = 'all'
    order by metric_variant, grain, period_start desc
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
    title = f"Publication {current[0]}, as of {current[1]}, {current[2]} warnings" if current else "Nothing published"
    table = Table(title=title, title_justify="left")
    table.add_column("metric", no_wrap=True)
    for heading in ("last 30 days", "95 % interval", "n", "all time", "n"):
        table.add_column(heading, justify="right")
    by_metric: dict[str, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for metric, grain, *values in rows:
        by_metric[metric][grain] = tuple(values)
    for metric, grains in sorted(by_metric.items()):
        month, ever = (grains.get(grain, (None,) * 5) for grain in ("rolling_30d", "all_time"))
        interval = "" if month[2] is None else f"{_number(month[2])} … {_number(month[3])}"
        table.add_row(metric, _number(month[0]), interval, _count(month[1]), _number(ever[0]), _count(ever[1]))
    return table


def _times(reports: Sequence[NightReport]) -> Table:
    table = Table(title="Seconds per step", title_justify="left")
    table.add_column("step", no_wrap=True)
    ran = [report for report in reports if not report.reused]
    for report in ran:
        table.add_column(report.night.isoformat(), justify="right")
    by_step: dict[str, dict[object, float]] = defaultdict(dict)
    for report in ran:
        for step in report.steps:
            by_step[step.name][report.night] = step.seconds
    for name, times in by_step.items():
        table.add_row(name, *(f"{times[r.night]:.1f}" if r.night in times else "" for r in ran))
    table.add_row("the whole night", *(f"{report.seconds:.1f}" for report in ran), style="bold")
    return table


def _number(value: object) -> str:
    return "" if value is None else f"{float(str(value)):,.2f}"


def _count(value: object) -> str:
    return "" if value is None else f"{int(str(value)):,}"
