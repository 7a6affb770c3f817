"""The facts of a build that expectations compare with: its as-of date, what was loaded, what is published."""

from datetime import date, timedelta
from importlib import import_module
from math import ceil
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

# History is only added to, so fewer rows than this share of the published ones asks for an explanation.
KEPT_SHARE = 0.8


def module_of(mart: str) -> ModuleType:
    """The module that holds a mart's expectations."""
    return import_module(f"expectations.{mart}")


def facts_of(connection: "psycopg.Connection", mart: str, as_of_date: date) -> dict[str, Any]:
    """The parameters of a mart's expectations. Reads the raw tables and the published mart, writes nothing."""
    published = _published_rows(connection, mart)
    loaded, newest = _fed_by(connection, getattr(module_of(mart), "FED_BY", None), as_of_date)
    return {
        "as_of_date": as_of_date,
        "loaded_until": _loaded_until(connection, as_of_date),
        "week_before": as_of_date - timedelta(days=7),
        "newest_loaded": newest - timedelta(days=1) if newest else date.min,
        "least_rows": 1 if published or loaded else 0,
        "published_floor": ceil(published * KEPT_SHARE),
    }


def _published_rows(connection: "psycopg.Connection", mart: str) -> int:
    """Rows that readers see now; none before the mart's first build or the first publication."""
    from psycopg import sql

    view = sql.Identifier("marts", mart)
    known = connection.execute("select to_regclass(%s)", (f"marts.{mart}",)).fetchone()
    if known is None or known[0] is None:
        return 0
    row = connection.execute(sql.SQL("select count(*) from {}").format(view)).fetchone()
    return row[0] if row else 0


def _loaded_until(connection: "psycopg.Connection", as_of_date: date) -> date:
    """The day after the last load; a day more than its date in UTC covers every time zone."""
    row = connection.execute("select max(loaded_at)::date + 1 from ops.loads").fetchone()
    return max(row[0], as_of_date + timedelta(days=1)) if row and row[0] else as_of_date + timedelta(days=1)


def _fed_by(connection: "psycopg.Connection", query: str | None, as_of_date: date) -> tuple[int, date | None]:
    """Loaded records from before the as-of date, and the newest date among them."""
    if query is None:
        return 0, None
    row = connection.execute(query, {"as_of_date": as_of_date}).fetchone()
    return (row[0], row[1]) if row else (0, None)
