"""Hootsuite records: profiles, outbound messages, posts and days of profiles with their metrics, inbox aggregates."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sandbox.records.writer import stamp

Record = dict[str, Any]


def profile(number: int, network: str, username: str | None) -> Record:
    """A connected profile; the vendor gives no name for those on Twitter."""
    return {
        "id": str(number),
        "type": network,
        "socialNetworkId": str(number * 7),
        "socialNetworkUsername": None if network == "TWITTER" else username,
        "avatarUrl": None,
        "owner": "ORGANIZATION",
        "ownerId": "814984",
        "isReauthRequired": 0,
    }


def message(
    *,
    number: int,
    state: str,
    text: str,
    profile: Record,
    send_at: datetime,
    tags: Sequence[str] = (),
    post_id: str | None = None,
    sequence: int | None = None,
) -> Record:
    """An outbound message as of one version; the address of the post is given for some networks only."""
    has_url = post_id is not None and profile["type"] in ("FACEBOOKPAGE", "LINKEDINCOMPANY")
    return {
        "id": str(number),
        "state": state,
        "text": text,
        "scheduledSendTime": stamp(send_at),
        "socialProfile": {"type": profile["type"], "id": profile["id"]},
        "mediaUrls": None,
        "media": None,
        "webhookUrls": None,
        "tags": list(tags) or None,
        "targeting": None,
        "privacy": None,
        "location": None,
        "emailNotification": False,
        "postUrl": f"https://social.example/{post_id}" if has_url else None,
        "postId": post_id,
        "reviewers": [],
        "createdByMember": {"id": "1389211223"},
        "lastUpdatedByMember": {"id": "1389211223"},
        "extendedInfo": None,
        "sequenceNumber": sequence,
    }


def post(
    *,
    profile: Record,
    external_id: str,
    text: str,
    created_at: datetime,
    refreshed_at: datetime,
    metrics: Mapping[str, float],
) -> Record:
    """A post with its lifetime metrics; ``id`` is the dataset's own."""
    return {
        "id": external_id,
        "createdAt": stamp(created_at),
        "lastRefreshed": stamp(refreshed_at),
        "profileId": profile["id"],
        "externalProfileId": profile["socialNetworkId"],
        "sourceLink": f"https://social.example/{external_id}",
        "externalId": external_id,
        "isViral": False,
        "content": text,
        "tags": [{"id": "t1", "label": "care"}],
        "attachmentTypes": ["ATTACHMENT_PHOTO"],
        "postType": f"{profile['type']}_POST",
        "metrics": dict(metrics),
    }


def profile_day(*, profile: Record, day: date, metrics: Mapping[str, Record]) -> Record:
    """A profile's metrics of one date; ``id`` is the dataset's own."""
    return {
        "id": f"{profile['id']}|{day}",
        "profileId": profile["id"],
        "externalProfileId": profile["socialNetworkId"],
        "date": str(day),
        "metrics": dict(metrics),
    }


def total(value: float, **breakdowns: Mapping[str, float]) -> Record:
    """A metric of a profile: its total, and what it divides into."""
    parts = [{"breakdownId": name, "values": dict(values)} for name, values in breakdowns.items()]
    return {"total": value, **({"breakdownDimensions": parts} if parts else {})}


def inbox_cell(metric: str, team: str, begins_at: datetime, value: int) -> Record:
    """One aggregate of one team on the day that begins then."""
    timestamp = stamp(begins_at)
    return {
        "id": f"{metric}|{team}|{timestamp}",
        "metric": metric,
        "team": team,
        "timestamp": timestamp,
        "value": value,
    }
