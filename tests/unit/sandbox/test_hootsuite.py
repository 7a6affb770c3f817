"""Hootsuite: tokens that work once, lists within their windows, answers in part, an inbox that forgets, limits."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandboxes import serving

NOW = "2026-11-20T02:00:00Z"
TOKEN = "/hootsuite/oauth2/token"
CLIENT = ("client", "secret")
START = datetime(2026, 11, 1, tzinfo=UTC)
PAGES = ("101", "103")
TEAM, OTHER_TEAM = "c3144df7", "3b48a76e"


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def message(key: int, send_at: datetime, at: datetime, state: str = "SCHEDULED") -> dict[str, Any]:
    of = {"id": "101" if key % 2 else "102", "type": "FACEBOOKPAGE"}
    record = {"id": str(key), "state": state, "text": f"olá {key} 🎉", "scheduledSendTime": iso(send_at)}
    return {"at": iso(at), "record": {**record, "socialProfile": of}}


def post(key: int, created: datetime, at: datetime, **metrics: float) -> dict[str, Any]:
    profile = PAGES[key % 2]
    record = {"id": f"p{key}", "externalId": f"p{key}", "profileId": profile, "createdAt": iso(created)}
    return {"at": iso(at), "record": {**record, "lastRefreshed": iso(at), "metrics": metrics}}


def profile_day(profile: str, day: date, at: str, **metrics: float) -> dict[str, Any]:
    shown = {name: {"total": value} for name, value in metrics.items()}
    return {"at": at, "record": {"id": f"{profile}|{day}", "profileId": profile, "date": str(day), "metrics": shown}}


def cell(metric: str, team: str, day: str, value: int) -> dict[str, Any]:
    record = {"id": f"{metric}|{team}|{day}", "metric": metric, "team": team, "timestamp": f"{day}T00:00:00Z"}
    return {"at": f"{day}T20:00:00Z", "record": {**record, "value": value}}


def make_lines() -> dict[str, list[dict[str, Any]]]:
    """Three profiles of two networks; messages of which many share a second, posts that are restated, an inbox."""
    profiles = [("101", "FACEBOOKPAGE"), ("102", "LINKEDINCOMPANY"), ("103", "FACEBOOKPAGE")]
    messages = [message(key, START + timedelta(hours=key // 4), START - timedelta(days=1)) for key in range(1, 121)]
    messages += [
        message(key, START + timedelta(hours=key // 4), START + timedelta(days=3), "SENT") for key in (3, 4, 5)
    ]
    messages.append({"at": iso(START + timedelta(days=4)), "deleted": True, "id": "50"})
    hours = [START + timedelta(hours=key) for key in range(60)]
    posts = [post(key, at, at + timedelta(days=1), likes=key, impressions=9) for key, at in enumerate(hours)]
    posts.append(post(1, START + timedelta(hours=1), START + timedelta(days=12), likes=500))
    posts.append(post(99, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 2, tzinfo=UTC), likes=1))
    days = [
        profile_day(profile, date(2026, 11, day), f"2026-11-{day:02}T23:00:00Z", followers=day)
        for day in range(1, 19)
        for profile in PAGES
    ]
    days.append(profile_day("101", date(2026, 11, 2), "2026-11-10T00:00:00Z", views=7))
    inbox = [cell("inbound-message-volume", TEAM, f"2026-11-{day:02}", day) for day in (7, 8, 10, 18)]
    inbox += [
        cell("inbound-message-volume", OTHER_TEAM, "2026-11-08", 100),
        cell("handle-time", TEAM, "2026-11-18", 60),
    ]
    inbox += [
        cell("first-response-time", TEAM, "2026-11-18", 400),
        cell("first-response-time", OTHER_TEAM, "2026-11-18", 200),
    ]
    inbox.append(cell("resolved-with-one-reply", TEAM, "2026-11-18", 3))
    return {
        "hootsuite/social_profiles": [
            {"at": iso(START - timedelta(days=500)), "record": {"id": key, "type": kind}} for key, kind in profiles
        ],
        "hootsuite/messages": messages,
        "hootsuite/post_analytics": posts,
        "hootsuite/profile_analytics": days,
        "hootsuite/inbox_metrics": inbox,
    }


def write(folder: Path, extra: str = "") -> Path:
    (folder / "hootsuite").mkdir(parents=True)
    for name, lines in make_lines().items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    head = 'name = "social"\ntime_zone = "UTC"\nfirst_night = 2026-11-01\nlast_night = 2026-11-19\n'
    (folder / "dataset.toml").write_text(f"{head}\n[hootsuite]\n{extra}\n")
    return folder


@contextmanager
def logged_in(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10) as client:
        set_clock(client, NOW)
        client.delete("/_control/faults")
        yield client


def set_clock(http: httpx.Client, now: str) -> None:
    """Move the clock, and log in by it."""
    http.put("/_control/clock", json={"now": now}).raise_for_status()
    http.headers["Authorization"] = f"Bearer {renewed(http, 'sandbox-refresh-token')['access_token']}"


def renewed(http: httpx.Client, token: str) -> dict[str, Any]:
    answer = http.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": token}, auth=CLIENT)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(write(tmp_path_factory.mktemp("social") / "set")) as sandbox:
        yield sandbox.url


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with logged_in(address) as client:
        yield client


def messages(http: httpx.Client, **params: Any) -> httpx.Response:
    window = {"startTime": "2026-11-01T00:00:00Z", "endTime": "2026-11-29T00:00:00Z"}
    return http.get("/hootsuite/v1/messages", params={**window, **params})


def analytics(http: httpx.Client, name: str, filters: dict[str, Any], **params: Any) -> httpx.Response:
    body = {"filters": {"profileId": {"in": list(PAGES)}, **filters}}
    path = f"/hootsuite/v1/analytics/{name}"
    return http.post(path, params={"datatype": "ORGANIC", "networkId": "FACEBOOKPAGE", **params}, json=body)


def inbox(http: httpx.Client, metric: str, since: str, until: str, **more: Any) -> httpx.Response:
    path = f"/hootsuite/inbox/v1/reporting/metrics/{metric}"
    return http.post(path, json={"from": since, "to": until, **more})


def living(name: str) -> dict[str, dict[str, Any]]:
    """The slow way: what exists after all lines."""
    found: dict[str, dict[str, Any]] = {}
    for line in sorted(make_lines()[name], key=lambda line: line["at"]):
        if line.get("deleted"):
            del found[line["id"]]
        else:
            found[line["record"]["id"]] = line["record"]
    return found


# Tokens


def test_a_refresh_token_works_once_and_leads_to_the_next(http: httpx.Client) -> None:
    first = renewed(http, "sandbox-refresh-token")
    second = renewed(http, first["refresh_token"])
    assert (first["expires_in"], first["token_type"]) == (3600, "bearer")
    assert len({first["refresh_token"], second["refresh_token"], first["access_token"], second["access_token"]}) == 4
    again = http.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}, auth=CLIENT)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    renewed(http, second["refresh_token"])


def test_client_credentials_go_by_basic_only(http: httpx.Client) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token"}
    http.headers.pop("authorization")
    in_body = http.post(TOKEN, data={**form, "client_id": "client", "client_secret": "secret"})
    assert (in_body.status_code, in_body.json()["error"]) == (401, "invalid_client")
    half = base64.b64encode(b"client:").decode()
    assert http.post(TOKEN, data=form, headers={"Authorization": f"Basic {half}"}).status_code == 401
    other = http.post(TOKEN, data={"grant_type": "password"}, auth=CLIENT)
    assert other.json()["error"] == "unsupported_grant_type"


def test_whoever_logs_in_anew_gets_a_token_that_works_once(http: httpx.Client) -> None:
    code = {"grant_type": "authorization_code", "code": "c", "redirect_uri": "https://app.example"}
    token = http.post(TOKEN, data=code, auth=CLIENT).json()["refresh_token"]
    renewed(http, token)
    assert http.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": token}, auth=CLIENT).is_error


def test_an_access_token_ends_after_an_hour(http: httpx.Client) -> None:
    assert http.get("/hootsuite/v1/me").json()["data"]["id"]
    http.put("/_control/clock", json={"now": "2026-11-20T02:59:59Z"})
    assert http.get("/hootsuite/v1/me").status_code == 200
    http.put("/_control/clock", json={"now": "2026-11-20T03:00:00Z"})
    ended = http.get("/hootsuite/v1/me")
    assert (ended.status_code, ended.json()["errors"][0]["code"]) == (401, 1001)


# Messages


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_messages_by_cursor_lose_and_double_nothing(http: httpx.Client, limit: int) -> None:
    found, cursor = [], {}
    while True:
        page = messages(http, limit=limit, **cursor).json()
        found += [(each["scheduledSendTime"], each["id"]) for each in page["data"]]
        if page["metadata"]["cursor"]["next"] is None:
            break
        cursor = {"cursor": page["metadata"]["cursor"]["next"]}
    expected = living("hootsuite/messages")
    assert found == sorted((record["scheduledSendTime"], key) for key, record in expected.items())
    assert len(found) == 119


def test_a_row_that_goes_between_two_pages_takes_no_other_along(http: httpx.Client) -> None:
    set_clock(http, "2026-11-04T23:59:00Z")
    order = [each["id"] for each in messages(http, limit=100).json()["data"]]
    page = messages(http, limit=order.index("50")).json()
    http.put("/_control/clock", json={"now": "2026-11-05T00:00:00Z"})
    following = messages(http, limit=3, cursor=page["metadata"]["cursor"]["next"]).json()["data"]
    assert [each["id"] for each in following] == order[order.index("50") + 1 :][:3]


def test_both_ends_of_the_time_are_in_it_and_states_and_profiles_choose(http: httpx.Client) -> None:
    def found(**params: Any) -> set[str]:
        return {each["id"] for each in messages(http, limit=100, **params).json()["data"]}

    assert found(startTime="2026-11-01T01:00:00Z", endTime="2026-11-01T01:00:00Z") == {"4", "5", "6", "7"}
    assert found(state="SENT") == {"3", "4", "5"}
    assert found(state="SENT", socialProfileIds="102") == {"4"}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"endTime": "2026-11-29T00:00:01Z"}, 40020),
        ({"endTime": "2026-10-31T00:00:00Z"}, 40020),
        ({"startTime": ""}, 4000),
        ({"limit": 101}, 4000),
        ({"state": "DRAFT"}, 40019),
        ({"cursor": "nowhere"}, 3020),
        ({"includeUnscheduledReviewMsgs": "perhaps"}, 40022),
    ],
)
def test_messages_asked_for_wrongly_are_refused(http: httpx.Client, params: dict[str, Any], code: int) -> None:
    answer = messages(http, **params)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_what_is_not_there_is_named_beside_what_is(http: httpx.Client) -> None:
    """200 with data and errors: half an answer."""
    answer = http.get(
        "/hootsuite/v1/messages?startTime=2026-11-01T00:00:00Z&endTime=2026-11-02T00:00:00Z"
        "&socialProfileIds=101&socialProfileIds=999"
    )
    assert answer.status_code == 200
    assert answer.json()["data"]
    assert answer.json()["errors"][0]["resource"] == {"type": "socialProfile", "id": "999"}
    posts = analytics(http, "posts", {"profileId": {"in": ["101", "999"]}})
    assert posts.status_code == 200
    assert posts.json()["data"]
    assert [each["resource"]["id"] for each in posts.json()["errors"]] == ["999"]


# Analytics


def walk(http: httpx.Client, name: str, filters: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    found, cursor = [], {}
    while True:
        page = analytics(http, name, filters, limit=limit, **cursor).json()
        found += page["data"]
        if "next" not in page["metadata"]["collectionInfo"]:
            return found
        cursor = {"cursor": page["metadata"]["collectionInfo"]["next"]["cursor"]}


@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("name", ["posts", "profiles"])
def test_analytics_by_cursor_lose_and_double_nothing(http: httpx.Client, name: str, limit: int) -> None:
    stream = "hootsuite/post_analytics" if name == "posts" else "hootsuite/profile_analytics"
    expected = [{key: value for key, value in record.items() if key != "id"} for record in living(stream).values()]
    found = walk(http, name, {}, limit)
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, expected))


def test_posts_are_found_by_when_they_were_published_or_when_they_changed(http: httpx.Client) -> None:
    def since(field: str, day: str) -> set[str]:
        found = walk(http, "posts", {field: {"timespan": {"since": day}}}, 100)
        return {each["externalId"] for each in found}

    records = living("hootsuite/post_analytics")
    published = {key for key, record in records.items() if record["createdAt"] >= "2026-11-03"}
    assert since("reportingPeriod", "2026-11-03") == published
    assert since("lastModified", "2026-11-05") == {"p1"}
    assert "p99" in since("reportingPeriod", "2024-11-20")


def test_numbers_are_restated_and_names_of_metrics_vanish(http: httpx.Client) -> None:
    def first() -> dict[str, Any]:
        return next(each for each in walk(http, "posts", {}, 100) if each["externalId"] == "p1")["metrics"]

    set_clock(http, "2026-11-12T23:59:59Z")
    assert first() == {"likes": 1, "impressions": 9}
    http.put("/_control/clock", json={"now": "2026-11-13T00:00:00Z"})
    assert first() == {"likes": 500}


@pytest.mark.parametrize(
    ("filters", "params"),
    [
        ({"profileId": {"in": [str(key) for key in range(11)]}}, {}),
        ({"profileId": {}}, {}),
        ({"lastModified": {"timespan": {"since": "2026-10-20"}}}, {}),
        ({"reportingPeriod": {"timespan": {"since": "2024-11-19"}}}, {}),
        ({"reportingPeriod": {}}, {}),
        ({}, {"networkId": "MYSPACE"}),
        ({}, {"limit": 101}),
        ({}, {"cursor": "%%%"}),
    ],
)
def test_analytics_asked_for_wrongly_are_a_problem(
    http: httpx.Client, filters: dict[str, Any], params: dict[str, Any]
) -> None:
    answer = analytics(http, "posts", filters, **params)
    assert answer.status_code == answer.json()["status"] == 422
    assert answer.json()["title"] == "invalid-argument"


def test_profiles_of_another_network_are_not_there(http: httpx.Client) -> None:
    answer = analytics(http, "profiles", {"profileId": {"in": ["102"]}})
    assert (answer.json()["data"], len(answer.json()["errors"])) == ([], 1)


# Inbox


def test_the_inbox_forgets_after_fourteen_days(http: httpx.Client) -> None:
    within = inbox(http, "inbound-message-volume", "2026-11-06T02:00:00Z", "2026-11-19T00:00:00Z")
    assert within.json() == {"value": 7 + 8 + 10 + 18 + 100}
    beyond = inbox(http, "inbound-message-volume", "2026-11-06T01:59:59Z", "2026-11-19T00:00:00Z")
    assert beyond.status_code == 400
    assert "14 days" in beyond.json()["errors"][0]["message"]


def test_an_interval_without_anything_is_null(http: httpx.Client) -> None:
    answer = inbox(
        http, "inbound-message-volume", "2026-11-07T00:00:00Z", "2026-11-11T00:00:00Z", groupByInterval="DAY"
    )
    assert answer.json()["value"] == [
        {"timestamp": "2026-11-07T00:00:00.000Z", "value": 7},
        {"timestamp": "2026-11-08T00:00:00.000Z", "value": 108},
        {"timestamp": "2026-11-09T00:00:00.000Z", "value": None},
        {"timestamp": "2026-11-10T00:00:00.000Z", "value": 10},
    ]


def test_what_can_be_divided_by_team_is(http: httpx.Client) -> None:
    span = ("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z")
    teams = {TEAM: {"value": 400}, OTHER_TEAM: {"value": 200}}
    assert inbox(http, "first-response-time", *span).json() == {"value": 300}
    assert inbox(http, "first-response-time", *span, groupBy="TEAM").json() == {"value": teams}
    both = inbox(http, "first-response-time", *span, groupBy="TEAM", groupByInterval="DAY").json()["value"]
    assert both == [{"timestamp": "2026-11-18T00:00:00.000Z", "value": teams}]
    assert inbox(http, "first-response-time", *span, teamIds=[TEAM]).json() == {"value": 400}
    assert inbox(http, "resolved-with-one-reply", *span, groupBy="TEAM").json() == {"value": {TEAM: {"value": 3}}}
    assert inbox(http, "handle-time", *span).json() == {"value": 60}
    for metric, more in (
        ("handle-time", {"groupBy": "TEAM"}),
        ("inbound-message-volume", {"groupBy": "TEAM"}),
        ("handle-time", {"groupByInterval": "DAY"}),
        ("resolved-with-one-reply", {"groupByInterval": "DAY"}),
        ("first-response-time", {"groupByInterval": "MINUTE"}),
        ("first-response-time", {"timezone": "Mars/Olympus"}),
    ):
        assert inbox(http, metric, *span, **more).status_code == 400, (metric, more)
    assert inbox(http, "made-up", *span).status_code == 404


def test_days_of_a_zone_are_as_long_as_they_are_there(http: httpx.Client) -> None:
    set_clock(http, "2026-11-03T02:00:00Z")
    span = ("2026-10-31T04:00:00Z", "2026-11-03T05:00:00Z")
    found = inbox(http, "inbound-message-volume", *span, groupByInterval="DAY", timezone="America/New_York").json()
    assert [each["timestamp"][:16] for each in found["value"]] == [
        "2026-10-31T04:00",
        "2026-11-01T04:00",
        "2026-11-02T05:00",
    ]


# Limits


def test_more_than_twenty_a_second_are_refused_without_a_word_of_when(tmp_path: Path) -> None:
    with serving(write(tmp_path / "set"), limited=True) as sandbox, logged_in(sandbox.url) as client:
        answers = [client.get("/hootsuite/v1/me") for _ in range(25)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["errors"][0]["code"] == 1043
    assert "retry-after" not in refused[0].headers
    assert answers[0].headers["x-account-rate-limit-requests-remaining"] == "19"


def test_the_calls_of_a_day_are_counted_and_end(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "calls_per_day = 3")
    with serving(folder, limited=True) as sandbox, logged_in(sandbox.url) as client:
        used = [client.get("/hootsuite/v1/me").headers["x-account-quota-used"] for _ in range(3)]
        assert used == ["1", "2", "3"]
        over = client.get("/hootsuite/v1/me")
        assert (over.status_code, over.json()["errors"][0]["code"]) == (429, 1003)
        assert over.headers["x-account-quota"] == "3 per day"
