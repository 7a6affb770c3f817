"""The one module that reads settings: cx.toml, ``CX_*`` variables, the dataset's declarations."""

import json
import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cx_etl import business_hours
from cx_etl.business_hours import BusinessHours
from cx_etl.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
# In which a snapshot can be written beside its page.
FORMATS = ("pdf", "xlsx")
# In which snapshots and mails can be written; the first is the code's own.
LANGUAGES = ("en", "ar", "ur", "pa", "te", "pt")


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
class Settings:
    root: Path
    state_dir: Path
    time_zone: str
    schedule: str
    dsns: dict[str, str]
    sources: tuple[str, ...]
    metrics: tuple[MetricDeclaration, ...]
    business_hours: BusinessHours
    retry_attempts: int
    retry_wait_seconds: float
    request_timeout_seconds: float
    stream_deadline_seconds: float
    quarantine_limit: float
    quarantine_limits: dict[str, float]
    blanks_deleted: bool
    approval_hours: float
    snapshot_formats: tuple[str, ...]
    languages: tuple[str, ...]
    digits: str
    keep_publications: int
    keep_days: int
    reconcile_schedule: str
    reconcile_days: int
    reconcile_deletes_limit: float
    options: dict[str, dict[str, Any]]
    files: tuple[dict[str, Any], ...]
    mail_schedule: str
    subscriptions: tuple[dict[str, Any], ...]

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


@cache
def _toml(text: str) -> dict[str, Any]:
    """What the text says; nobody changes the answer, and a process asks for its settings many times."""
    return tomllib.loads(text)


def load_settings() -> Settings:
    """Settings of this process. Raises ConfigError naming the key that is wrong."""
    path = Path(os.environ.get("CX_CONFIG", ROOT / "cx.toml"))
    try:
        config = _toml(path.read_text(encoding="utf-8"))
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
            "publish": _value(config, "warehouse", "publish_dsn") or _value(config, "warehouse", "dsn"),
        },
        sources=_sources(_value(config, "sources", "enabled")),
        metrics=_declared(_metrics(config, path), _dataset_metrics()),
        business_hours=_business_hours(config),
        retry_attempts=int(_value(config, "http", "retry_attempts")),
        retry_wait_seconds=float(_value(config, "http", "retry_wait_seconds")),
        request_timeout_seconds=float(_value(config, "http", "request_timeout_seconds")),
        stream_deadline_seconds=float(_value(config, "http", "stream_deadline_seconds")),
        quarantine_limit=float(_value(config, "load", "quarantine_limit")),
        quarantine_limits=_limits(config.get("load", {}).get("quarantine_limits", {})),
        blanks_deleted=_choice(config, "load", "deleted_records", ("keep", "blank")) == "blank",
        approval_hours=_hours(config, "gate", "approval_hours"),
        snapshot_formats=_some_of(config, "snapshot", "formats", FORMATS),
        languages=_some_of(config, "snapshot", "languages", LANGUAGES) or LANGUAGES[:1],
        digits=_choice(config, "snapshot", "digits", ("latin", "native")),
        keep_publications=_at_least_one(config, "retention", "publications"),
        keep_days=_at_least_one(config, "retention", "days"),
        reconcile_schedule=_value(config, "reconcile", "cron"),
        reconcile_days=int(_value(config, "reconcile", "days")),
        reconcile_deletes_limit=float(_value(config, "reconcile", "deletes_limit")),
        options=config.get("options", {}),
        files=_files(config, _dataset()),
        mail_schedule=_value(config, "mail", "cron"),
        subscriptions=_tables(config, "subscriptions"),
    )


@cache
def _stack_environment() -> dict[str, str]:
    """What the embedded stack gives its own processes, so that a terminal beside it needs no variables."""
    path = Path(os.environ.get("CX_STACK_FILE", ROOT / "var" / "stack.json"))
    return json.loads(path.read_text(encoding="utf-8")).get("env", {}) if path.exists() else {}


def variable(name: str) -> str | None:
    """The environment's word, else what the embedded stack gives its own processes."""
    return os.environ.get(name, _stack_environment().get(name))


# The variable that overrides a key, where it is not CX_<SECTION>_<KEY>.
_VARIABLES = {("time", "zone"): "CX_TIME_ZONE", ("sources", "enabled"): "CX_SOURCES"}


def _value(config: dict[str, Any], section: str, key: str) -> Any:
    overriding = _VARIABLES.get((section, key), f"CX_{section}_{key}".upper())
    override = variable(overriding)
    if override is not None:
        return override
    try:
        return config[section][key]
    except KeyError:
        raise ConfigError(f"cx.toml has no [{section}] {key}", f"add it, or set {overriding}") from None


def _at_least_one(config: dict[str, Any], section: str, key: str) -> int:
    value = _value(config, section, key)
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise ConfigError(f"[{section}] {key} is {value!r}", "write a whole number from 1 on")
    return number


def _hours(config: dict[str, Any], section: str, key: str) -> float:
    value = _value(config, section, key)
    try:
        hours = float(value)
    except ValueError:
        hours = -1
    if not 0 <= hours <= 168:
        raise ConfigError(f"[{section}] {key} is {value!r}", "write a number of hours, 168 at most; 0 is none")
    return hours


def _choice(config: dict[str, Any], section: str, key: str, allowed: tuple[str, ...]) -> str:
    value = _value(config, section, key)
    if value not in allowed:
        raise ConfigError(f"[{section}] {key} is {value!r}", f"write one of {', '.join(allowed)}")
    return str(value)


def _limits(entries: dict[str, Any]) -> dict[str, float]:
    for stream, limit in entries.items():
        if not isinstance(limit, int | float) or not 0 <= limit <= 1:
            raise ConfigError(f"[load.quarantine_limits] {stream} is {limit!r}", "write a share between 0 and 1")
    return {stream: float(limit) for stream, limit in entries.items()}


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


def _business_hours(config: dict[str, Any]) -> BusinessHours:
    """For helpdesks without schedules of their own; without a zone in the business time zone."""
    zone = _value(config, "business_hours", "zone") or _value(config, "time", "zone")
    return business_hours.read(config.get("business_hours", {}), _time_zone(zone))


def _sources(names: list[str] | str) -> tuple[str, ...]:
    return tuple(names.split(",")) if isinstance(names, str) else tuple(names)


def _some_of(config: dict[str, Any], section: str, key: str, possible: tuple[str, ...]) -> tuple[str, ...]:
    """The list of the key, each once. Raises ConfigError naming the first that nobody can write."""
    names = _value(config, section, key)
    wanted = tuple(dict.fromkeys(filter(None, names.split(",") if isinstance(names, str) else names)))
    for each in wanted:
        if each not in possible:
            what = f"[{section}] {key}: {each!r} is none of {', '.join(possible)}"
            raise ConfigError(what, "correct it in cx.toml")
    return wanted


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


def dataset_folder() -> Path | None:
    """The dataset that the sandbox serves, where it is a sandbox that answers as the vendors."""
    dataset = variable("CX_DATASET")
    return Path(dataset) if dataset else None


def _dataset() -> dict[str, Any]:
    """What the dataset that the sandbox serves says of itself, if one is set."""
    folder = dataset_folder()
    return _toml((folder / "dataset.toml").read_text(encoding="utf-8")) if folder else {}


def _dataset_metrics() -> tuple[MetricDeclaration, ...]:
    return _metrics(_dataset(), (dataset_folder() or Path()) / "dataset.toml")


def _files(config: dict[str, Any], dataset: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The [[files]] entries as they are written; the dataset's word counts where both declare a stream."""
    own, others = _tables(config, "files"), dataset.get("files", [])
    theirs = [(entry.get("source"), entry.get("stream")) for entry in others]
    return (*(entry for entry in own if (entry.get("source"), entry.get("stream")) not in theirs), *others)


def _tables(config: dict[str, Any], name: str) -> tuple[dict[str, Any], ...]:
    """The [[name]] entries as they are written."""
    entries = config.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{name} is no list of tables", f"write each entry as [[{name}]]")
    return tuple(entries)
