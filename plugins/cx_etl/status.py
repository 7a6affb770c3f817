"""Status: how far each stream is proven complete, what its last night brought, what is published, and what is wrong."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cx_etl import warehouse
from cx_etl.settings import load_settings
from cx_etl.sources import MAIN, enabled_accounts

STREAMS_SQL = """
    with
        last_loads as (
            select distinct on (source, account, stream)
                source, account, stream, night, rows_read, rows_new, rows_changed, rows_rejected, status, error, notes
            from ops.loads
            order by source, account, stream, night desc
        ),
        held as (
            select source, account, stream, count(*) as quarantined
            from raw.quarantine
            where replayed_at is null
            group by source, account, stream
        )
    select
        last_loads.*,
        watermarks.watermark_at,
        coalesce(held.quarantined, 0) as quarantined
    from last_loads
    left join ops.watermarks as watermarks using (source, account, stream)
    left join held using (source, account, stream)
    order by source, account, stream
"""
CURRENT_SQL = """
    select publication_id, night, as_of_date, published_at, warnings
    from ops.publications inner join ops.current_publication using (publication_id)
"""


# Fields that came after a stream's first load: in the landing, not in the contract.
NEW_FIELDS_SQL = """
    select source, account, stream, field, first_night
    from ops.undeclared_fields
    where not is_baseline
    order by source, account, stream, first_night, field
"""
RECONCILED_SQL = """
    select distinct on (source, account, stream)
        source, account, stream, reconciled_at, records_walked, missed_new, missed_changes, missed_deletes
    from ops.reconciliations
    order by source, account, stream, reconciled_at desc
"""


# What became of each recipient's last mail of the newest night, where somebody must see to it.
MAILS_SQL = """
    select night, subscription, recipient, status, reason
    from (
        select distinct on (subscription, recipient)
            night, subscription, recipient, reason,
            case when status = 'claimed' and lease_until <= now() then 'unknown' else status end as status
        from ops.sends
        where night = (select max(night) from ops.sends)
        order by subscription, recipient, recorded_at desc
    ) as newest
    where status in ('failed', 'refused', 'unknown')
    order by subscription, recipient
"""


@dataclass(frozen=True)
class Status:
    """``problems`` are what somebody must see to; the rest is what is."""

    streams: list[dict[str, Any]]
    publication: dict[str, Any] | None
    new_fields: list[dict[str, Any]]
    reconciled: list[dict[str, Any]]
    problems: list[str]


def read(deadline: time | None = None) -> Status:
    """The state of the warehouse. ``problems`` names every stream that failed, is behind, or never ran.

    With a ``deadline``, the local time by which a night is published, also the night that should be and is not.
    """
    from psycopg.rows import dict_row

    with warehouse.connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        streams = cursor.execute(STREAMS_SQL).fetchall()
        publication = cursor.execute(CURRENT_SQL).fetchone()
        new_fields = cursor.execute(NEW_FIELDS_SQL).fetchall()
        reconciled = cursor.execute(RECONCILED_SQL).fetchall()
        mails = cursor.execute(MAILS_SQL).fetchall()
    problems = _problems(streams, publication) + [_mail_problem(row) for row in mails]
    if deadline:
        problems += overdue(publication, deadline, load_settings().time_zone, datetime.now(UTC))
    return Status(streams, publication, new_fields, reconciled, problems)


def overdue(publication: dict[str, Any] | None, deadline: time, time_zone: str, now: datetime) -> list[str]:
    """The night whose deadline has passed without a publication of it; nothing while all are in time.

    A night is to be published by the deadline of the day after it. Airflow is not asked: it may be what is dead.
    """
    due = due_night(deadline, time_zone, now)
    if publication and publication["as_of_date"] >= due:
        return []
    newest = f"readers see {publication['as_of_date']}" if publication else "readers see nothing"
    return [
        f"{due} should have been published by {due + timedelta(days=1)} {deadline:%H:%M} {time_zone}, and {newest};"
        " look at Airflow's runs of that night, or run it here: `cx run " + f"{due}`"
    ]


def due_night(deadline: time, time_zone: str, now: datetime) -> date:
    """The last night whose deadline has passed."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    has_passed = now >= datetime.combine(today, deadline, zone)
    return today - timedelta(days=1 if has_passed else 2)


def _problems(streams: list[dict[str, Any]], publication: dict[str, Any] | None) -> list[str]:
    seen = {(row["source"], row["account"], row["stream"]) for row in streams}
    newest = max((row["night"] for row in streams if row["status"] == "done"), default=None)
    problems = [
        f"{account.label}/{stream.name} has never been loaded"
        for account in enabled_accounts()
        for stream in account.source.streams
        if (account.source.name, account.name, stream.name) not in seen
    ]
    for row in streams:
        if row["status"] == "failed":
            problems.append(f"{_name(row)} failed for {row['night']}: {row['error']}")
        elif row["night"] != newest:
            problems.append(f"{_name(row)} ends at {row['night']}, others at {newest}")
    if publication is None:
        problems.append("nothing has been published")
    elif newest and publication["as_of_date"] < newest:
        problems.append(f"published as of {publication['as_of_date']}, but {newest} is loaded")
    return problems


def _mail_problem(row: dict[str, Any]) -> str:
    reason = f": {row['reason']}" if row["reason"] else ""
    return (
        f"mail {row['subscription']} of {row['night']} to {row['recipient']} is {row['status']}{reason};"
        f" `cx send {row['night']}` says what to do"
    )


def _name(row: dict[str, Any]) -> str:
    account = "" if row["account"] == MAIN else f":{row['account']}"
    return f"{row['source']}{account}/{row['stream']}"


def as_json(status: Status) -> str:
    return msgspec.json.format(msgspec.json.encode(asdict(status))).decode()


def as_text(status: Status) -> str:
    """A table that fits 80 columns."""
    lines = [f"{'stream':<29}{'night':<12}{'complete to':<18}{'new':>6}{'changed':>9}{'held':>6}"]
    for row in status.streams:
        complete = f"{row['watermark_at']:%Y-%m-%d %H:%M}" if row["watermark_at"] else "-"
        lines.append(
            f"{_name(row):<29}{row['night']!s:<12}{complete:<18}"
            f"{row['rows_new']:>6}{row['rows_changed']:>9}{row['quarantined']:>6}"
        )
    current = status.publication
    if current:
        lines.append(
            f"published: {current['publication_id']}, as of {current['as_of_date']}, at "
            f"{current['published_at']:%Y-%m-%d %H:%M} UTC, {current['warnings']} warnings"
        )
    lines += _reconciled(status.reconciled)
    lines += _new_fields(status.new_fields)
    lines += [f"note: {_name(row)}, {row['night']}: {note}" for row in status.streams for note in row["notes"]]
    lines += [f"problem: {problem}" for problem in status.problems] or ["everything is as it should be"]
    return "\n".join(lines)


def _reconciled(rows: list[dict[str, Any]]) -> list[str]:
    """One line for all streams: what the last walks over a longer window found."""
    if not rows:
        return []
    walked = sum(row["records_walked"] for row in rows)
    missed = [sum(row[kind] for row in rows) for kind in ("missed_new", "missed_changes", "missed_deletes")]
    share = f", {(missed[0] + missed[1]) / walked:.3%}" if walked else ""
    return [
        f"reconciled: {len(rows)} streams since {min(row['reconciled_at'] for row in rows):%Y-%m-%d}; of {walked:,} "
        f"records the nights had missed {missed[0]} new, {missed[1]} changed, {missed[2]} deleted{share}"
    ]


def _new_fields(rows: list[dict[str, Any]]) -> list[str]:
    """One line for each stream that has some."""
    streams: dict[str, list[str]] = {}
    for row in rows:
        streams.setdefault(_name(row), []).append(f"{row['field']} (since {row['first_night']})")
    return [
        f"new fields: {name} sends {', '.join(fields)}: kept in the landing, declare them in its contract to use them"
        for name, fields in streams.items()
    ]
