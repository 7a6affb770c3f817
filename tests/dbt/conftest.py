"""A warehouse with every model built, over a generated world whose nights cross both changes of the clock."""

from collections.abc import Iterator

import pytest

from built_world import NIGHT, ZONE, ModelsOnly, World
from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.settings import load_settings
from pipelines import bring_in, pipeline


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
        opened = transform.open_build(settings, NIGHT)
        transform.run_models(ModelsOnly(settings, opened.build_id, opened.as_of_date, print), opened.basis)
        yield World(dsn, sandbox, settings.state_dir / "dbt" / "target" / "compiled")
