"""Finding, starting and ending processes of one stack, and never anybody else's.

A process belongs to a stack when its environment carries the stack's marker. A process id alone proves nothing,
since the system hands it out again, so a remembered one counts only together with its start time.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

MARKER = "CX_STACK_ID"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Identity:
    """One process for as long as it lives: its id and when it started."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def from_dict(cls, noted: Mapping[str, float]) -> "Identity":
        return cls(int(noted["pid"]), float(noted["started"]))

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    def process(self) -> psutil.Process | None:
        """The living process, or None when it ended or its id went to another one."""
        try:
            found = psutil.Process(self.pid)
            alive = abs(found.create_time() - self.started) < 1 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if alive else None


def spawn(command: Sequence[str], log: Path, environment: Mapping[str, str], die_with_parent: bool) -> int:
    """Start a process in a session of its own, its output appended to `log`; returns its id."""
    log.parent.mkdir(parents=True, exist_ok=True)
    parent = os.getpid()
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=(lambda: _die_with(parent)) if die_with_parent else None,
        ).pid


def adopt_orphans() -> None:
    """After this, grandchildren whose parent died become children of this process (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def marked(stack_id: str) -> list[psutil.Process]:
    """Every living process of the stack but this one, found by the marker in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARKER) == stack_id:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue  # ended meanwhile, or another user's and so not ours
    return [process for process in found if _alive(process)]


def working_in(directory: Path, name: str) -> list[psutil.Process]:
    """Living processes of that name whose working directory is `directory`: PostgreSQL's, which lose the marker."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == name and Path(process.cwd()) == directory.resolve():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
    return found


def end(processes: Iterable[psutil.Process], patience: float = 10) -> None:
    """After this none of them lives: asked to end, and killed when they do not within `patience` seconds."""
    remaining = list(processes)
    _signal(remaining, signal.SIGTERM)
    _, remaining = psutil.wait_procs(remaining, timeout=patience)
    _signal(remaining, signal.SIGKILL)
    psutil.wait_procs(remaining, timeout=10)


def end_group(pid: int, sent: signal.Signals) -> None:
    """Send a signal to the whole process group that `pid` leads."""
    try:
        os.killpg(pid, sent)
    except ProcessLookupError:
        return


def reap() -> dict[int, int]:
    """Collect every child that ended: exit status by process id."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def wait_until(holds: Callable[[], bool], seconds: float, every: float = 0.2) -> bool:
    """Ask until it holds or the time is over; says whether it held."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call above
        os.kill(os.getpid(), signal.SIGTERM)


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(processes: Iterable[psutil.Process], sent: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(sent)
        except psutil.NoSuchProcess:
            continue
