"""The one process that keeps the stack alive: starts its services, restarts what dies, ends them all on SIGTERM.

Run as `python -m cx_etl.local.supervisor PROJECT_ROOT`; it reads `var/stack.json` and keeps `var/processes.json`.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cx_etl.errors import CxError
from cx_etl.local.layout import Layout, read_json, write_json
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.local.processes import MARKER as _MARKER
from cx_etl.local.processes import Identity, adopt_orphans, end, end_group, marked, reap, spawn

_LOG = logging.getLogger("cx.supervisor")
_LONGEST_PAUSE = 30.0
_STABLE_AFTER = 60.0


@dataclass
class Service:
    """One service: its command, and what is known of the process that runs it now."""

    name: str
    command: Sequence[str]
    log: Path
    pid: int | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        """After this a process runs the command in a session of its own and dies with the supervisor."""
        self.pid = spawn(self.command, self.log, os.environ, die_with_parent=True)
        self.started = time.monotonic()
        _LOG.info("%s started as process %s", self.name, self.pid)

    def ended(self, status: int) -> None:
        """Note the end and when to try again: at once first, then ever later, up to half a minute."""
        _LOG.warning("%s ended with status %s", self.name, status)
        if self.pid is not None:
            end_group(self.pid, signal.SIGKILL)
        lived = time.monotonic() - self.started
        self.failures = 0 if lived > _STABLE_AFTER else self.failures + 1
        self.not_before = time.monotonic() + min(_LONGEST_PAUSE, 2.0 ** (self.failures - 1) - 1)
        self.pid = None


class Supervisor:
    """Keeps a set of services and the database server running until it is told to stop."""

    def __init__(self, layout: Layout, services: Mapping[str, Sequence[str]]) -> None:
        self._layout = layout
        self._server = EmbeddedServer(layout.postgres)
        self._services = [Service(n, c, layout.log / f"{n}.log") for n, c in services.items()]
        self._stopping = False
        self._next_look = 0.0

    def run(self) -> None:
        """Returns when a SIGTERM or SIGINT came and all services are gone; the database server is left running."""
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, self._stop)
        adopt_orphans()
        while not self._stopping:
            self._revive()
            time.sleep(0.3)
        self._end_all()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _revive(self) -> None:
        """Start what should run and does not, and note who runs."""
        for pid, status in reap().items():
            for service in self._services:
                if service.pid == pid:
                    service.ended(status)
        waiting = [s for s in self._services if s.pid is None and s.not_before <= time.monotonic()]
        for service in waiting:
            service.start()
        if waiting:
            self._note()
        if time.monotonic() >= self._next_look:
            self._revive_server()

    def _revive_server(self) -> None:
        self._next_look = time.monotonic() + 2
        pid = self._server.pid()
        if pid is not None and Path(f"/proc/{pid}").exists():
            return
        if self._server.is_running():
            return
        _LOG.warning("PostgreSQL is down, starting it")
        try:
            self._server.start()
        except CxError as error:
            _LOG.error("%s", error)
            self._next_look = time.monotonic() + 5

    def _note(self) -> None:
        running = {s.name: Identity.of(s.pid).as_dict() for s in self._services if s.pid is not None}
        noted = {"supervisor": Identity.of(os.getpid()).as_dict(), "services": running}
        write_json(self._layout.processes, noted)

    def _end_all(self) -> None:
        """Ask the leaders first, so that Airflow can end its own workers, then everything that carries the mark."""
        leaders = [s.pid for s in self._services if s.pid is not None]
        for pid in leaders:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while leaders and time.monotonic() < deadline:
            ended = reap()
            leaders = [pid for pid in leaders if pid not in ended]
            time.sleep(0.05)
        end(marked(os.environ[_MARKER]), patience=3)
        reap()
        _LOG.info("stopped")


def main(root: Path) -> None:
    layout = Layout(root)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    Supervisor(layout, read_json(layout.stack)["services"]).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
