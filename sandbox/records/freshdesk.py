"""Freshdesk's records, with everything that its lists can include."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]
OPEN, PENDING, RESOLVED, CLOSED = 2, 3, 4, 5
STATS = (
    *("agent_responded_at", "requester_responded_at", "first_responded_at", "status_updated_at"),
    *("reopened_at", "resolved_at", "closed_at", "pending_since"),
)


def ticket(
    *,
    id: int,
    created_at: datetime,
    updated_at: datetime,
    status: int,
    subject: str,
    text: str,
    requester: Mapping[str, Any],
    source: int,
    priority: int,
    responder_id: int | None,
    group_id: int | None,
    cc_emails: Sequence[str] | None,
    tags: Sequence[str],
    stats: Mapping[str, datetime],
    is_spam: bool = False,
    is_deleted: bool = False,
) -> Record:
    """A ticket as of one version; only one in the trash says that it is deleted."""
    record = {
        "id": id,
        "subject": subject,
        "description": f"<div>{text}</div>",
        "description_text": text,
        "status": status,
        "priority": priority,
        "source": source,
        "type": "Question",
        "requester_id": requester["id"],
        "responder_id": responder_id,
        "group_id": group_id,
        "company_id": None,
        "product_id": None,
        "email_config_id": None,
        "cc_emails": cc_emails,
        "fwd_emails": [] if source == 1 else None,
        "reply_cc_emails": cc_emails,
        "ticket_cc_emails": cc_emails,
        "to_emails": ["help@shop.example"] if source == 1 else None,
        "support_email": "help@shop.example" if source == 1 else None,
        "due_by": stamp(created_at + timedelta(days=3)),
        "fr_due_by": stamp(created_at + timedelta(hours=8)),
        "nr_due_by": None,
        "is_escalated": False,
        "fr_escalated": False,
        "nr_escalated": False,
        "spam": is_spam,
        "tags": list(tags),
        "custom_fields": {"cf_order_reference": None},
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "association_type": None,
        "associated_tickets_count": 0,
        "sentiment_score": None,
        "initial_sentiment_score": None,
        "stats": {name: stamp(stats[name]) if name in stats else None for name in STATS},
        "requester": {key: requester[key] for key in ("id", "name", "email", "mobile", "phone")},
    }
    return record | {"deleted": True} if is_deleted else record


def conversation(
    *, id: int, ticket_id: int, user_id: int, created_at: datetime, text: str, is_incoming: bool, is_private: bool
) -> Record:
    """A reply, or a note that only agents see."""
    return {
        "id": id,
        "ticket_id": ticket_id,
        "user_id": user_id,
        "body": f"<div>{text}</div>",
        "body_text": text,
        "incoming": is_incoming,
        "private": is_private,
        "source": 2 if is_private else 0,
        "support_email": None if is_private else "help@shop.example",
        "from_email": None,
        "to_emails": None if is_private else ["help@shop.example"],
        "cc_emails": [],
        "bcc_emails": None,
        "attachments": [],
        "last_edited_at": None,
        "created_at": stamp(created_at),
        "updated_at": stamp(created_at),
    }


def edited(conversation: Record, at: datetime, text: str) -> Record:
    """The conversation after somebody changed what it says."""
    body = {"body": f"<div>{text}</div>", "body_text": text}
    return conversation | body | {"last_edited_at": stamp(at), "updated_at": stamp(at)}


def rating(
    *,
    id: int,
    survey_id: int,
    ticket_id: int,
    user_id: int,
    agent_id: int,
    created_at: datetime,
    updated_at: datetime,
    answers: Mapping[str, int],
    feedback: str | None,
) -> Record:
    """What a customer answered to a survey, by the ids of its questions."""
    return {
        "id": id,
        "survey_id": survey_id,
        "user_id": user_id,
        "agent_id": agent_id,
        "feedback": feedback,
        "group_id": None,
        "ticket_id": ticket_id,
        "created_at": stamp(created_at),
        "updated_at": stamp(updated_at),
        "ratings": dict(answers),
    }


def survey(id: int, title: str, created_at: datetime, questions: Mapping[str, str]) -> Record:
    """A survey with the labels of its questions; the first one is the default."""
    return {
        "id": id,
        "title": title,
        "created_at": stamp(created_at),
        "updated_at": stamp(created_at),
        "questions": [
            {"id": question, "label": label, "accepted_ratings": [103, 100, -103], "default": number == 0}
            for number, (question, label) in enumerate(questions.items())
        ],
    }


def contact(*, id: int, name: str, email: str | None, phone: str | None, language: str, created_at: datetime) -> Record:
    """Somebody who wrote; ``time_zone`` is a name of the vendor's own."""
    return {
        "id": id,
        "active": email is not None,
        "address": None,
        "company_id": None,
        "description": None,
        "email": email,
        "job_title": None,
        "language": language,
        "mobile": None,
        "name": name,
        "other_emails": [],
        "phone": phone,
        "time_zone": "Lisbon",
        "twitter_id": None,
        "unique_external_id": None,
        "custom_fields": {},
        "tags": [],
        "created_at": stamp(created_at),
        "updated_at": stamp(created_at),
    }


def agent(id: int, name: str, email: str, group_ids: Sequence[int], created_at: datetime) -> Record:
    """Somebody who answers, with a view of all tickets."""
    return {
        "id": id,
        "available": True,
        "occasional": False,
        "ticket_scope": 1,
        "type": "support_agent",
        "group_ids": list(group_ids),
        "role_ids": [67_000_188_751],
        "contact": {"active": True, "email": email, "name": name, "language": "en", "time_zone": "Lisbon"},
        "created_at": stamp(created_at),
        "updated_at": stamp(created_at),
    }


def group(id: int, name: str, created_at: datetime) -> Record:
    """A team of agents."""
    return {
        "id": id,
        "name": name,
        "description": None,
        "group_type": "support_agent_group",
        "business_hour_id": None,
        "created_at": stamp(created_at),
        "updated_at": stamp(created_at),
    }


def company(id: int, name: str, domain: str, created_at: datetime) -> Record:
    """A business customer."""
    return {
        "id": id,
        "name": name,
        "domains": [domain],
        "description": None,
        "industry": "Retail",
        "account_tier": "Basic",
        "health_score": "Happy",
        "created_at": stamp(created_at),
        "updated_at": stamp(created_at),
    }
