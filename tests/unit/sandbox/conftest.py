"""A sandbox server over the small dataset, on real HTTP."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from small_world import CLOCK, Lines, make_lines, write_dataset

from sandbox.server import make_server, make_world


def serve(folder: Path, limited: bool = False) -> Iterator[str]:
    """A server in a thread on a free port; stopped at the end."""
    server = make_server(make_world(folder, limited), 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture(scope="session")
def lines() -> Lines:
    return make_lines()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> Path:
    return write_dataset(tmp_path_factory.mktemp("dataset"), lines)


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    yield from serve(folder)


@pytest.fixture
def limited_address(folder: Path) -> Iterator[str]:
    yield from serve(folder, limited=True)


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    """A client of the shared server, whose clock and faults are put back first."""
    headers = {"X-Shopify-Access-Token": "t", "X-apikey": "k"}
    with httpx.Client(base_url=address, headers=headers, timeout=10) as client:
        client.put("/_control/clock", json={"now": CLOCK})
        client.delete("/_control/faults")
        yield client
