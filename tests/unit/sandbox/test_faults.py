"""Faults spoil exactly the answers they name, and then stop."""

import json
import time
from typing import Any

import httpx
import pytest

FORMS = "/typeform/forms"
TICKETS = "/zendesk/api/v2/incremental/tickets/cursor.json"
GRAPHQL = "/shopify/admin/api/2026-10/graphql.json"
ME = {"Authorization": "Bearer t"}


def spoil(http: httpx.Client, **rule: Any) -> None:
    assert http.post("/_control/faults", json=[rule]).status_code == 200


def test_a_status_with_a_wait_and_a_body_then_all_is_well(http: httpx.Client) -> None:
    body = {"code": "TOO_MANY_REQUESTS"}
    spoil(http, system="typeform", path="/forms", kind="status", status=429, retry_after=7, body=body, times=2, after=1)
    answers = [http.get(FORMS, headers=ME) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert (answers[1].headers["Retry-After"], answers[1].json()) == ("7", body)


def test_only_the_named_path_and_system(http: httpx.Client) -> None:
    spoil(http, system="typeform", path="/responses", kind="status", status=503, body="upstream request timeout")
    assert http.get(FORMS, headers=ME).status_code == 200
    broken = http.get(f"{FORMS}/F1/responses", headers=ME)
    assert (broken.status_code, broken.text) == (503, "upstream request timeout")


def test_throttled_and_html(http: httpx.Client) -> None:
    spoil(http, system="shopify", kind="throttled")
    spoil(http, system="shopify", kind="html_error", status=502)
    query = {"query": "{ shop { id } }"}
    first, second, third = (http.post(GRAPHQL, json=query) for _ in range(3))
    assert (first.status_code, first.json()["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    assert (second.status_code, second.text[:6]) == (502, "<html>")
    assert "errors" not in third.json()


def test_timeout(http: httpx.Client) -> None:
    spoil(http, system="typeform", kind="timeout", seconds=0.6)
    with pytest.raises(httpx.ReadTimeout):
        http.get(FORMS, headers=ME, timeout=0.2)
    start = time.monotonic()
    assert http.get(FORMS, headers=ME).status_code == 200
    assert time.monotonic() - start < 0.5


def test_cut_body(http: httpx.Client) -> None:
    spoil(http, system="typeform", kind="cut_body")
    spoil(http, system="typeform", kind="cut_body", keep_length=False)
    with pytest.raises(httpx.RemoteProtocolError):
        http.get(FORMS, headers=ME)
    with pytest.raises(json.JSONDecodeError):
        http.get(FORMS, headers=ME).json()


def test_a_page_served_twice(http: httpx.Client) -> None:
    spoil(http, system="zendesk", path="tickets", kind="repeat_page", after=1)
    page = http.get(TICKETS, params={"start_time": 0, "per_page": 10}, headers=ME).json()
    pages = [page]
    while not page["end_of_stream"]:
        page = http.get(page["after_url"], headers=ME).json()
        pages.append(page)
    assert pages[0] == pages[1]
    assert len({row["id"] for one in pages for row in one["tickets"]}) == 59
    assert sum(len(one["tickets"]) for one in pages) == 69


def test_malformed_and_unknown_fields(http: httpx.Client) -> None:
    spoil(http, system="zendesk", kind="malform", field="via.channel", value=[1], record=2)
    rows = http.get(TICKETS, params={"start_time": 0}, headers=ME).json()["tickets"]
    assert [row["id"] for row in rows if "via" in row] == [rows[2]["id"]]
    assert rows[2]["via"] == {"channel": [1]}
    spoil(http, system="shopify", kind="unknown_field", field="colour", value="red")
    body = http.post(GRAPHQL, json={"query": "{ orders(first: 2) { edges { node { id } } } }"}).json()
    assert [edge["node"]["colour"] for edge in body["data"]["orders"]["edges"]] == ["red", "red"]


def test_an_empty_page_in_mid_stream(http: httpx.Client) -> None:
    spoil(http, system="zendesk", path="tickets", kind="empty_page")
    page = http.get(TICKETS, params={"start_time": 0}, headers=ME).json()
    assert (page["tickets"], page["end_of_stream"]) == ([], False)
    assert len(http.get(page["after_url"], headers=ME).json()["tickets"]) == 59


def start_bulk(http: httpx.Client) -> str:
    """The id of a bulk operation over all customers."""
    query = "{ customers { edges { node { id } } } }"
    start = f'mutation {{ bulkOperationRunQuery(query: "{query}") {{ bulkOperation {{ id }} }} }}'
    return http.post(GRAPHQL, json={"query": start}).json()["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]


def test_a_failed_bulk_operation_has_partial_data(http: httpx.Client) -> None:
    spoil(http, system="shopify", kind="bulk_failed", error_code="TIMEOUT")
    start = (
        'mutation { bulkOperationRunQuery(query: "{ customers { edges { node { id } } } }") { bulkOperation { id } } }'
    )
    key = http.post(GRAPHQL, json={"query": start}).json()["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    poll = {"query": f'{{ bulkOperation(id: "{key}") {{ status errorCode url partialDataUrl }} }}'}
    http.post(GRAPHQL, json=poll)
    job = http.post(GRAPHQL, json=poll).json()["data"]["bulkOperation"]
    assert (job["status"], job["errorCode"], job["url"]) == ("FAILED", "TIMEOUT", None)
    assert len(httpx.get(job["partialDataUrl"]).text.splitlines()) == 1


def test_malformed_line_of_a_bulk_file(http: httpx.Client) -> None:
    spoil(http, system="shopify", path="_bulk", kind="malform", field="id", value=5, record=1)
    start = (
        'mutation { bulkOperationRunQuery(query: "{ customers { edges { node { id } } } }") { bulkOperation { id } } }'
    )
    key = http.post(GRAPHQL, json={"query": start}).json()["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    poll = {"query": f'{{ bulkOperation(id: "{key}") {{ url }} }}'}
    http.post(GRAPHQL, json=poll)
    url = http.post(GRAPHQL, json=poll).json()["data"]["bulkOperation"]["url"]
    assert [json.loads(line)["id"] for line in httpx.get(url).text.splitlines()][1] == 5


@pytest.mark.parametrize(
    "rules",
    [[{"system": "x", "kind": "nonsense"}], [{"kind": "status"}], [{"system": "x", "kind": "status", "tims": 2}]],
)
def test_a_rule_that_is_not_understood_is_refused(http: httpx.Client, rules: list[dict[str, Any]]) -> None:
    assert http.post("/_control/faults", json=rules).status_code == 400
    assert http.get("/_control/faults").json() == {"faults": []}
