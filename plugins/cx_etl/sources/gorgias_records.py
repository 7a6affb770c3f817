"""Gorgias's records: what of them becomes columns. A time comes with microseconds, with an offset or without one."""

from datetime import datetime

import msgspec


class Person(msgspec.Struct):
    """A customer or an agent as other records name them."""

    id: int
    email: str | None = None
    name: str | None = None


class Team(msgspec.Struct):
    id: int
    name: str | None = None


class Tag(msgspec.Struct):
    id: int
    name: str | None = None


class Ticket(msgspec.Struct):
    id: int
    created_datetime: datetime
    updated_datetime: datetime
    status: str
    external_id: str | None = None
    language: str | None = None
    priority: str | None = None
    channel: str | None = None
    via: str | None = None
    from_agent: bool | None = None
    customer: Person | None = None
    assignee_user: Person | None = None
    assignee_team: Team | None = None
    subject: str | None = None
    excerpt: str | None = None
    tags: list[Tag] | None = None
    messages_count: int | None = None
    is_unread: bool | None = None
    spam: bool | None = None
    opened_datetime: datetime | None = None
    last_received_message_datetime: datetime | None = None
    last_message_datetime: datetime | None = None
    closed_datetime: datetime | None = None
    snooze_datetime: datetime | None = None
    trashed_datetime: datetime | None = None


class Origin(msgspec.Struct):
    """Where a message came in or went out."""

    type: str | None = None


class Message(msgspec.Struct):
    """``public`` is false for internal notes. A message with ``failed_datetime`` never reached the customer."""

    id: int
    ticket_id: int
    created_datetime: datetime
    message_id: str | None = None
    external_id: str | None = None
    channel: str | None = None
    via: str | None = None
    public: bool | None = None
    from_agent: bool | None = None
    sender: Person | None = None
    receiver: Person | None = None
    source: Origin | None = None
    integration_id: int | None = None
    rule_id: int | None = None
    subject: str | None = None
    body_text: str | None = None
    stripped_text: str | None = None
    is_retriable: bool | None = None
    sent_datetime: datetime | None = None
    failed_datetime: datetime | None = None
    opened_datetime: datetime | None = None
    deleted_datetime: datetime | None = None


class SatisfactionSurvey(msgspec.Struct):
    """At most one per ticket: made, then sent, then scored from 1 to 5 with a comment."""

    id: int
    ticket_id: int
    created_datetime: datetime
    customer_id: int | None = None
    score: int | None = None
    body_text: str | None = None
    should_send_datetime: datetime | None = None
    sent_datetime: datetime | None = None
    scored_datetime: datetime | None = None


class Customer(msgspec.Struct):
    id: int
    created_datetime: datetime
    updated_datetime: datetime
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    language: str | None = None
    timezone: str | None = None


class Role(msgspec.Struct):
    name: str | None = None


class User(msgspec.Struct):
    id: int
    created_datetime: datetime
    email: str | None = None
    name: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    active: bool | None = None
    role: Role | None = None
    language: str | None = None
    timezone: str | None = None
    updated_datetime: datetime | None = None
    deactivated_datetime: datetime | None = None
