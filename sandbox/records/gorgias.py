"""Gorgias's records as its lists return them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


def exact(moment: datetime) -> str:
    """A time as most records write it: microseconds and an offset."""
    second = moment.astimezone(UTC).replace(microsecond=0)
    return second.replace(microsecond=int(second.timestamp()) * 7919 % 1_000_000).isoformat(timespec="microseconds")


def bare(moment: datetime) -> str:
    """A time as surveys write it: without the offset."""
    return exact(moment).removesuffix("+00:00")


def when(moment: datetime | None) -> str | None:
    return None if moment is None else exact(moment)


def person(id: int, name: str | None, email: str | None) -> Record:
    """A customer or an agent inside another record."""
    first, _, last = (name or "").partition(" ")
    return {"id": id, "email": email, "name": name, "firstname": first, "lastname": last, "meta": None}


def ticket(
    *,
    id: int,
    created: datetime,
    updated: datetime,
    status: str,
    channel: str,
    customer: Mapping[str, Any],
    subject: str,
    excerpt: str,
    language: str,
    tags: Sequence[Mapping[str, Any]],
    assignee_user: Mapping[str, Any] | None = None,
    assignee_team: Mapping[str, Any] | None = None,
    messages_count: int = 1,
    is_spam: bool = False,
    last_received: datetime | None = None,
    last_message: datetime | None = None,
    closed: datetime | None = None,
    trashed: datetime | None = None,
) -> Record:
    """A ticket as of one version."""
    return {
        "id": id,
        "uri": f"/api/tickets/{id}/",
        "external_id": None,
        "language": language,
        "status": status,
        "priority": "normal",
        "channel": channel,
        "via": channel,
        "from_agent": False,
        "customer": customer,
        "assignee_user": assignee_user,
        "assignee_team": assignee_team,
        "subject": subject,
        "excerpt": excerpt,
        "integrations": [],
        "meta": None,
        "tags": list(tags),
        "messages_count": messages_count,
        "is_unread": False,
        "spam": is_spam,
        "created_datetime": exact(created),
        "opened_datetime": exact(created),
        "last_received_message_datetime": when(last_received),
        "last_message_datetime": when(last_message),
        "updated_datetime": exact(updated),
        "closed_datetime": when(closed),
        "snooze_datetime": None,
        "trashed_datetime": when(trashed),
    }


def tag(id: int, name: str) -> Record:
    return {"id": id, "name": name, "uri": f"/api/tags/{id}/", "decoration": {"color": "#F58D86"}}


def message(
    *,
    id: int,
    ticket_id: int,
    created: datetime,
    channel: str,
    sender: Mapping[str, Any],
    receiver: Mapping[str, Any] | None,
    subject: str,
    text: str,
    from_agent: bool,
    is_public: bool = True,
) -> Record:
    """A message that was written and, unless it came in, is still to be sent."""
    return {
        "id": id,
        "uri": f"/api/tickets/{ticket_id}/messages/{id}/",
        "message_id": f"<{id}@shop.example>",
        "external_id": None,
        "ticket_id": ticket_id,
        "public": is_public,
        "channel": channel if is_public else "internal-note",
        "via": channel,
        "source": {"type": channel if is_public else "internal-note", "to": [], "from": {}},
        "sender": sender,
        "receiver": receiver,
        "integration_id": None,
        "rule_id": None,
        "from_agent": from_agent,
        "subject": subject,
        "body_text": text,
        "body_html": f"<p>{text}</p>",
        "stripped_text": text,
        "attachments": [],
        "actions": None,
        "macros": None,
        "meta": None,
        "is_retriable": None,
        "created_datetime": exact(created),
        "sent_datetime": None if from_agent and is_public else exact(created),
        "failed_datetime": None,
        "opened_datetime": None,
        "deleted_datetime": None,
        "last_sending_error": None,
    }


def survey(
    *,
    id: int,
    ticket_id: int,
    customer_id: int,
    created: datetime,
    sent: datetime | None = None,
    scored: datetime | None = None,
    score: int | None = None,
    text: str | None = None,
) -> Record:
    """A satisfaction survey as of one version: made, sent, scored."""
    return {
        "id": id,
        "uri": f"/api/satisfaction-surveys/{id}/",
        "ticket_id": ticket_id,
        "customer_id": customer_id,
        "score": score,
        "body_text": text,
        "meta": None,
        "created_datetime": bare(created),
        "should_send_datetime": bare(created),
        "sent_datetime": None if sent is None else bare(sent),
        "scored_datetime": None if scored is None else bare(scored),
    }


def customer(
    *, id: int, name: str | None, email: str | None, language: str, created: datetime, updated: datetime
) -> Record:
    """Somebody who wrote."""
    return {
        **person(id, name, email),
        "external_id": None,
        "language": language,
        "timezone": None,
        "active": True,
        "note": None,
        "created_datetime": exact(created),
        "updated_datetime": exact(updated),
    }


def user(
    *, id: int, name: str, email: str, role: str, created: datetime, deactivated: datetime | None = None
) -> Record:
    """Somebody who answers."""
    return {
        **person(id, name, email),
        "active": deactivated is None,
        "external_id": None,
        "role": {"name": role},
        "language": "en",
        "timezone": "UTC",
        "created_datetime": exact(created),
        "updated_datetime": exact(deactivated or created),
        "deactivated_datetime": when(deactivated),
    }
