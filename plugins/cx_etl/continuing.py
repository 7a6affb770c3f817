"""Which models a build must make: those that read, near or far, anything that changed since the build before it.

A build continues the one whose tables stand if models, settings and libraries are the same. Without one it makes all.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cx_etl.errors import CxError
from cx_etl.inference import INFERENCES
from cx_etl.settings import Settings

if TYPE_CHECKING:
    import psycopg
    from dbt.contracts.graph.manifest import Manifest

# What decides what a model or an inference makes of the same rows.
CODE = ("dbt_project", "plugins/cx_etl/inference", "plugins/cx_etl/voice")
CODE_SUFFIXES = (".sql", ".yml", ".csv", ".py")
# Written by every build as the settings say, and settings are part of `made_by`.
FROM_SETTINGS = ("metric_declarations", "business_hours", "business_holidays")
AS_OF_DATE = "macro.cx.as_of_date"


@dataclass(frozen=True)
class Basis:
    """The build whose tables stand, and up to when it had read the raw tables."""

    build_id: int
    as_of_date: date
    raw_read_at: datetime


def made_by(settings: Settings) -> str:
    """A hash of all that decides what a build makes of the same raw rows, but for its date."""
    from dbt.version import get_installed_version

    digest = hashlib.sha256(get_installed_version().to_version_string().encode())
    for path in sorted(_code(settings.root)):
        digest.update(str(path.relative_to(settings.root)).encode())
        digest.update(path.read_bytes())
    digest.update(repr((settings.time_zone, settings.metrics, settings.business_hours)).encode())
    return digest.hexdigest()


def _code(root: Path) -> Iterator[Path]:
    generated = ("target", "logs", "__pycache__")
    for folder in CODE:
        for path in (root / folder).rglob("*"):
            if path.suffix in CODE_SUFFIXES and not set(generated) & set(path.parts):
                yield path


def basis(connection: "psycopg.Connection", made_by: str) -> Basis | None:
    """The build that can be continued; None if no tables of the same making stand.

    The table that names it loses its row when the server crashes, as the models' tables lose theirs: none of them is
    in the write-ahead log.
    """
    row = connection.execute(
        "select build_id, as_of_date, raw_read_at from ops.standing_build inner join ops.builds using (build_id)"
        " where status = 'built' and standing_build.made_by = %s",
        (made_by,),
    ).fetchone()
    return Basis(*row) if row else None


def changed_sources(connection: "psycopg.Connection", manifest: "Manifest", basis: Basis) -> set[str]:
    """The sources that are not as the basis read them, by their dbt ids; those of inferences are not judged here."""
    raw = {source.name: key for key, source in manifest.sources.items() if source.source_name == "raw"}
    rewritten = {name for name in raw if _is_rewritten(connection, name, basis)}
    always = {
        key
        for key, source in manifest.sources.items()
        if source.source_name == "ops" and source.name not in FROM_SETTINGS
    }
    # A record that is written again may lose its children, and of lost rows their table says nothing.
    children = {name for name in raw if any(name.startswith(f"{parent}__") for parent in rewritten)}
    return {raw[name] for name in rewritten | children} | always


def _is_rewritten(connection: "psycopg.Connection", table: str, basis: Basis) -> bool:
    row = connection.execute(
        f"select exists (select from raw.{table} where _loaded_at >= %s)",  # noqa: S608
        (basis.raw_read_at,),
    ).fetchone()
    return bool(row and row[0])


def stale_nodes(connection: "psycopg.Connection", manifest: "Manifest", basis: Basis | None, as_of: date) -> set[str]:
    """The dbt ids of the seeds, models and tests that a build of that date makes; those of sources stand among them."""
    if basis is None:
        return {*manifest.nodes, *manifest.sources}
    changed = changed_sources(connection, manifest, basis)
    found = reached(manifest, changed, is_new_date=basis.as_of_date != as_of)
    return {key for key in found if not _is_view(manifest, key)}


def _is_view(manifest: "Manifest", key: str) -> bool:
    """Whether it is a view, which says what changed without being made again."""
    return key in manifest.nodes and manifest.nodes[key].config.materialized == "view"


def reached(manifest: "Manifest", changed: set[str], is_new_date: bool) -> set[str]:
    """What reads something changed, near or far; with another as-of date all that depends on it, too."""
    readers = _readers(manifest)
    found: set[str] = set()
    waiting = list(changed)
    if is_new_date:
        waiting += [key for key, node in manifest.nodes.items() if _is_dated(manifest, node.depends_on.macros)]
        waiting += [_source(manifest, table) for each in INFERENCES if each.is_dated for table in each.writes]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += readers.get(key, ())
    return found


def _readers(manifest: "Manifest") -> dict[str, set[str]]:
    """Who reads each source and model; the tables of an inference read the models that it needs."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, node in manifest.nodes.items():
        for parent in node.depends_on_nodes:
            found[parent].add(key)
    for inference in INFERENCES:
        for need in inference.needs:
            found[_node(manifest, need)] |= {_source(manifest, table) for table in inference.writes}
    return found


def steps(manifest: "Manifest", stale: set[str]) -> list[set[str]]:
    """What to make before each inference, and the rest: every stale node once, tests last."""
    nodes = {key for key in stale if key in manifest.nodes}
    found: list[set[str]] = []
    for inference in INFERENCES:
        needed = _with_parents(manifest, [_node(manifest, name) for name in inference.needs])
        found.append((needed & nodes).difference(*found))
    return [*found, nodes.difference(*found)]


def _with_parents(manifest: "Manifest", keys: list[str]) -> set[str]:
    """The nodes and everything that they are made of."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in manifest.nodes and key not in found:
            found.add(key)
            waiting += manifest.nodes[key].depends_on_nodes
    return found


def _node(manifest: "Manifest", name: str) -> str:
    """The dbt id of a model or seed."""
    found = [key for key in (f"model.cx.{name}", f"seed.cx.{name}") if key in manifest.nodes]
    if not found:
        raise CxError(f"an inference needs {name}, which is neither model nor seed", "correct cx_etl.inference")
    return found[0]


def _source(manifest: "Manifest", table: str) -> str:
    key = f"source.cx.inference.{table}"
    if key not in manifest.sources:
        raise CxError(f"the models declare no source inference.{table}", "add it to _warehouse__sources.yml")
    return key


def _is_dated(manifest: "Manifest", macros: Iterable[str]) -> bool:
    """Whether one of the macros, or one that it calls, says the as-of date."""
    seen: set[str] = set()
    waiting = list(macros)
    while waiting:
        key = waiting.pop()
        if key == AS_OF_DATE:
            return True
        if key not in seen:
            seen.add(key)
            waiting += manifest.macros[key].depends_on.macros
    return False
