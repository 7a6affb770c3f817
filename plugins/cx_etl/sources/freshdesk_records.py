"""Freshdesk's records: what of them becomes columns. Lists of addresses come as an array or as null."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec


class Stats(msgspec.Struct):
    agent_responded_at: datetime | None = None
    requester_responded_at: datetime | None = None
    first_responded_at: datetime | None = None
    status_updated_at: datetime | None = None
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    pending_since: datetime | None = None


class Requester(msgspec.Struct):
    id: int | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None


class Ticket(msgspec.Struct):
    """``filter`` is the list that held the ticket: "" for the ordinary one, ``deleted`` or ``spam``."""

    id: int
    created_at: datetime
    updated_at: datetime
    status: int
    filter: str = ""
    priority: int | None = None
    source: int | None = None
    type: str | None = None
    subject: str | None = None
    description_text: str | None = None
    requester_id: int | None = None
    responder_id: int | None = None
    group_id: int | None = None
    company_id: int | None = None
    product_id: int | None = None
    email_config_id: int | None = None
    support_email: str | None = None
    to_emails: list[str] | None = None
    cc_emails: list[str] | None = None
    fwd_emails: list[str] | None = None
    reply_cc_emails: list[str] | None = None
    ticket_cc_emails: list[str] | None = None
    due_by: datetime | None = None
    fr_due_by: datetime | None = None
    nr_due_by: datetime | None = None
    is_escalated: bool | None = None
    fr_escalated: bool | None = None
    nr_escalated: bool | None = None
    spam: bool | None = None
    tags: list[str] | None = None
    association_type: int | None = None
    associated_tickets_count: int | None = None
    sentiment_score: float | None = None
    initial_sentiment_score: float | None = None
    stats: Stats | None = None
    requester: Requester | None = None


class Conversation(msgspec.Struct):
    """A reply or a note. ``source`` is 0 for a reply, 2 for a note."""

    id: int
    ticket_id: int
    created_at: datetime
    updated_at: datetime
    user_id: int | None = None
    incoming: bool | None = None
    private: bool | None = None
    source: int | None = None
    body_text: str | None = None
    from_email: str | None = None
    support_email: str | None = None
    to_emails: list[str] | None = None
    cc_emails: list[str] | None = None
    bcc_emails: list[str] | None = None
    last_edited_at: datetime | None = None


class Ratings(msgspec.Struct):
    default_question: int | None = None


class SatisfactionRating(msgspec.Struct):
    id: int
    ticket_id: int
    created_at: datetime
    updated_at: datetime
    survey_id: int | None = None
    user_id: int | None = None
    agent_id: int | None = None
    group_id: int | None = None
    feedback: str | None = None
    ratings: Ratings | None = None


class RatingAnswer(msgspec.Struct):
    """The answer to one question of a rating: 101 to 103 is happy, 100 neutral, -101 to -103 unhappy."""

    rating_id: int
    question: str
    answer: int


class Question(msgspec.Struct):
    id: str
    label: str | None = None
    accepted_ratings: list[int] | None = None
    default: bool | None = None


class Survey(msgspec.Struct):
    id: int
    title: str
    created_at: datetime
    updated_at: datetime
    questions: list[Question] | None = None


class Contact(msgspec.Struct):
    """``state`` is the list that held the contact: "" for the ordinary one, ``blocked`` or ``deleted``."""

    id: int
    created_at: datetime
    updated_at: datetime
    state: str = ""
    name: str | None = None
    email: str | None = None
    other_emails: list[str] | None = None
    phone: str | None = None
    mobile: str | None = None
    active: bool | None = None
    company_id: int | None = None
    language: str | None = None
    time_zone: str | None = None
    job_title: str | None = None
    unique_external_id: str | None = None
    tags: list[str] | None = None


class AgentContact(msgspec.Struct):
    name: str | None = None
    email: str | None = None
    active: bool | None = None


class Agent(msgspec.Struct):
    """``ticket_scope`` is 1 where the agent sees all tickets, 2 those of its groups, 3 its own."""

    id: int
    created_at: datetime
    updated_at: datetime
    type: str | None = None
    occasional: bool | None = None
    ticket_scope: int | None = None
    group_ids: list[int] | None = None
    role_ids: list[int] | None = None
    contact: AgentContact | None = None


class Group(msgspec.Struct):
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    group_type: str | None = None
    business_hour_id: int | None = None


class Company(msgspec.Struct):
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    domains: list[str] | None = None
    description: str | None = None
    industry: str | None = None
    account_tier: str | None = None
    health_score: str | None = None


def split_ratings(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """Each rating, followed by its answers as records of their own: the questions are keys, so they make no columns."""
    for raw in msgspec.json.decode(body, type=list[msgspec.Raw]):
        yield 0, raw
        rating = msgspec.json.decode(raw)
        answers = rating.get("ratings") if isinstance(rating, dict) else None
        for question, answer in answers.items() if isinstance(answers, dict) else ():
            yield 1, _record(rating_id=rating.get("id"), question=question, answer=answer)


def _record(**fields: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(fields))
