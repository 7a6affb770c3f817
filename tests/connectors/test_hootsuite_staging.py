"""Hootsuite's staging models say of every record and metric what the dataset's lines say."""

import statistics
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from staged import Staged, staged_nights

NIGHT = date(2026, 11, 20)
# A profile is taken out between the first two, and a network stops giving a metric between the last two.
NIGHTS = (date(2026, 9, 20), date(2026, 10, 4), NIGHT)
INBOX_NIGHTS = (date(2026, 11, 13), NIGHT)
KEY = "hootsuite:main:"
BY_TEAM = ("first-response-time", "conversation-response-time", "resolved-with-one-reply")
METRICS = (*BY_TEAM, "inbound-message-volume", "outbound-message-volume", "handle-time")


@pytest.fixture(scope="module")
def staged(
    small_dataset: Path, postgres: Any, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Staged]:
    work = tmp_path_factory.mktemp("staged_hootsuite")
    streams = dict.fromkeys(("social_profiles", "messages", "post_analytics", "profile_analytics"), NIGHTS)
    streams["inbox_metrics"] = INBOX_NIGHTS
    with staged_nights("hootsuite", streams, small_dataset, postgres, template, work) as found:
        yield found


def there(staged: Staged, stream: str, night: date = NIGHT) -> dict[str, dict[str, Any]]:
    """What exists when the night is asked for."""
    now = datetime.combine(night + timedelta(days=1), time(2), UTC)
    return staged.sandbox.records(f"hootsuite/{stream}", now)


def seen(staged: Staged, stream: str) -> dict[str, dict[str, Any]]:
    """What existed on any of the nights, as it was last."""
    found: dict[str, dict[str, Any]] = {}
    for night in NIGHTS:
        found |= there(staged, stream, night)
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_profiles_tell_who_was_taken_out(staged: Staged) -> None:
    columns = "profile_key, profile_id, network, profile_name, is_disconnected, is_deleted"
    living = there(staged, "social_profiles")
    expected = [
        (KEY + key, key, record["type"], record["socialNetworkUsername"], False, key not in living)
        for key, record in seen(staged, "social_profiles").items()
    ]
    assert staged.rows(f"select {columns} from staging.stg_hootsuite__social_profiles order by 1") == sorted(expected)
    assert [row[-1] for row in expected].count(True) == 1


def test_messages_tell_their_state_profile_and_post(staged: Staged) -> None:
    columns = (
        "message_key, profile_key, post_key, network, state, is_sent, text, tags, post_url, member_id, scheduled_at,"
        " is_deleted"
    )
    living = there(staged, "messages")
    expected = []
    for key, record in seen(staged, "messages").items():
        profile, post = record["socialProfile"], record["postId"]
        expected.append(
            (
                *(KEY + key, KEY + profile["id"], f"{KEY}{profile['id']}:{post}" if post else None, profile["type"]),
                *(record["state"], post is not None, record["text"], record["tags"], record["postUrl"]),
                *("1389211223", moment(record["scheduledSendTime"]), key not in living),
            )
        )
    told = staged.rows(f"select {columns} from staging.stg_hootsuite__messages order by 1")
    assert told == sorted(expected)
    assert {row[4] for row in told} == {
        *("SCHEDULED", "PENDING_APPROVAL", "SENT", "REJECTED", "SEND_FAILED_PERMANENTLY")
    }
    assert {row[-1] for row in told} == {False, True}


def test_posts_tell_what_was_published_and_join_their_messages(staged: Staged) -> None:
    columns = "post_key, profile_key, post_id, post_type, text, post_url, is_viral, published_at, refreshed_at"
    posts = seen(staged, "post_analytics")
    expected = [
        (
            *(f"{KEY}{post['profileId']}:{post['externalId']}", KEY + post["profileId"], post["externalId"]),
            *(post["postType"], post["content"], post["sourceLink"], post["isViral"]),
            *(moment(post["createdAt"]), moment(post["lastRefreshed"])),
        )
        for post in posts.values()
    ]
    assert staged.rows(f"select {columns} from staging.stg_hootsuite__posts order by 1") == sorted(expected)
    told = staged.rows(
        "select message_key from staging.stg_hootsuite__posts"
        " inner join staging.stg_hootsuite__messages using (post_key) order by 1"
    )
    sent = [key for key, record in seen(staged, "messages").items() if record["postId"] in posts]
    assert told == sorted((KEY + key,) for key in sent)
    assert len(sent) > 40


def test_tags_join_their_posts(staged: Staged) -> None:
    told = staged.rows(
        "select post_key, position_in_post, tag_id, tag from staging.stg_hootsuite__post_tags"
        " inner join staging.stg_hootsuite__posts using (post_key) order by 1"
    )
    expected = [
        (f"{KEY}{post['profileId']}:{post['externalId']}", place, tag["id"], tag["label"])
        for post in seen(staged, "post_analytics").values()
        for place, tag in enumerate(post["tags"])
    ]
    assert told == sorted(expected)


def test_metrics_of_posts_keep_what_they_last_said(staged: Staged) -> None:
    expected: dict[str, float] = {}
    for night in NIGHTS:
        for post in there(staged, "post_analytics", night).values():
            for name, value in post["metrics"].items():
                expected[f"{KEY}{post['profileId']}:{post['externalId']}:{name}"] = value
    told = staged.rows("select post_metric_key, value from staging.stg_hootsuite__post_metrics")
    assert dict(told) == expected
    given = sum(len(post["metrics"]) for post in there(staged, "post_analytics").values())
    assert given < len(expected)
    both = "staging.stg_hootsuite__post_metrics inner join staging.stg_hootsuite__posts using (post_key)"
    assert staged.rows(f"select count(*) from {both}") == [(len(expected),)]


def test_metrics_of_profiles_are_totals_and_parts(staged: Staged) -> None:
    expected: dict[tuple[str, date, str, str | None, str | None], float] = {}
    for night in NIGHTS:
        for day in there(staged, "profile_analytics", night).values():
            for name, metric in day["metrics"].items():
                of = (KEY + day["profileId"], date.fromisoformat(day["date"]), name)
                expected[(*of, None, None)] = metric["total"]
                for part in metric.get("breakdownDimensions", []):
                    for dimension, value in part["values"].items():
                        expected[(*of, part["breakdownId"], dimension)] = value
    columns = "profile_key, metric_date, metric, breakdown, dimension, value"
    told = staged.rows(f"select {columns} from staging.stg_hootsuite__profile_metrics")
    assert {row[:-1]: row[-1] for row in told} == expected
    assert {row[3] for row in told} == {None, "country"}


def test_inbox_metrics_are_counts_or_averages_of_each_day(staged: Staged) -> None:
    """The first night reaches back to 1 November; the second reads from the 8th on again."""
    expected: dict[tuple[str, str, datetime], float | None] = {}
    for night, first in zip(INBOX_NIGHTS, (1, 8), strict=True):
        cells = there(staged, "inbox_metrics", night).values()
        for day in range(first, night.day + 1):
            begins = datetime(2026, 11, day, tzinfo=UTC)
            for metric in METRICS:
                of_day = [cell for cell in cells if cell["metric"] == metric and moment(cell["timestamp"]) == begins]
                values = [cell["value"] for cell in of_day]
                if metric in BY_TEAM and values:
                    expected |= {(metric, cell["team"], begins): cell["value"] for cell in of_day}
                elif metric.endswith("volume"):
                    expected[metric, "", begins] = sum(values) if values else None
                else:
                    expected[metric, "", begins] = round(statistics.mean(values)) if values else None
    columns = "metric, coalesce(team_id, ''), day_began_at, value, inbox_metric_key"
    told = staged.rows(f"select {columns} from staging.stg_hootsuite__inbox_metrics")
    assert {row[:3]: row[3] for row in told} == expected
    assert {row[4] for row in told} == {
        f"{KEY}{metric}:{int(begins.timestamp())}:{team}" for metric, team, begins in expected
    }
    assert None in expected.values()
