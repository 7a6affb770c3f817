"""The workbench of the connector suite: one sandbox and one server for all tests of a file."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import NIGHT, Bench
from cases import CASES, Case
from drops import Drop, entry

from cx_etl.sources import source
from sandboxes import serving
from warehouses import Warehouses


@pytest.fixture(scope="module")
def shared_bench(
    small_dataset: Path, warehouses: Warehouses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """The sandbox over the small dataset, connected as all systems."""
    with serving(small_dataset) as sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox.connect(patch)
        patch.setenv("CX_DATASET", str(small_dataset))
        patch.setenv("CX_TIME_ZONE", "UTC")
        patch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
        patch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
        yield Bench(sandbox, warehouses, tmp_path_factory.mktemp("bench"))


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Each stream in turn, with pages so small that there are several."""
    found: Case = request.param
    for name, value in found.small.items():
        monkeypatch.setattr(f"{source(found.source).auth.__module__}.{name}", value)
    return found


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    """The workbench without faults, its clock after the last night."""
    shared_bench.sandbox.heal()
    shared_bench.sandbox.at_end_of(NIGHT)
    return shared_bench


@pytest.fixture
def drop(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drop:
    """An empty drop folder that is declared and connected as the source chat."""
    folder = tmp_path / "drop"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps({"host": str(folder)}))
    found = Drop(folder, warehouse, monkeypatch)
    found.declare(entry())
    return found
