"""A generated world whose nights cross both changes of the clock, with every model built over it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cx_etl.dbt_runner import DbtRun
from pipelines import Built
from sandboxes import Sandbox

ZONE = "Europe/Lisbon"
NIGHT = date(2026, 11, 20)


@dataclass(frozen=True)
class World(Built):
    """A finished build, what it was made from, and the SQL of its models."""

    sandbox: Sandbox
    compiled: Path

    def sql(self, model: str) -> str:
        """What the model selects, as it was sent to the warehouse."""
        return next(self.compiled.rglob(f"models/**/{model}.sql")).read_text(encoding="utf-8")


class ModelsOnly(DbtRun):
    """A build without the models' own tests, which run elsewhere."""

    def invoke(self, command: str, *options: str) -> None:
        leave_out = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
        super().invoke(command, *options, *(leave_out if command == "build" else ()))
