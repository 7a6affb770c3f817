"""What there is to tell of a night: its publication, that it brought nothing new, or that an earlier one was kept."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from cx_etl.errors import CxError
from cx_etl.language.catalogue import N_

if TYPE_CHECKING:
    import psycopg

# A load that was repeated after the publication counts what was new to it, not what was new to the night.
_BROUGHT_NOTHING = """
select
    bool_and(loads.loaded_at <= publications.published_at)
    and sum(loads.rows_new + loads.rows_changed + loads.rows_deleted) = 0
from ops.loads
inner join ops.publications using (night)
where publications.publication_id = %s and loads.status = 'done'
"""
_RED = """
select mart || ': expected ' || expectation || '; observed ' || coalesce(observed, 'nothing')
from ops.gate_results
where build_id = %s and severity = 'critical' and not success
order by mart, expectation
"""
_BUILD = """
select build_id, status, coalesce(rows_changed, 0), as_of_date, exists (
    select from ops.gate_results where gate_results.build_id = builds.build_id
)
from ops.builds
where night = %s
order by build_id desc
limit 1
"""


class NotYetError(CxError):
    """The night has not come to an end that could be told."""


@dataclass(frozen=True)
class Edition:
    """What a night's mail tells: the publication whose figures it shows and, unless that is news, why.

    ``taken_back`` is the publication of this night that readers see no more.
    """

    night: date
    kind: Literal["new", "no_new_data", "kept"]
    publication_id: int
    cause: str = ""
    reasons: tuple[str, ...] = ()
    taken_back: int | None = None


def edition_of(connection: "psycopg.Connection", night: date) -> Edition:
    """What readers see of the night, and why. Raises NotYetError while that is open, or nothing is published."""
    current = _number(connection, "select publication_id from ops.current_publication")
    if current is None:
        raise NotYetError("nothing has been published yet, so there is nothing to mail", f"cx run {night}")
    own = _number(connection, "select max(publication_id) from ops.publications where night = %s", night)
    if own is None:
        return _of_build(connection, night, current)
    if own > current:
        return Edition(night, "kept", current, N_("taken back"), taken_back=own)
    return Edition(night, "no_new_data" if _brought_nothing(connection, own) else "new", own)


def _of_build(connection: "psycopg.Connection", night: date, current: int) -> Edition:
    """Of a night without a publication: its gate was red, or nothing changed."""
    row = connection.execute(_BUILD, (night,)).fetchone()
    if row is None:
        raise NotYetError(f"there is no build of {night} yet", f"cx build {night}")
    build_id, status, rows_changed, as_of_date, is_checked = row
    if status != "built" or not is_checked:
        what = "has not been through the gate" if status == "built" else f"is {status}"
        raise NotYetError(f"build {build_id} of {night} {what}", f"cx gate {night}" if status == "built" else "")
    red = tuple(text for (text,) in connection.execute(_RED, (build_id,)))
    if red:
        return Edition(night, "kept", current, N_("gate red"), red)
    shown = connection.execute(
        "select as_of_date from ops.publications where publication_id = %s", (current,)
    ).fetchone()
    if rows_changed or shown != (as_of_date,):
        raise NotYetError(f"build {build_id} of {night} is checked and not published", f"cx publish {night}")
    return Edition(night, "no_new_data", current)


def _brought_nothing(connection: "psycopg.Connection", publication_id: int) -> bool:
    """No source brought a new, changed or deleted record; false where that is not known."""
    row = connection.execute(_BROUGHT_NOTHING, (publication_id,)).fetchone()
    return bool(row and row[0])


def _number(connection: "psycopg.Connection", query: str, *parameters: date) -> int | None:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None
