"""The sandbox's answers against Zendesk's own OpenAPI, for every endpoint that the connector asks.

Real answers depart from that document in ways that are declared here, and in no others: nulls in fields that it does
not call nullable, the status of deleted tickets, and custom fields whose values are of every type, not only text. What
the document leaves out (business hours, surveys) is not judged here.
"""

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from cx_etl.sources.base import Window
from cx_etl.sources.zendesk import SOURCE
from sandboxes import Sandbox, serving

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "contracts" / "zendesk-support-oas.yaml"
pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason=f"the vendor's OpenAPI is not here: {DOCUMENT}")

SINCE = {"start_time": "1"}
CURSOR = {"page[size]": "40"}
ASKED: dict[str, dict[str, str]] = {
    "/api/v2/incremental/tickets/cursor": {**SINCE, "include": "metric_sets"},
    "/api/v2/incremental/users/cursor": SINCE,
    "/api/v2/incremental/ticket_events": {**SINCE, "include": "comment_events"},
    "/api/v2/incremental/ticket_metric_events": SINCE,
    "/api/v2/incremental/organizations": SINCE,
    "/api/v2/deleted_tickets": CURSOR,
    "/api/v2/satisfaction_ratings": CURSOR,
    "/api/v2/groups": CURSOR,
    "/api/v2/group_memberships": CURSOR,
    "/api/v2/ticket_fields": CURSOR,
    "/api/v2/ticket_forms": {},
    "/api/v2/slas/policies": {},
    "/api/v2/ticket_metrics": CURSOR,
    "/api/v2/users/me": {},
    "/api/v2/account/settings": {},
}
# Asked by the connector, and not in the document.
UNDOCUMENTED = ("business_hours/schedules", "guide/")
NULLS = {
    "TicketObject": (
        *("type", "priority", "external_id", "forum_topic_id", "problem_id", "recipient", "satisfaction_rating"),
        *("assignee_id", "group_id", "organization_id"),
    ),
    "TicketMetricTimeObject": ("calendar", "business"),
    "TicketMetricObject": ("solved_at", "assignee_updated_at"),
    "SatisfactionRatingObject": ("assignee_id", "comment"),
    # Recorded of deleted users.
    "UserForAdmin": ("email",),
}


@cache
def _document() -> dict[str, Any]:
    return yaml.load(DOCUMENT.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@cache
def _amended() -> dict[str, Any]:
    """The document with the departures of real answers."""
    document = copy.deepcopy(_document())
    schemas = document["components"]["schemas"]
    for name, fields in NULLS.items():
        for field in fields:
            schemas[name]["properties"][field]["nullable"] = True
    ticket = schemas["TicketObject"]["properties"]
    ticket["status"]["enum"].append("deleted")
    ticket["custom_fields"]["items"]["properties"]["value"] = {}
    return document


def _complaints(document: dict[str, Any], pointer: str, answer: Any) -> list[str]:
    """What the schema at that place of the document says against the answer."""
    registry = Registry().with_resource("oas:", Resource(contents=document, specification=DRAFT4))
    validator = OAS30Validator({"$ref": f"oas:#{pointer}"}, registry=registry)
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(answer)
    ]


def _answer_schema(path: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/get/responses/200/content/application~1json/schema"


@pytest.fixture(scope="module")
def sandbox(small_dataset: Path) -> Iterator[Sandbox]:
    with serving(small_dataset) as server:
        server.at_end_of(date(2026, 11, 20))
        yield server


def _get(sandbox: Sandbox, path: str) -> Any:
    answer = httpx.get(f"{sandbox.url}/zendesk{path}.json", params=ASKED[path], auth=("robot@example.com/token", "x"))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("path", ASKED)
def test_answers_keep_the_vendors_contract(sandbox: Sandbox, path: str) -> None:
    answer = _get(sandbox, path)
    assert any(answer.values()), "an empty answer proves nothing"
    assert _complaints(_amended(), _answer_schema(path), answer) == []


def test_sideloaded_metrics_keep_the_vendors_contract(sandbox: Sandbox) -> None:
    tickets = _get(sandbox, "/api/v2/incremental/tickets/cursor")["tickets"]
    found = [ticket["metric_set"] for ticket in tickets if "metric_set" in ticket]
    assert len(found) > 50
    assert [said for one in found for said in _complaints(_amended(), _schema("TicketMetricObject"), one)] == []


@pytest.mark.parametrize(
    ("type", "schema"),
    [
        ("apply_sla", "TicketMetricEventSLAObject"),
        ("breach", "TicketMetricEventBreachObject"),
        ("update_status", "TicketMetricEventUpdateStatusObject"),
    ],
)
def test_metric_events_keep_the_contract_of_their_type(sandbox: Sandbox, type: str, schema: str) -> None:
    events = _get(sandbox, "/api/v2/incremental/ticket_metric_events")["ticket_metric_events"]
    found = [event for event in events if event["type"] == type]
    assert found
    assert [said for one in found for said in _complaints(_amended(), _schema(schema), one)] == []


def _schema(name: str) -> str:
    return f"/components/schemas/{name}"


def test_the_departures_are_real_and_no_others_are_needed(sandbox: Sandbox) -> None:
    """As the vendor wrote it, the document refuses tickets, and only for what is declared above."""
    said = _complaints(
        _document(),
        _answer_schema("/api/v2/incremental/tickets/cursor"),
        _get(sandbox, "/api/v2/incremental/tickets/cursor"),
    )
    fields = {line.partition(":")[0].split(".", 2)[2] for line in said}
    allowed = {*NULLS["TicketObject"], "status"}
    assert {field for field in fields if not field.startswith("custom_fields.")} <= allowed
    assert {"assignee_id", "status", "custom_fields.1.value", "custom_fields.4.value"} <= fields


def test_the_judge_sees_a_wrong_type(sandbox: Sandbox) -> None:
    answer = _get(sandbox, "/api/v2/incremental/tickets/cursor")
    answer["tickets"][0]["id"] = "seven"
    answer["tickets"][1]["metric_set"] = None
    answer["end_of_stream"] = "yes"
    said = _complaints(_amended(), _answer_schema("/api/v2/incremental/tickets/cursor"), answer)
    assert sorted(line.partition(":")[0] for line in said) == ["end_of_stream", "tickets.0.id"]


def test_every_endpoint_that_is_asked_is_judged() -> None:
    """By the first requests of the streams and by the probes."""
    window = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    requests = [request for stream in SOURCE.streams for request in stream.start(window)]
    asked = {request.path.removesuffix(".json") for request in [*requests, *(probe.request for probe in SOURCE.probes)]}
    assert {path for path in asked - set(ASKED) if not any(part in path for part in UNDOCUMENTED)} == set()
