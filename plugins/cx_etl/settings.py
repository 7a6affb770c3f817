"""The one module that reads settings: cx.toml, ``CX_*`` variables, the dataset's declarations, connections."""

import json
import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cx_etl.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class MetricDeclaration:
    """What one survey question measures. ``form`` is ``*`` where a source has no forms."""

    source: str
    form: str
    field: str
    metric: str
    scale_min: int
    scale_max: int
    direction: str


@dataclass(frozen=True)
class Connection:
    """Where a source is and how to log in. Secrets are never printed: they are left out of ``repr``."""

    host: str
    login: str
    password: str

    def __repr__(self) -> str:
        return f"Connection(host={self.host!r}, login=…, password=…)"


@dataclass(frozen=True)
class Settings:
    root: Path
    state_dir: Path
    time_zone: str
    schedule: str
    dsns: dict[str, str]
    sources: tuple[str, ...]
    metrics: tuple[MetricDeclaration, ...]
    retry_attempts: int
    request_timeout_seconds: float
    stream_deadline_seconds: float
    quarantine_limit: float

    @property
    def warehouse_dsn(self) -> str:
        return self.dsns["etl"]

    @property
    def landing_dir(self) -> Path:
        return self.state_dir / "landing"

    @property
    def snapshots_dir(self) -> Path:
        return self.state_dir / "snapshots"

    @property
    def evidence_dir(self) -> Path:
        return self.state_dir / "evidence"


def load_settings() -> Settings:
    """Settings of this process. Raises ConfigError naming the key that is wrong."""
    path = Path(os.environ.get("CX_CONFIG", ROOT / "cx.toml"))
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}", "correct the file, or set CX_CONFIG") from error
    return Settings(
        root=ROOT,
        state_dir=_path(_value(config, "state", "dir")),
        time_zone=_time_zone(_value(config, "time", "zone")),
        schedule=_value(config, "schedule", "cron"),
        dsns={
            "etl": _value(config, "warehouse", "dsn"),
            "bi": _value(config, "warehouse", "bi_dsn"),
            "pii": _value(config, "warehouse", "pii_dsn"),
        },
        sources=_sources(_value(config, "sources", "enabled")),
        metrics=_declared(_metrics(config, path), _dataset_metrics()),
        retry_attempts=int(_value(config, "http", "retry_attempts")),
        request_timeout_seconds=float(_value(config, "http", "request_timeout_seconds")),
        stream_deadline_seconds=float(_value(config, "http", "stream_deadline_seconds")),
        quarantine_limit=float(_value(config, "load", "quarantine_limit")),
    )


@cache
def _stack_environment() -> dict[str, str]:
    """What the embedded stack gives its own processes, so that a terminal beside it needs no variables."""
    path = Path(os.environ.get("CX_STACK_FILE", ROOT / "var" / "stack.json"))
    return json.loads(path.read_text(encoding="utf-8")).get("env", {}) if path.exists() else {}


def _variable(name: str) -> str | None:
    return os.environ.get(name, _stack_environment().get(name))


# The variable that overrides a key, where it is not CX_<SECTION>_<KEY>.
_VARIABLES = {("time", "zone"): "CX_TIME_ZONE", ("sources", "enabled"): "CX_SOURCES"}


def _value(config: dict[str, Any], section: str, key: str) -> Any:
    variable = _VARIABLES.get((section, key), f"CX_{section}_{key}".upper())
    override = _variable(variable)
    if override is not None:
        return override
    try:
        return config[section][key]
    except KeyError:
        raise ConfigError(f"cx.toml has no [{section}] {key}", f"add it, or set {variable}") from None


def _path(text: str) -> Path:
    return (ROOT / text).resolve()


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"[time] zone is {name!r}, which is no IANA time zone", "use a name such as Europe/London"
        ) from None
    return name


def _sources(names: list[str] | str) -> tuple[str, ...]:
    return tuple(names.split(",")) if isinstance(names, str) else tuple(names)


def _metrics(config: dict[str, Any], path: Path) -> tuple[MetricDeclaration, ...]:
    declared = []
    for entry in config.get("metrics", []):
        try:
            low, high = entry["scale"]
            declared.append(
                MetricDeclaration(
                    entry["source"],
                    entry["form"],
                    entry["field"],
                    entry["metric"],
                    low,
                    high,
                    entry.get("direction", "high_is_good"),
                )
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ConfigError(
                f"{path}: a [[metrics]] entry is incomplete ({error!r}): {entry}",
                "give source, form, field, metric and scale = [low, high]",
            ) from error
    return tuple(declared)


def _declared(*groups: tuple[MetricDeclaration, ...]) -> tuple[MetricDeclaration, ...]:
    """One declaration per question; a later group's word counts."""
    return tuple({(d.source, d.form, d.field): d for group in groups for d in group}.values())


def _dataset_metrics() -> tuple[MetricDeclaration, ...]:
    """The declarations of the dataset that the sandbox serves, if one is set."""
    dataset = _variable("CX_DATASET")
    if not dataset:
        return ()
    path = Path(dataset) / "dataset.toml"
    return _metrics(tomllib.loads(path.read_text(encoding="utf-8")), path)


def connection(source: str) -> Connection:
    """The connection of a source, from ``AIRFLOW_CONN_<SOURCE>`` as JSON or URI. Raises ConfigError without one."""
    variable = f"AIRFLOW_CONN_{source.upper()}"
    text = _variable(variable)
    if not text:
        raise ConfigError(f"there is no connection for {source}", f"set {variable}, or run `cx up` for the sandbox")
    found = _from_json(text) if text.lstrip().startswith("{") else _from_uri(text)
    if not found.password:
        raise ConfigError(f"the connection {source} has no password", f"put the token into {variable}'s password")
    return found


def normal_host(host: str, port: int | str | None = None) -> str:
    """The base address of a source: https unless it says otherwise, with the port if there is one of its own."""
    address = host if "://" in host else f"https://{host}"
    return f"{address.rstrip('/')}:{port}" if port else address.rstrip("/")


def _from_json(text: str) -> Connection:
    fields = json.loads(text)
    return Connection(
        normal_host(fields["host"], fields.get("port")), fields.get("login") or "", fields.get("password") or ""
    )


def _from_uri(text: str) -> Connection:
    parts = urlsplit(text)
    scheme = "http" if parts.scheme == "http" else "https"
    place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    host = f"{scheme}://{place}{parts.path.rstrip('/')}"
    return Connection(host, unquote(parts.username or ""), unquote(parts.password or ""))
