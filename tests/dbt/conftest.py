"""A warehouse with every model built, over a generated world whose nights cross both changes of the clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from cx_etl import transform
from cx_etl.dbt_runner import DbtRun
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings
from pipelines import Built, bring_in, pipeline
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


@pytest.fixture(scope="session")
def world(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world as of its last night."""
    from sandbox.generate import generate

    dataset = tmp_path_factory.mktemp("journeys") / "generated"
    generate(dataset, seed=23, customers=150, nights=260, time_zone=ZONE)
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", ZONE, postgres, patch, "journeys") as (sandbox, dsn),
    ):
        bring_in(sandbox, NIGHT, ZONE)
        settings = load_settings()
        build_id, as_of_date = transform._open_build(settings, NIGHT)
        transform._run_models(ModelsOnly(settings, build_id, as_of_date, print))
        yield World(dsn, sandbox, settings.state_dir / "dbt" / "target" / "compiled")
