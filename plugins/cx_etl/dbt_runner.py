"""dbt in this process: where its project and its files are, what it is told, and what its failures mean."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cx_etl.errors import CxError, RetriableError
from cx_etl.settings import Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

THREADS = 2
# How PostgreSQL and its client say that the server went away, in whatever model noticed: the models are not to blame.
SERVER_LOST = (
    *("server closed the connection", "terminating connection", "connection to server", "connection already closed"),
    *("the database system is", "could not receive data from server", "SSL connection has been closed"),
)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class DbtRun:
    """The dbt commands of one build, in this process."""

    settings: Settings
    build_id: int
    as_of_date: date
    progress: Progress

    def invoke(self, command: str, *options: str) -> None:
        """Run the command. Raises CxError naming the first model that failed, RetriableError for a lost server."""
        values = {
            "build_id": self.build_id,
            "as_of_date": self.as_of_date.isoformat(),
            "time_zone": self.settings.time_zone,
        }
        options = ("--vars", json.dumps(values), "--threads", str(THREADS), *options)
        outcome = self._run(self.manifest, command, *options)
        if not outcome.success:
            raise _failure(outcome, self._log_path)

    @cached_property
    def manifest(self) -> "Manifest":
        """The parsed project, read once for all commands of the build. Raises CxError if it cannot be parsed.

        It is parsed without the build's values, which no declaration depends on: with others than the last time dbt
        would read every file anew.
        """
        from dbt.contracts.graph.manifest import Manifest

        outcome = self._run(None, "parse", "--no-write-json")
        if not isinstance(outcome.result, Manifest):
            raise _failure(outcome, self._log_path)
        return outcome.result

    def _run(self, manifest: "Manifest | None", command: str, *options: str) -> "dbtRunnerResult":
        from dbt.cli.main import dbtRunner

        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        runner = dbtRunner(manifest, callbacks=[_model_lines(self.progress)])
        with variables_set(dbt_environment(self.settings)):
            return runner.invoke([command, *dbt_arguments(self.settings), *options])

    @property
    def _log_path(self) -> Path:
        return self.settings.state_dir / "dbt" / "logs" / "dbt.log"


def dbt_arguments(settings: Settings) -> list[str]:
    """The options every dbt command of this project needs: where it is, where it writes, and silence."""
    project, work = settings.root / "dbt_project", settings.state_dir / "dbt"
    return [
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", str(work / "target"), "--log-path", str(work / "logs")),
        *("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats"),
        # Every statement in the log costs a tenth of a build; the SQL of each model is under target/ as it is.
        *("--log-level-file", "info"),
    ]


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The warehouse connection, as dbt_project/profiles.yml reads it."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(settings.warehouse_dsn)
    names = ("host", "port", "user", "password", "dbname", "sslmode")
    return {f"CX_DBT_{name.upper()}": str(parts[name]) for name in names if parts.get(name)}


@contextmanager
def variables_set(values: dict[str, str]) -> Iterator[None]:
    """Set variables for the block, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _model_lines(progress: Progress) -> Callable[[Any], None]:
    """A dbt event callback that passes on the line of each finished model."""

    def on_event(event: Any) -> None:
        if event.info.name == "LogModelResult":
            progress(event.info.msg)

    return on_event


def _failure(outcome: Any, log_path: Path) -> CxError:
    """The error of a failed run: its first failing node, or what kept dbt from running at all."""
    results = getattr(outcome.result, "results", None) or []
    failed = [each for each in results if str(each.status) in ("error", "fail", "runtime error")]
    for told in (*(each.message for each in failed), outcome.exception):
        if any(words in str(told) for words in SERVER_LOST):
            return RetriableError(f"the warehouse went away during dbt: {told}", "see that it runs, then build again")
    if not failed:
        return CxError(f"dbt could not run: {outcome.exception}", f"read {log_path}")
    first = failed[0]
    compiled = getattr(first.node, "compiled_path", None)  # a unit test has none
    return CxError(
        f"dbt {first.node.resource_type} {first.node.name} failed ({len(failed)} in all): {first.message}",
        f"read {log_path}" + (f"; its SQL is in {compiled}, and the candidate in schema audit" if compiled else ""),
    )
