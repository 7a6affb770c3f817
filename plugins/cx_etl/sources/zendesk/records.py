"""Zendesk's contracts: tickets, what happens to them, who writes them and what customers think of them."""

from datetime import datetime
from typing import Annotated

import msgspec

from cx_etl.contract import NULL, JsonText, UnixText

# The vendor's own example of a time here ("20140704T15:37:04Z") is none that JSON decoders take.
TimeText = Annotated[str, msgspec.Meta(extra={"column": "timestamptz", "convert": datetime.fromisoformat})]


class ViaSource(msgspec.Struct):
    rel: str | None = None


class Via(msgspec.Struct):
    """How a ticket came. ``source.rel`` tells follow-ups, and tickets that another one was merged into."""

    channel: str | None = None
    source: ViaSource | None = None


class Minutes(msgspec.Struct):
    calendar: int | None = None
    business: int | None = None


class MetricSet(msgspec.Struct):
    reopens: int | None = None
    replies: int | None = None
    group_stations: int | None = None
    assignee_stations: int | None = None
    initially_assigned_at: datetime | None = None
    assigned_at: datetime | None = None
    solved_at: datetime | None = None
    latest_comment_added_at: datetime | None = None
    requester_updated_at: datetime | None = None
    assignee_updated_at: datetime | None = None
    status_updated_at: datetime | None = None
    reply_time_in_minutes: Minutes | None = None
    reply_time_in_seconds: Minutes | None = None
    first_resolution_time_in_minutes: Minutes | None = None
    full_resolution_time_in_minutes: Minutes | None = None
    requester_wait_time_in_minutes: Minutes | None = None
    agent_wait_time_in_minutes: Minutes | None = None
    on_hold_time_in_minutes: Minutes | None = None


class CustomField(msgspec.Struct):
    """A value of any type; what the field is called is in the stream ``ticket_fields``."""

    id: int
    value: JsonText = NULL


class TicketRating(msgspec.Struct):
    """The legacy rating as the ticket shows it: ``unoffered`` and ``offered`` stand alone, others have all fields."""

    score: str | None = None
    id: int | None = None
    comment: str | None = None
    reason: str | None = None


class Ticket(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime
    generated_timestamp: int
    status: str
    via: Via | None = None
    external_id: str | None = None
    type: str | None = None
    subject: str | None = None
    description: str | None = None
    priority: str | None = None
    recipient: str | None = None
    requester_id: int | None = None
    submitter_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    brand_id: int | None = None
    ticket_form_id: int | None = None
    custom_status_id: int | None = None
    problem_id: int | None = None
    has_incidents: bool | None = None
    is_public: bool | None = None
    from_messaging_channel: bool | None = None
    due_at: datetime | None = None
    tags: list[str] | None = None
    followup_ids: list[int] | None = None
    custom_fields: list[CustomField] | None = None
    satisfaction_rating: TicketRating | None = None
    metric_set: MetricSet | None = None


class ChildEvent(msgspec.Struct):
    """One change inside a ticket event. ``status`` is set when the status changed, ``public`` on comments.

    ``via`` is a name ("Web service") on changes and an object on comments.
    """

    id: int
    event_type: str
    via: JsonText = NULL
    status: str | None = None
    priority: str | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    previous_value: JsonText = NULL
    author_id: int | None = None
    public: bool | None = None
    body: str | None = None
    survey_response_id: str | None = None


class TicketEvent(msgspec.Struct):
    id: int
    ticket_id: int
    created_at: datetime
    timestamp: int
    updater_id: int | None = None
    child_events: list[ChildEvent] | None = None


class SlaPolicyName(msgspec.Struct):
    id: int | None = None
    title: str | None = None


class SlaTarget(msgspec.Struct):
    target: int | None = None
    target_in_seconds: int | None = None
    business_hours: bool | None = None
    policy: SlaPolicyName | None = None


class TicketMetricEvent(msgspec.Struct):
    """A step of one of a ticket's clocks. ``deleted`` marks a breach that no longer is one."""

    id: int
    ticket_id: int
    metric: str
    type: str
    time: datetime
    instance_id: int | None = None
    deleted: bool | None = None
    sla: SlaTarget | None = None
    group_sla: SlaTarget | None = None
    status: Minutes | None = None


class User(msgspec.Struct):
    id: int
    created_at: datetime
    updated_at: datetime
    role: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    external_id: str | None = None
    active: bool | None = None
    suspended: bool | None = None
    verified: bool | None = None
    organization_id: int | None = None
    default_group_id: int | None = None
    custom_role_id: int | None = None
    locale: str | None = None
    iana_time_zone: str | None = None
    tags: list[str] | None = None
    user_fields: JsonText = NULL


class UserRole(msgspec.Struct):
    """A staff role that a user was seen in; it stays when the user becomes an end user."""

    id: int
    role: str
    updated_at: datetime
    name: str | None = None
    default_group_id: int | None = None
    custom_role_id: int | None = None


class SatisfactionRating(msgspec.Struct):
    id: int
    ticket_id: int
    score: str
    created_at: datetime
    updated_at: datetime
    requester_id: int | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    comment: str | None = None
    reason: str | None = None
    reason_code: int | None = None


class TextContent(msgspec.Struct):
    value: str | None = None


class SurveyQuestion(msgspec.Struct):
    """``sub_type`` ``customer_satisfaction`` is the rating; ``alias`` names the comment and the reason."""

    id: str | None = None
    type: str | None = None
    sub_type: str | None = None
    alias: str | None = None
    headline: TextContent | None = None


class SurveyAnswer(msgspec.Struct):
    """``type`` is rating_scale, closed_ended, open_ended or skipped; each fills its own fields."""

    type: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    question: SurveyQuestion | None = None
    rating: float | None = None
    rating_category: str | None = None
    value: str | None = None
    selections: JsonText = NULL


class SurveySubject(msgspec.Struct):
    """What was asked about: ``zen:ticket:123``."""

    zrn: str | None = None
    type: str | None = None


class SurveyVersion(msgspec.Struct):
    id: str | None = None
    version: int | None = None


class SurveyResponse(msgspec.Struct):
    """One response; ``event_timestamp`` is when the ticket event happened that named it, known from the request."""

    id: str
    expires_at: datetime
    event_timestamp: UnixText = ""
    responder_id: int | None = None
    subject_zrns: list[str] | None = None
    subjects: list[SurveySubject] | None = None
    survey: SurveyVersion | None = None
    answers: list[SurveyAnswer] | None = None


class Actor(msgspec.Struct):
    id: int | None = None


class DeletedTicket(msgspec.Struct):
    id: int
    deleted_at: TimeText
    subject: str | None = None
    previous_state: str | None = None
    actor: Actor | None = None
