"""Zendesk's contracts: how an account is set up: groups, organizations, SLA policies, business hours, fields, forms."""

from datetime import date, datetime

import msgspec

from cx_etl.contract import NULL, IntText, JsonText


class Organization(msgspec.Struct):
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    external_id: str | None = None
    group_id: int | None = None
    domain_names: list[str] | None = None
    tags: list[str] | None = None
    organization_fields: JsonText = NULL


class Group(msgspec.Struct):
    id: int
    name: str
    updated_at: datetime
    created_at: datetime | None = None
    description: str | None = None
    default: bool | None = None
    deleted: bool | None = None
    is_public: bool | None = None


class GroupMembership(msgspec.Struct):
    id: int
    user_id: int
    group_id: int
    default: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class PolicyMetric(msgspec.Struct):
    priority: str | None = None
    metric: str | None = None
    target: int | None = None
    target_in_seconds: int | None = None
    business_hours: bool | None = None


class PolicyCondition(msgspec.Struct):
    field: str | None = None
    operator: str | None = None
    value: JsonText = NULL


class PolicyFilter(msgspec.Struct):
    all: list[PolicyCondition] | None = None
    any: list[PolicyCondition] | None = None


class SlaPolicy(msgspec.Struct):
    id: int
    title: str
    description: str | None = None
    position: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    policy_metrics: list[PolicyMetric] | None = None
    filter: PolicyFilter | None = None


class Interval(msgspec.Struct):
    """Minutes since Sunday midnight in the schedule's time zone."""

    start_time: int
    end_time: int


class Schedule(msgspec.Struct):
    """Business hours. ``time_zone`` is one of the vendor's own names ("Eastern Time (US & Canada)")."""

    id: int
    name: str
    time_zone: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    intervals: list[Interval] | None = None


class Holiday(msgspec.Struct):
    """Days without business hours, both included; ``schedule_id`` is known from the request."""

    id: int
    name: str
    start_date: date
    end_date: date
    schedule_id: IntText = ""


class FieldOption(msgspec.Struct):
    id: int | None = None
    name: str | None = None
    value: str | None = None


class TicketField(msgspec.Struct):
    id: int
    type: str
    title: str
    updated_at: datetime | None = None
    created_at: datetime | None = None
    description: str | None = None
    active: bool | None = None
    required: bool | None = None
    removable: bool | None = None
    position: int | None = None
    tag: str | None = None
    custom_field_options: list[FieldOption] | None = None


class TicketForm(msgspec.Struct):
    id: int
    name: str
    updated_at: datetime | None = None
    created_at: datetime | None = None
    display_name: str | None = None
    active: bool | None = None
    default: bool | None = None
    end_user_visible: bool | None = None
    in_all_brands: bool | None = None
    position: int | None = None
    ticket_field_ids: list[int] | None = None
    restricted_brand_ids: list[int] | None = None
