"""The send ledger: one row per night, publication, subscription and recipient. Who may send is decided here.

A mail is claimed in a transaction of its own before the server hears of it, and the outcome is recorded in another. Who
dies in between leaves a claim: once its lease is over the outcome is unknown, and stays so until a person decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from cx_etl.mail.edition import Edition

if TYPE_CHECKING:
    import psycopg

Status = Literal["sent", "skipped", "failed", "refused", "unknown"]
# Longer than a delivery with all its tries takes. Too short would not mail twice, only call unknown what is under way.
LEASE = timedelta(minutes=30)

_CLAIM = """
insert into ops.sends as sends
    (night, publication_id, subscription, recipient, edition, status, message_id, attempts, lease_until)
values
    (%(night)s, %(publication_id)s, %(subscription)s, %(recipient)s, %(edition)s, 'claimed', %(message_id)s, 1,
    now() + %(lease)s)
on conflict (night, publication_id, subscription, recipient) do update set
    edition = excluded.edition,
    status = 'claimed',
    reason = null,
    attempts = sends.attempts + 1,
    lease_until = excluded.lease_until,
    recorded_at = now()
where
    sends.status in ('failed', 'skipped')
    or %(again)s and (
        sends.status in ('refused', 'unknown') or sends.status = 'claimed' and sends.lease_until <= now()
    )
returning attempts
"""
# What was sent stays sent when a condition is added later.
_SKIP = """
insert into ops.sends (night, publication_id, subscription, recipient, edition, status, reason)
values (%(night)s, %(publication_id)s, %(subscription)s, %(recipient)s, %(edition)s, 'skipped', %(reason)s)
on conflict (night, publication_id, subscription, recipient) do nothing
returning 1
"""
_RECORD = """
update ops.sends set
    status = %(status)s,
    reason = %(reason)s,
    lease_until = null,
    sent_at = case when %(status)s = 'sent' then now() else sent_at end,
    recorded_at = now()
where
    night = %(night)s and publication_id = %(publication_id)s and subscription = %(subscription)s
    and recipient = %(recipient)s
"""
_STANDING = """
select
    case when status = 'claimed' and lease_until <= now() then 'unknown' else status end,
    case when status = 'claimed' then 'whoever sent it was stopped before the outcome was recorded' else reason end,
    attempts,
    coalesce(sent_at, recorded_at),
    lease_until
from ops.sends
where
    night = %(night)s and publication_id = %(publication_id)s and subscription = %(subscription)s
    and recipient = %(recipient)s
"""


@dataclass(frozen=True)
class Mail:
    """What one row of the ledger is about."""

    edition: Edition
    subscription: str
    recipient: str

    def _keys(self) -> dict[str, object]:
        return {
            "night": self.edition.night,
            "publication_id": self.edition.publication_id,
            "subscription": self.subscription,
            "recipient": self.recipient,
            "edition": self.edition.kind,
        }


@dataclass(frozen=True)
class Standing:
    """What the ledger says of a mail. ``status`` is ``claimed`` only while somebody's lease runs."""

    status: str
    reason: str | None
    attempts: int
    at: datetime
    lease_until: datetime | None


def claim(connection: "psycopg.Connection", mail: Mail, message_id: str | None, again: bool) -> bool:
    """Whether the caller alone may send the mail now. Commits.

    Never what was sent or is being sent; what was refused or is of unknown outcome only with ``again``.
    """
    keys = {**mail._keys(), "message_id": message_id, "again": again, "lease": LEASE}
    row = connection.execute(_CLAIM, keys).fetchone()
    connection.commit()
    return row is not None


def record(connection: "psycopg.Connection", mail: Mail, status: Status, reason: str | None = None) -> None:
    """The outcome of a claimed mail. Commits."""
    connection.execute(_RECORD, {**mail._keys(), "status": status, "reason": reason})
    connection.commit()


def skip(connection: "psycopg.Connection", mail: Mail, reason: str) -> bool:
    """Record that the mail is not to be sent, unless the ledger has it already; whether it was recorded. Commits."""
    row = connection.execute(_SKIP, {**mail._keys(), "reason": reason}).fetchone()
    connection.commit()
    return row is not None


def standing(connection: "psycopg.Connection", mail: Mail) -> Standing | None:
    """What the ledger says of the mail."""
    row = connection.execute(_STANDING, mail._keys()).fetchone()
    connection.commit()
    return Standing(*row) if row else None
