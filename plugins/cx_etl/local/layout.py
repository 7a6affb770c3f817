"""Where the embedded stack keeps what: everything under `var/` of the project, secrets readable by the owner only."""

import json
import os
import secrets
import socket
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PORTS = ("airflow", "sandbox")


@dataclass(frozen=True)
class Layout:
    """The paths of one project's stack."""

    root: Path

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def stack_id(self) -> str:
        """What marks this checkout's processes: its path, so that they are found even when `var/` is not."""
        return str(self.var.resolve())

    @property
    def postgres(self) -> Path:
        return self.var / "postgres"

    @property
    def airflow_home(self) -> Path:
        return self.var / "airflow"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def datasets(self) -> Path:
        return self.var / "datasets"

    @property
    def stack(self) -> Path:
        """What runs: dataset, ports, the supervisor's commands, and under `env` what the pipeline needs.

        It holds passwords, so only the owner may read it.
        """
        return self.var / "stack.json"

    @property
    def processes(self) -> Path:
        """Who runs: the supervisor and its children, by process id and start time."""
        return self.var / "processes.json"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets.json"

    def state(self, dataset: str) -> Path:
        """Landing, snapshots and evidence of one dataset."""
        return self.var / "data" / dataset

    def drop(self, dataset: str) -> Path:
        """Where files for the dataset's sources without an API are dropped, a folder for each."""
        return self.state(dataset) / "drop"


def read_json(path: Path) -> dict[str, Any]:
    """The object in that file, or an empty one when there is no file."""
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}


def write_json(path: Path, content: dict[str, Any], mode: int = 0o644) -> None:
    """After this the file holds exactly `content`; a reader sees the old or the new file, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        json.dump(content, file, indent=2)
    draft.replace(path)


def stack_secrets(layout: Layout) -> dict[str, str]:
    """The stack's keys and passwords, made once per checkout."""
    fresh = {
        "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_secret": secrets.token_urlsafe(48),
        "api_secret_key": secrets.token_urlsafe(32),
        "admin_password": secrets.token_urlsafe(12),
        "sandbox_password": secrets.token_urlsafe(12),
        "bi_password": secrets.token_urlsafe(16),
        "pii_password": secrets.token_urlsafe(16),
        "publish_password": secrets.token_urlsafe(16),
    }
    known = read_json(layout.secrets)
    # A checkout of before may lack some.
    if not fresh.keys() <= known.keys():
        known = fresh | known
        write_json(layout.secrets, known, mode=0o600)
    return known


def stack_ports(remembered: dict[str, int]) -> dict[str, int]:
    """A free port per service: the remembered one where nobody else took it, so that addresses stay."""
    return {name: _usable(remembered.get(name)) for name in _PORTS}


def _usable(remembered: int | None) -> int:
    for port in (remembered, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")
