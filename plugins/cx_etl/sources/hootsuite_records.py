"""Hootsuite's records, and its maps of metrics as rows: which metrics there are changes, so none is a column."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec


class SocialProfile(msgspec.Struct, rename="camel"):
    id: str
    type: str
    social_network_id: str | None = None
    social_network_username: str | None = None
    avatar_url: str | None = None
    owner: str | None = None
    owner_id: str | None = None
    is_reauth_required: int | None = None


class ProfileReference(msgspec.Struct, rename="camel"):
    id: str | None = None
    type: str | None = None


class MemberReference(msgspec.Struct):
    id: str | None = None


class Message(msgspec.Struct, rename="camel"):
    """An outbound post: scheduled, waiting for approval, rejected, sent, or failed."""

    id: str
    state: str
    scheduled_send_time: datetime
    text: str | None = None
    social_profile: ProfileReference | None = None
    tags: list[str] | None = None
    post_id: str | None = None
    post_url: str | None = None
    created_by_member: MemberReference | None = None
    last_updated_by_member: MemberReference | None = None
    sequence_number: int | None = None


class Label(msgspec.Struct):
    id: str | None = None
    label: str | None = None


class Post(msgspec.Struct, rename="camel"):
    """A post as its network has it, whoever made it where."""

    profile_id: str
    external_id: str
    external_profile_id: str
    created_at: datetime
    last_refreshed: datetime | None = None
    source_link: str | None = None
    title: str | None = None
    content: str | None = None
    post_type: str | None = None
    attachment_types: list[str] | None = None
    is_viral: bool | None = None
    detected_viral_at: datetime | None = None
    campaign: Label | None = None
    tags: list[Label] | None = None


class PostMetric(msgspec.Struct, rename="camel"):
    """One lifetime metric of a post. One that the vendor drops keeps what it last said."""

    profile_id: str
    external_id: str
    name: str
    value: float | None


class ProfileDay(msgspec.Struct, rename="camel"):
    profile_id: str
    external_profile_id: str
    date: date


class ProfileMetric(msgspec.Struct, rename="camel"):
    """One metric of a profile on one date: its total, or its share of a dimension's value where there is a breakdown.

    ``breakdown`` and ``dimension`` are "" for the total.
    """

    profile_id: str
    date: date
    name: str
    breakdown: str
    dimension: str
    value: float | None


class InboxMetric(msgspec.Struct):
    """One aggregate of one business day, which begins at ``timestamp``. ``team`` is "" where it is of all teams.

    ``value`` is a count, or seconds on average; None when there was nothing to count or average.
    """

    team: str
    timestamp: datetime
    value: float | None
    metric: str = ""


class Listed(msgspec.Struct):
    """An answer that lists records."""

    data: list[dict[str, Any]]
    metadata: dict[str, Any] | None = None


class Total(msgspec.Struct):
    """An answer of the inbox about one span of time: of all teams, or by team."""

    value: float | dict[str, Any] | None


class Intervals(msgspec.Struct):
    """An answer of the inbox, by interval."""

    value: list[dict[str, Any]]


Records = Iterator[tuple[int, msgspec.Raw]]


def posts(body: bytes) -> Records:
    """Posts, each followed by its metrics."""
    for post in msgspec.json.decode(body, type=Listed).data:
        metrics = post.pop("metrics", None)
        yield 0, _raw(post)
        for name, value in _named(metrics):
            yield 1, _raw(_only(post, "profileId", "externalId") | {"name": name, "value": value})


def profile_days(body: bytes) -> Records:
    """Days of profiles, each followed by its metrics and their breakdowns."""
    for day in msgspec.json.decode(body, type=Listed).data:
        metrics = day.pop("metrics", None)
        yield 0, _raw(day)
        for name, value in _named(metrics):
            for breakdown, dimension, number in _parts(value):
                row = {"name": name, "breakdown": breakdown, "dimension": dimension, "value": number}
                yield 1, _raw(_only(day, "profileId", "date") | row)


def inbox_values(body: bytes) -> Records:
    """A row for each interval, or for each team of an interval that says how its value divides."""
    for entry in msgspec.json.decode(body, type=Intervals).value:
        beside = {key: value for key, value in entry.items() if key != "value"}
        value = _unwrapped(entry.get("value"))
        for team, number in value.items() if isinstance(value, dict) else (("", value),):
            yield 0, _raw({**beside, "team": team, "value": _unwrapped(number)})


def _raw(fields: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(fields))


def _only(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}


def _named(metrics: Any) -> Iterator[tuple[Any, Any]]:
    """Names and values. What is no map becomes a metric without a name, which the contract refuses, whole."""
    if isinstance(metrics, dict):
        yield from metrics.items()
    elif metrics is not None:
        yield None, metrics


def _parts(metric: Any) -> Iterator[tuple[str, str, Any]]:
    """The total of a metric, and the values of its breakdowns; what is not as documented is no number."""
    if not isinstance(metric, dict):
        yield "", "", metric
        return
    yield "", "", metric.get("total")
    for part in metric.get("breakdownDimensions") or []:
        values = part.get("values") if isinstance(part, dict) else None
        if not isinstance(values, dict):
            yield "", "breakdownDimensions", part
            continue
        for dimension, number in values.items():
            yield str(part.get("breakdownId")), dimension, number


def _unwrapped(value: Any) -> Any:
    """The vendor's document wraps values that its examples show bare."""
    while isinstance(value, dict) and value.keys() == {"value"}:
        value = value["value"]
    return value
