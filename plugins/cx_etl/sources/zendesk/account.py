"""The account: what is left of its limits, and what `cx doctor` asks of it."""

import re
from collections.abc import Mapping

from cx_etl.errors import ConfigError
from cx_etl.sources.base import Answer, Budget, Probe, Quota, Request

# A limit of some requests, in a header of its own: "total=10; remaining=9; resets=60".
OWN_LIMIT = re.compile(r"total=(\d+); *remaining=(\d+); *resets=(\d+)")


def quota(answer: Answer) -> Quota | None:
    """The limit that is nearest: the account's own, or the one for requests like this."""
    found = [*_own_limits(answer.headers), *_account_limit(answer.headers)]
    return min(found, key=lambda limit: limit.left, default=None)


def _own_limits(headers: Mapping[str, str]) -> list[Quota]:
    matches = [OWN_LIMIT.match(text) for name, text in headers.items() if name.startswith("zendesk-ratelimit-")]
    numbers = [tuple(map(float, match.groups())) for match in matches if match]
    return [Quota(left=left, limit=total, resets_seconds=resets) for total, left, resets in numbers]


def _account_limit(headers: Mapping[str, str]) -> list[Quota]:
    total, left = headers.get("x-rate-limit"), headers.get("x-rate-limit-remaining")
    if total is None or left is None:
        return []
    return [Quota(float(left), float(total), resets_seconds=float(headers.get("ratelimit-reset", 60)))]


# Surveys walk a few pages of events, but most of their calls show one response each: they are in the account's only.
BUDGETS = (
    Budget("time-based exports", 10, 60, ("ticket_events", "ticket_metric_events", "organizations")),
    Budget("cursor exports", 20, 60, ("tickets", "users")),
    Budget("deleted tickets", 10, 60, ("deleted_tickets",)),
    Budget("account", 700, 60),
)


def _role(answer: Answer) -> str:
    """Refused credentials are answered too: as an anonymous user."""
    user = answer.decoded()["user"]
    if user.get("id") is None:
        raise ConfigError("zendesk took the credentials for nobody's", "check login and password of the connection")
    if user.get("role") != "admin":
        raise ConfigError(
            f"the connection's user {user['id']} has the role {user.get('role')}",
            "exports, ratings and deleted tickets are for admins: connect with the token of an admin",
        )
    return f"user {user['id']}, role admin"


def _exports(answer: Answer) -> str:
    return f"incremental exports answer, with {len(answer.decoded()['tickets'])} ticket on a page of one"


def _legacy_csat(answer: Answer) -> str:
    """The two systems exclude each other; which one is on decides which stream has records."""
    is_on = answer.decoded()["settings"]["active_features"]["customer_satisfaction"]
    return "legacy ratings are on" if is_on else "legacy ratings are off: look for survey_responses"


def _survey_csat(answer: Answer) -> str:
    if answer.status != 200:
        return "no survey-based CSAT on this account"
    return "survey-based CSAT has responses" if answer.decoded()["survey_responses"] else "no survey responses yet"


EXPORT = Request("/api/v2/incremental/tickets/cursor.json")
PROBES = (
    Probe("credentials and role", Request("/api/v2/users/me.json"), _role),
    Probe(
        "exports",
        Request("/api/v2/incremental/tickets/cursor.json", params={"start_time": "1", "per_page": "1"}),
        _exports,
    ),
    Probe("legacy CSAT", Request("/api/v2/account/settings.json"), _legacy_csat),
    Probe(
        "survey CSAT",
        Request("/api/v2/guide/survey_responses.json", params={"page[size]": "1"}, accepts=(403, 404)),
        _survey_csat,
    ),
)
