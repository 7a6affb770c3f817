"""Hootsuite: social profiles, outbound posts, analytics of posts and profiles, and Inbox 2.0's six aggregates by day.

Needs: an OAuth app (login: client id, password: client secret) and a refresh token of a member who sees the profiles,
authorised with the scope offline; analytics:read for analytics; for Inbox 2.0 an account that Hootsuite has linked.

Limits: 20 calls a second, 100,000 a day. Posts are asked for by at most four weeks, analytics by what changed in the
last 30 days or was published in the last two years, the inbox by the last 14 days: what an outage longer than that
leaves out is lost, and said.
Cannot see: messages and conversations of the inbox (there is no export), posts for review without a time, paid posts.
"""

from datetime import timedelta

from cx_etl.sources.base import Source, Stream, Table, records_under
from cx_etl.sources.hootsuite_answers import BUDGETS, PROBES, check, quota
from cx_etl.sources.hootsuite_inbox import OVERLAP, ask_inbox, read_inbox
from cx_etl.sources.hootsuite_lists import (
    FOUR_WEEKS,
    RESTATED,
    ask_analytics,
    ask_messages,
    ask_profiles,
    login,
    read_messages,
    read_post_analytics,
    read_profile_analytics,
    read_profiles,
)
from cx_etl.sources.hootsuite_records import (
    InboxMetric,
    Message,
    Post,
    PostMetric,
    ProfileDay,
    ProfileMetric,
    SocialProfile,
    inbox_values,
    posts,
    profile_days,
)

SOURCE = Source(
    name="hootsuite",
    auth=login,
    check=check,
    quota=quota,
    budgets=BUDGETS,
    probes=PROBES,
    needs=("host", "login", "password", "refresh_token"),
    streams=(
        Stream(
            name="social_profiles",
            tables=(Table("hootsuite__social_profiles", SocialProfile, "id"),),
            start=ask_profiles,
            read=read_profiles,
            split=records_under("data"),
            found_by="",
            absent_is_deleted=True,
        ),
        Stream(
            name="messages",
            tables=(Table("hootsuite__messages", Message, "id"),),
            start=ask_messages,
            read=read_messages,
            split=records_under("data"),
            # There is no filter by change: what was sent or changed since is found by reading four weeks again.
            overlap=FOUR_WEEKS,
            found_by="scheduledSendTime",
            absent_is_deleted=True,
        ),
        Stream(
            name="post_analytics",
            tables=(
                Table("hootsuite__post_analytics", Post, ("profileId", "externalId")),
                Table("hootsuite__post_metrics", PostMetric, ("profileId", "externalId", "name")),
            ),
            start=ask_analytics,
            read=read_post_analytics,
            split=posts,
            overlap=RESTATED,
            found_by="createdAt",
            # A profile that was taken out of Hootsuite takes its posts along, which does not undo them.
            reaches_back=timedelta(),
        ),
        Stream(
            name="profile_analytics",
            tables=(
                Table("hootsuite__profile_analytics", ProfileDay, ("profileId", "date")),
                Table(
                    "hootsuite__profile_metrics",
                    ProfileMetric,
                    ("profileId", "date", "name", "breakdown", "dimension"),
                ),
            ),
            start=ask_analytics,
            read=read_profile_analytics,
            split=profile_days,
            overlap=RESTATED,
            found_by="date",
            reaches_back=timedelta(),
        ),
        Stream(
            name="inbox_metrics",
            tables=(Table("hootsuite__inbox_metrics", InboxMetric, ("metric", "team", "timestamp")),),
            start=ask_inbox,
            read=read_inbox,
            split=inbox_values,
            context_fields=("metric",),
            overlap=OVERLAP,
            found_by="timestamp",
            reaches_back=timedelta(),
        ),
    ),
)
