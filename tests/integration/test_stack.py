"""The supervisor and `down`, with small stand-ins for Airflow: whatever is killed, nothing of the stack stays."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from cx_etl.local import stack as stacks
from cx_etl.local.layout import Layout, read_json
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.local.processes import MARKER, Identity, marked, wait_until, working_in

_SLEEP = "import time; time.sleep(600)"
# A service whose child leaves its session and ignores SIGTERM, as a task in the middle of a statement may.
_STUBBORN_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import signal, time;"
    " signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)'], start_new_session=True); time.sleep(600)"
)


@dataclass(frozen=True)
class SmallStack:
    layout: Layout

    def pid(self, service: str) -> int:
        return int(read_json(self.layout.processes)["services"][service]["pid"])

    @property
    def supervisor(self) -> int:
        return int(read_json(self.layout.processes)["supervisor"]["pid"])

    def left(self) -> list[psutil.Process]:
        return [*marked(self.layout.stack_id), *working_in(self.layout.postgres / "data", "postgres")]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    layout = Layout(tmp_path)
    EmbeddedServer(layout.postgres).start()
    environment = {**os.environ, MARKER: layout.stack_id}
    commands = {"plain": [sys.executable, "-c", _SLEEP], "stubborn": [sys.executable, "-c", _STUBBORN_CHILD]}
    stacks.supervise(layout, environment, commands, {})
    small = SmallStack(layout)
    # Supervisor, two services and the stubborn child; PostgreSQL comes on top.
    assert wait_until(lambda: len(marked(layout.stack_id)) >= 4, seconds=20)
    yield small
    stacks.stop(layout, patience=2)


def test_down_leaves_no_process(stack: SmallStack) -> None:
    stacks.stop(stack.layout, patience=2)
    assert stack.left() == []
    assert not EmbeddedServer(stack.layout.postgres).is_running()


@pytest.mark.parametrize(
    "victim",
    [lambda stack: stack.supervisor, lambda stack: stack.pid("plain"), lambda stack: stack.pid("stubborn")],
    ids=["supervisor", "service", "parent of a stubborn child"],
)
def test_down_leaves_no_process_after_a_kill(stack: SmallStack, victim: Callable[[SmallStack], int]) -> None:
    os.kill(victim(stack), signal.SIGKILL)
    time.sleep(0.5)
    stacks.stop(stack.layout, patience=2)
    assert stack.left() == []


def test_down_finds_the_processes_even_without_its_notes(stack: SmallStack) -> None:
    os.kill(stack.supervisor, signal.SIGKILL)
    for note in (stack.layout.processes, stack.layout.stack):
        note.unlink()
    stacks.stop(stack.layout, patience=2)
    assert stack.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="dying with the parent is a feature of Linux")
def test_a_killed_supervisor_takes_its_services_along(stack: SmallStack) -> None:
    services = [psutil.Process(stack.pid("plain")), psutil.Process(stack.pid("stubborn"))]
    os.kill(stack.supervisor, signal.SIGKILL)
    _, alive = psutil.wait_procs(services, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_killed_service_is_started_again(stack: SmallStack) -> None:
    first = stack.pid("plain")
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: stack.pid("plain") != first, seconds=10)
    assert psutil.pid_exists(stack.pid("plain"))


def test_a_killed_database_server_is_started_again(stack: SmallStack) -> None:
    server = EmbeddedServer(stack.layout.postgres)
    first = server.pid()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: server.pid() not in (first, None) and server.is_running(), seconds=30)


def test_a_process_id_that_went_to_somebody_else_is_left_alone(stack: SmallStack) -> None:
    mine = Identity.of(os.getpid())
    assert mine.process() is not None
    assert Identity(mine.pid, mine.started - 3600).process() is None


def test_secrets_are_for_the_owner_only(stack: SmallStack) -> None:
    from cx_etl.local.layout import stack_secrets

    made = stack_secrets(stack.layout)
    assert stack_secrets(stack.layout) == made
    for path in (stack.layout.secrets, stack.layout.stack, stack.layout.postgres / "server.json"):
        assert path.stat().st_mode & 0o077 == 0, path
