"""Showing a night while it runs: a live table on a terminal, one line per finished step elsewhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cx_etl.local.airflow_api import Step

_COLOURS = {"success": "green", "failed": "red", "upstream_failed": "red", "running": "cyan", "up_for_retry": "yellow"}
_ENDED = {"success", "failed", "upstream_failed", "up_for_retry"}


@dataclass
class Progress:
    """Shows the steps of one night; use as a context manager and call `show` as often as there is news."""

    console: Console
    night: date
    _live: Live | None = None
    _told: set[tuple[str, int, str]] = field(default_factory=set)

    def __enter__(self) -> "Progress":
        if self.console.is_terminal:
            self._live = Live(self._table([]), console=self.console, refresh_per_second=4)
            self._live.start()
        else:
            self.console.print(f"night {self.night}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, steps: Sequence[Step]) -> None:
        """Bring the display up to date."""
        if self._live is not None:
            self._live.update(self._table(steps))
            return
        for step in steps:
            key = (f"{step.run_id}{step.name}", step.attempt, step.state)
            if step.state in _ENDED and key not in self._told:
                self._told.add(key)
                self.console.print(f"  {step.name:<48} {step.state:<14} {_seconds(step)} s", highlight=False)

    def _table(self, steps: Sequence[Step]) -> Table:
        table = Table(title=f"Night {self.night}", title_justify="left", expand=False)
        for heading in ("dag", "step", "state"):
            table.add_column(heading)
        table.add_column("seconds", justify="right", min_width=9)
        for step in steps:
            colour = _COLOURS.get(step.state, "dim")
            table.add_row(step.dag_id, step.task_id, f"[{colour}]{step.state}[/]", _seconds(step))
        return table


def failure_text(step: Step, tasks_log: Path) -> str:
    """What a failed step said last, and the file in which all of it stands."""
    name = f"dag_id={step.dag_id}/run_id={step.run_id}/task_id={step.task_id}/attempt={max(step.attempt, 1)}.log"
    path = tasks_log / name
    if not path.exists():
        return f"{step.name} {step.state}; it left no log at {path}"
    said = [text for text in map(_readable, path.read_text(errors="replace").splitlines()) if text]
    return "\n".join([f"{step.name} {step.state}:", *(f"  {text}" for text in said[-8:]), f"  all of it: {path}"])


def _readable(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    errors = [f"{e['exc_type']}: {e['exc_value']}" for e in entry.get("error_detail") or []]
    if entry.get("level") in ("debug", "info") and not errors:
        return ""
    return "; ".join([str(entry.get("event", "")), *errors])


def _seconds(step: Step) -> str:
    if step.seconds is not None:
        return f"{step.seconds:.1f}"
    if step.started is None:
        return ""
    return f"{(datetime.now(UTC) - step.started).total_seconds():.0f}…"
