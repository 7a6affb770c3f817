"""Starting and ending the embedded stack as a whole."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from cx_etl.errors import CxError
from cx_etl.local.dataset import Dataset
from cx_etl.local.environment import cx_environment, stack_environment
from cx_etl.local.layout import Layout, read_json, stack_ports, stack_secrets, write_json
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.local.processes import Identity, end, marked, spawn, wait_until, working_in


@dataclass(frozen=True)
class Stack:
    """A running stack: where its services are, and the environment that its processes have."""

    layout: Layout
    dataset: Dataset
    ports: Mapping[str, int]
    environment: Mapping[str, str]

    @property
    def airflow_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['airflow']}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['sandbox']}"

    @property
    def admin_password(self) -> str:
        return stack_secrets(self.layout)["admin_password"]


def start(layout: Layout, dataset: Dataset) -> Stack:
    """After this the databases are ready and the supervisor is starting the rest; a running stack is taken as is."""
    known = read_json(layout.stack)
    if known and known["dataset"] == str(dataset.directory) and is_running(layout):
        return _stack(layout, dataset, known["ports"])
    stop(layout, keep_database=True)
    prepare_databases(layout, dataset)
    stack = _stack(layout, dataset, stack_ports(known.get("ports", {})))
    migrate_airflow(stack)
    facts = {
        "dataset": str(dataset.directory),
        "ports": dict(stack.ports),
        "env": cx_environment(layout, dataset, stack.ports),
    }
    supervise(layout, stack.environment, services(stack), facts)
    return stack


def prepare_databases(layout: Layout, dataset: Dataset) -> None:
    """After this the server runs and has the dataset's two databases and the readers' logins."""
    server = EmbeddedServer(layout.postgres).start()
    server.create_database(dataset.warehouse)
    server.create_database(dataset.airflow, durable_commits=False)
    keys = stack_secrets(layout)
    server.create_login("cx_bi", keys["bi_password"])
    server.create_login("cx_pii", keys["pii_password"])
    server.create_login("cx_publish", keys["publish_password"])


def services(stack: Stack) -> dict[str, list[str]]:
    """The commands that the supervisor keeps running."""
    airflow = str(Path(sys.executable).parent / "airflow")
    sandbox = [sys.executable, "-m", "sandbox.server", "--dataset", str(stack.dataset.directory)]
    return {
        "sandbox": [*sandbox, "--port", str(stack.ports["sandbox"])],
        "airflow-api-server": [airflow, "api-server"],
        "airflow-scheduler": [airflow, "scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": [airflow, "dag-processor"],
        "airflow-triggerer": [airflow, "triggerer", "--skip-serve-logs"],
    }


def supervise(
    layout: Layout, environment: Mapping[str, str], commands: Mapping[str, Sequence[str]], facts: Mapping[str, object]
) -> None:
    """After this a supervisor is up that keeps these commands running, and both are written down."""
    write_json(layout.stack, {**facts, "services": dict(commands)}, mode=0o600)
    layout.processes.unlink(missing_ok=True)
    command = [sys.executable, "-m", "cx_etl.local.supervisor", str(layout.root)]
    spawn(command, layout.log / "supervisor.log", environment, die_with_parent=False)
    if not wait_until(lambda: is_running(layout), seconds=30, every=0.05):
        raise CxError("the supervisor did not start", next_step=f"read {layout.log / 'supervisor.log'}")


def stop(layout: Layout, keep_database: bool = False, patience: float = 10) -> None:
    """After this no process of the stack is left, whatever was killed before; data and logs stay.

    What does not end within `patience` seconds of being asked is killed.
    """
    supervisor = _supervisor(layout)
    if supervisor is not None:
        end([supervisor], patience=15)
    end([*_noted_services(layout), *marked(layout.stack_id)], patience)
    layout.processes.unlink(missing_ok=True)
    if not keep_database:
        EmbeddedServer(layout.postgres).stop()
        end(working_in(layout.postgres / "data", "postgres"))


def is_running(layout: Layout) -> bool:
    """Whether the supervisor that was noted last is alive."""
    return _supervisor(layout) is not None


def migrate_airflow(stack: Stack) -> None:
    """After this Airflow's metadata database has the tables of the installed version."""
    stamp = stack.layout.state(stack.dataset.name) / "airflow-migrated.json"
    wanted = {"lock": (stack.layout.root / "requirements.lock").stat().st_mtime, "database": stack.dataset.airflow}
    if read_json(stamp) == wanted:
        return
    airflow = str(Path(sys.executable).parent / "airflow")
    log = stack.layout.log / "airflow-migrate.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            [airflow, "db", "migrate"], env=dict(stack.environment), stdout=output, stderr=output, timeout=300
        )
    if done.returncode != 0:
        raise CxError("Airflow could not prepare its database", next_step=f"read {log}")
    write_json(stamp, wanted)


def _stack(layout: Layout, dataset: Dataset, ports: Mapping[str, int]) -> Stack:
    return Stack(layout, dataset, ports, stack_environment(layout, dataset, ports))


def _supervisor(layout: Layout) -> psutil.Process | None:
    noted = read_json(layout.processes).get("supervisor")
    return Identity.from_dict(noted).process() if noted else None


def _noted_services(layout: Layout) -> list[psutil.Process]:
    """Services noted as running that still are, with all their descendants."""
    noted = read_json(layout.processes).get("services", {})
    living = [p for p in (Identity.from_dict(one).process() for one in noted.values()) if p is not None]
    return [one for leader in living for one in (leader, *leader.children(recursive=True))]
