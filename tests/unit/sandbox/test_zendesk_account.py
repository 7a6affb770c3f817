"""Zendesk's account as the sandbox serves it: hard tickets, deletions, ratings old and new, set-up, limits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import small_zendesk as small
from small_world import newest
from small_zendesk import ago

from sandboxes import Sandbox, serving

API = "/zendesk/api/v2"
ME = ("robot@example.com/token", "secret")
LINES = small.make_lines()
Get = Any


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write(tmp_path_factory.mktemp("zendesk") / "set", LINES)


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Sandbox]:
    with serving(folder) as sandbox:
        yield sandbox


@pytest.fixture
def http(served: Sandbox) -> Iterator[httpx.Client]:
    served.set_clock(small.NOW)
    served.heal()
    with httpx.Client(base_url=served.url, auth=ME, timeout=10) as client:
        yield client


def get(http: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = http.get(path if path.startswith("http") else f"{API}{path}", params=params or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def since(moment: datetime) -> int:
    return int(moment.timestamp())


def tickets(http: httpx.Client, start: datetime, **params: Any) -> dict[int, dict[str, Any]]:
    page = get(http, "/incremental/tickets/cursor.json", start_time=since(start), include="metric_sets", **params)
    return {row["id"]: row for row in page["tickets"]}


def ids(rows: list[dict[str, Any]]) -> list[Any]:
    return [row["id"] for row in rows]


def test_a_system_update_moves_only_the_generated_timestamp(http: httpx.Client) -> None:
    (row,) = tickets(http, ago(hours=6)).values()
    assert (row["id"], row["generated_timestamp"]) == (1, since(ago(hours=5)))
    assert datetime.fromisoformat(row["updated_at"]) == ago(days=20), "older than what was asked for"


def test_a_deleted_ticket_is_scrubbed_weeks_later(http: httpx.Client, served: Sandbox) -> None:
    served.set_clock(ago(days=40))
    row = tickets(http, ago(days=55))[2]
    assert (row["status"], row["subject"], "metric_set" in row) == ("deleted", "Private", False)
    served.set_clock(small.NOW)
    row = tickets(http, ago(days=30))[2]
    assert (row["status"], row["subject"], row["raw_subject"], row["description"]) == (
        *("deleted", "SCRUBBED"),
        *("SCRUBBED", "X"),
    )
    assert (row["tags"], row["custom_fields"], row["group_id"], row["assignee_id"]) == ([], [], None, None)


def test_a_merge_leaves_a_tag_and_a_comment_that_says_so(http: httpx.Client) -> None:
    row = tickets(http, ago(days=10))[3]
    assert (row["status"], "closed_by_merge" in row["tags"]) == ("closed", True)
    events = get(http, "/incremental/ticket_events.json", start_time=since(ago(days=10)), include="comment_events")
    change, comment = events["ticket_events"][0]["child_events"]
    assert (comment["via"]["source"]["rel"], comment["public"]) == ("merge", False)
    assert change["via"] == "Web service", "a change tells its way by name only"


def test_text_that_databases_refuse_and_64_kb_come_whole(http: httpx.Client) -> None:
    row = tickets(http, ago(days=9))[4]
    assert row["description"] == small.HARD_TEXT
    assert "\x00" in row["subject"]


def test_custom_fields_have_values_of_every_type(http: httpx.Client) -> None:
    assert [field["value"] for field in tickets(http, ago(days=21))[1]["custom_fields"]] == small.MIXED


def test_archived_tickets_are_missing_from_the_list_of_metrics(http: httpx.Client) -> None:
    page = get(http, "/ticket_metrics.json", **{"page[size]": 2})
    found = page["ticket_metrics"]
    while page["meta"]["has_more"]:
        page = get(http, page["links"]["next"])
        found += page["ticket_metrics"]
    assert [metrics["ticket_id"] for metrics in found] == [4, 3, 1, 6]
    exported = tickets(http, ago(days=300))
    assert {key for key, row in exported.items() if "metric_set" in row} == {1, 3, 4, 5, 6}


def test_a_page_that_is_too_heavy_is_not_made_in_time(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.zendesk_exports.HEAVY_BYTES", 60_000)
    asked = {"start_time": since(ago(days=300))}
    refused = http.get(f"{API}/incremental/tickets/cursor.json", params=asked)
    assert (refused.status_code, refused.text) == (504, "upstream request timeout")
    assert refused.headers["content-type"].startswith("text/plain")
    page = get(http, "/incremental/tickets/cursor.json", **asked, per_page=1)
    found = ids(page["tickets"])
    while not page["end_of_stream"]:
        page = get(http, page["after_url"])
        found += ids(page["tickets"])
    assert sorted(found) == [1, 2, 3, 4, 5, 6]


def test_an_empty_page_may_come_before_the_end(http: httpx.Client, served: Sandbox) -> None:
    served.spoil({"system": "zendesk", "path": "tickets", "kind": "empty_page"})
    page = get(http, "/incremental/tickets/cursor.json", start_time=since(ago(days=300)), per_page=3)
    assert (page["tickets"], page["end_of_stream"]) == ([], False)
    assert page["after_cursor"]
    assert len(get(http, page["after_url"])["tickets"]) == 3


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_metric_events_lose_nothing_and_do_not_say_when_they_are_over(http: httpx.Client, size: int) -> None:
    page = get(http, "/incremental/ticket_metric_events.json", start_time=since(ago(days=5)), per_page=size)
    found: dict[int, dict[str, Any]] = {}
    asked = None
    while page["end_time"] != asked:
        assert "end_of_stream" not in page
        times = [row["time"] for row in page["ticket_metric_events"]]
        assert times == sorted(times)
        found |= {row["id"]: row for row in page["ticket_metric_events"]}
        asked = page["end_time"]
        page = get(http, page["next_page"])
    assert found == newest(LINES["zendesk/ticket_metric_events"])
    assert found[800]["deleted"] is True


@pytest.mark.parametrize("size", [1, 7, 100])
def test_metric_events_come_in_pages_of_a_list_for_those_who_ask_for_them(http: httpx.Client, size: int) -> None:
    """The published connector does; each event comes once then."""
    start = ago(days=3) + timedelta(seconds=1)
    page = get(http, "/incremental/ticket_metric_events.json", start_time=since(start), **{"page[size]": size})
    found = page["ticket_metric_events"]
    while page["meta"]["has_more"]:
        assert len(page["ticket_metric_events"]) == size
        page = get(http, page["links"]["next"])
        found += page["ticket_metric_events"]
    assert page["links"]["next"] is None
    lines = newest(LINES["zendesk/ticket_metric_events"]).values()
    expected = [row for row in lines if datetime.fromisoformat(row["time"]) >= start]
    assert found == sorted(expected, key=lambda row: (row["time"], row["id"]))
    assert len(found) > 7


def test_metric_events_of_one_second_come_on_one_page(http: httpx.Client) -> None:
    page = get(http, "/incremental/ticket_metric_events.json", start_time=since(ago(days=3)), per_page=4)
    assert ids(page["ticket_metric_events"]) == list(range(600, 625))
    assert page["end_time"] == since(ago(days=3)) + 1


def test_a_deleted_organization_stays_under_another_name(http: httpx.Client) -> None:
    page = get(http, "/incremental/organizations.json", start_time=since(ago(days=200)), per_page=2)
    rows = {row["id"]: row for row in page["organizations"]}
    assert not page["end_of_stream"]
    rows |= {row["id"]: row for row in get(http, page["next_page"])["organizations"]}
    assert {key: row["name"] for key, row in rows.items()} == {1: "Globex", 2: "2_deleted_शॉप", 3: "Initech"}
    assert rows[2]["deleted_at"]


def test_groups_that_are_deleted_are_listed_unless_they_are_not_wanted(http: httpx.Client) -> None:
    everything = get(http, "/groups.json", exclude_deleted="false", **{"page[size]": 100})["groups"]
    assert [(group["id"], group["deleted"]) for group in everything] == [(5, False), (6, True), (7, False)]
    assert ids(get(http, "/groups.json", exclude_deleted="true", **{"page[size]": 100})["groups"]) == [5, 7]


@pytest.mark.parametrize(
    ("path", "rows", "found"),
    [
        ("/group_memberships.json", "group_memberships", [1, 3]),
        ("/ticket_fields.json", "ticket_fields", [900, 901, 902, 903]),
        ("/deleted_tickets.json", "deleted_tickets", [71]),
    ],
)
def test_lists_page_by_cursor_and_hold_only_what_there_is(
    http: httpx.Client, path: str, rows: str, found: list[int]
) -> None:
    page = get(http, path, **{"page[size]": 1})
    seen = ids(page[rows])
    while page["meta"]["has_more"]:
        page = get(http, path, **{"page[size]": 1, "page[after]": page["meta"]["after_cursor"]})
        seen += ids(page[rows])
    assert seen == found


def test_tickets_deleted_over_a_month_ago_leave_the_list(http: httpx.Client, served: Sandbox) -> None:
    assert ids(get(http, "/deleted_tickets.json", **{"page[size]": 9})["deleted_tickets"]) == [71]
    served.set_clock(small.NOW + timedelta(days=2))
    assert get(http, "/deleted_tickets.json", **{"page[size]": 9})["deleted_tickets"] == []


def test_policies_and_forms_come_whole_with_their_number(http: httpx.Client) -> None:
    policies, forms = get(http, "/slas/policies.json"), get(http, "/ticket_forms.json", per_page=1)
    assert (ids(policies["sla_policies"]), policies["count"], policies["next_page"]) == ([1], 1, None)
    assert (ids(forms["ticket_forms"]), forms["count"]) == ([1], 2)
    assert ids(get(http, forms["next_page"])["ticket_forms"]) == [2]


def test_holidays_do_not_say_whose_they_are(http: httpx.Client) -> None:
    schedules = get(http, "/business_hours/schedules.json")["schedules"]
    assert [(one["id"], one["time_zone"]) for one in schedules] == [(1, "Lisbon"), (2, "Eastern Time (US & Canada)")]
    assert schedules[0]["intervals"][0] == {"start_time": 1440 + 540, "end_time": 1440 + 1080}
    found = get(http, "/business_hours/schedules/2/holidays.json")
    assert ids(found["holidays"]) == [2, 3]
    assert not any("schedule_id" in one for one in found["holidays"])
    missing = http.get(f"{API}/business_hours/schedules/9/holidays.json")
    assert (missing.status_code, missing.json()["error"]) == (404, "RecordNotFound")


def test_a_rating_is_found_by_when_it_was_made_not_by_its_change(http: httpx.Client) -> None:
    def found(start: datetime) -> list[tuple[int, str]]:
        asked = {"start_time": since(start), "page[size]": 100}
        rows = get(http, "/satisfaction_ratings.json", **asked)["satisfaction_ratings"]
        return [(row["id"], row["score"]) for row in rows]

    assert found(ago(days=3)) == [(1, "bad"), (2, "offered")]
    assert found(ago(days=2.5)) == [(2, "offered")], "changed since, and not found"


def test_survey_responses_are_shown_by_id_and_listed_fifty_at_a_time(http: httpx.Client, served: Sandbox) -> None:
    shown = get(http, f"/guide/en-us/survey_responses/{small.ANSWERED}.json")["survey_response"]
    rating, comment, reason = shown["answers"]
    assert (rating["rating"], rating["rating_category"], comment["value"]) == (2, "bad", "Слишком долго 😡")
    assert reason["selections"] == [{"type": "predefined", "option_id": "01OPTION"}]
    assert shown["subjects"] == [{"id": "4", "type": "ticket", "zrn": "zen:ticket:4"}]
    page = get(http, "/guide/survey_responses.json", **{"page[size]": 1})
    assert (ids(page["survey_responses"]), page["meta"]["has_more"]) == ([small.ANSWERED], True)
    assert ids(get(http, page["links"]["next"])["survey_responses"]) == [small.OFFERED]
    served.set_clock(ago(days=1))
    assert get(http, f"/guide/en-us/survey_responses/{small.ANSWERED}.json")["survey_response"]["answers"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/guide/en-us/survey_responses/01NOBODY.json", 404, "NotFound"),
     ("/guide/survey_responses.json?page[size]=51", 400, "InvalidParameter")],
)  # fmt: skip
def test_guide_endpoints_have_errors_of_their_own(http: httpx.Client, path: str, status: int, code: str) -> None:
    answer = http.get(f"{API}{path}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["status"], sorted(error)) == (
        *(status, code, str(status)),
        ["code", "status", "title"],
    )


def test_refusals(http: httpx.Client) -> None:
    with httpx.Client(base_url=http.base_url) as nobody:
        assert nobody.get(f"{API}/groups.json").json() == {"error": "Couldn't authenticate you"}
        assert nobody.get(f"{API}/groups.json").status_code == 401
        anonymous = nobody.get(f"{API}/users/me.json")
        assert (anonymous.status_code, anonymous.json()["user"]["id"]) == (200, None)
        agent = nobody.get(f"{API}/incremental/users/cursor.json?start_time=1", auth=("agent@example.com/token", "x"))
        assert (agent.status_code, agent.json()["error"]["title"]) == (403, "Forbidden")
        role = nobody.get(f"{API}/users/me.json", auth=("agent@example.com/token", "x")).json()["user"]["role"]
    assert (role, get(http, "/users/me.json")["user"]["role"]) == ("agent", "admin")
    missing = http.get(f"{API}/nothing.json")
    assert (missing.status_code, missing.json()) == (404, {"error": "RecordNotFound", "description": "Not found"})
    wrong = http.get(f"{API}/satisfaction_ratings.json?start_time=yesterday")
    assert (wrong.status_code, wrong.json()["error"], list(wrong.json()["details"])) == (
        *(422, "RecordInvalid"),
        ["start_time"],
    )


def test_an_oauth_client_gets_a_token(http: httpx.Client) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "cx", "client_secret": "s", "scope": "read"}
    token = http.post("/zendesk/oauth/tokens", json=asked).json()["access_token"]
    with httpx.Client(base_url=http.base_url, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get(f"{API}/groups.json").status_code == 200
    assert http.post("/zendesk/oauth/tokens", json={**asked, "client_secret": ""}).status_code == 401


def test_an_account_has_one_system_of_ratings_and_what_its_plan_has(tmp_path: Path) -> None:
    settings = '[zendesk]\ncsat = "survey"\nwithout = ["slas/policies"]\n'
    with serving(small.write(tmp_path / "set", LINES, settings)) as sandbox:
        sandbox.set_clock(small.NOW)
        with httpx.Client(base_url=sandbox.url, auth=ME) as client:
            assert get(client, "/satisfaction_ratings.json", **{"page[size]": 9})["satisfaction_ratings"] == []
            features = get(client, "/account/settings.json")["settings"]["active_features"]
            assert features == {"customer_satisfaction": False}
            plan = client.get(f"{API}/slas/policies.json")
    assert (plan.status_code, plan.json()["error"]) == (404, "InvalidEndpoint")


@pytest.mark.parametrize(
    ("path", "family", "limit"),
    [
        ("/incremental/ticket_metric_events.json?start_time=1", "incremental-exports", 10),
        ("/incremental/tickets/cursor.json?start_time=1", "incremental-exports-cursor", 20),
        ("/deleted_tickets.json?page[size]=1", "deleted-tickets", 10),
    ],
)
def test_each_kind_of_request_has_its_limit_and_its_header(folder: Path, path: str, family: str, limit: int) -> None:
    with serving(folder, limited=True) as sandbox, httpx.Client(base_url=sandbox.url, auth=ME) as client:
        answers = [client.get(f"{API}{path}") for _ in range(limit + 1)]
        other = client.get(f"{API}/groups.json?page[size]=1")
    assert [answer.status_code for answer in answers] == [200] * limit + [429]
    assert (
        answers[0].headers[f"zendesk-ratelimit-{family}"].startswith(f"total={limit}; remaining={limit - 1}; resets=")
    )
    assert answers[-1].json()["error"] == "APIRateLimitExceeded"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 61
    assert (other.status_code, other.headers["x-rate-limit"]) == (200, "700")
    # The refused call was counted against the account too.
    assert int(other.headers["ratelimit-remaining"]) == 700 - limit - 2
    assert f"zendesk-ratelimit-{family}" not in other.headers
