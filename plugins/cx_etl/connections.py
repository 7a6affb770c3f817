"""Connections: where an account of a source is, and how to log in."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cx_etl.errors import ConfigError
from cx_etl.settings import variable


@dataclass(frozen=True)
class Connection:
    """Where an account of a source is and how to log in. Secrets are never printed: they are left out of ``repr``.

    ``extra`` holds what a vendor needs besides (a property's id, a key file's content), by Airflow's own name for it.
    """

    id: str
    host: str
    login: str
    password: str
    extra: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Connection(id={self.id!r}, host={self.host!r}, login=…, password=…)"


def connection(connection_id: str) -> Connection:
    """The connection of that id, from ``AIRFLOW_CONN_<ID>`` as JSON or URI. Raises ConfigError without one."""
    name = f"AIRFLOW_CONN_{connection_id.upper()}"
    text = variable(name)
    if not text:
        raise ConfigError(f"there is no connection {connection_id}", f"set {name}, or run `cx up` for the sandbox")
    try:
        return (_from_json if text.lstrip().startswith("{") else _from_uri)(connection_id, text)
    except (ValueError, KeyError) as error:
        # The text itself is not shown: it holds the password.
        raise ConfigError(
            f"{name} is no connection: {type(error).__name__}", "give a URI, or JSON with host, login, password"
        ) from None


def normal_host(host: str, port: int | str | None = None) -> str:
    """The base address of a source: https unless it says otherwise, with the port if there is one of its own.

    A folder of this machine stays as it is.
    """
    if not host or host.startswith("/"):
        return host
    address = host if "://" in host else f"https://{host}"
    return f"{address.rstrip('/')}:{port}" if port else address.rstrip("/")


def _from_json(connection_id: str, text: str) -> Connection:
    fields = json.loads(text)
    extra = fields.get("extra") or {}
    return Connection(
        connection_id,
        normal_host(fields.get("host") or "", fields.get("port")),
        fields.get("login") or "",
        fields.get("password") or "",
        json.loads(extra) if isinstance(extra, str) else extra,
    )


def _from_uri(connection_id: str, text: str) -> Connection:
    parts = urlsplit(text)
    scheme = "http" if parts.scheme == "http" else "https"
    place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    host = f"{scheme}://{place}{parts.path.rstrip('/')}"
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    # Airflow packs an extra that is no flat list of texts into one parameter.
    packed = extra.pop("__extra__", None)
    return Connection(
        connection_id,
        host,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        extra | json.loads(packed or "{}"),
    )
