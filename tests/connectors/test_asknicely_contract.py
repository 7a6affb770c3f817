"""The sandbox's AskNicely against the vendor's reference, transcribed as OpenAPI: answers, refusals, what is asked."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS31Validator

from cx_etl.sources.asknicely import SOURCE
from cx_etl.sources.base import Request, Window
from openapi import CONTRACTS
from sandboxes import Sandbox, serving

DOCUMENT = CONTRACTS / "asknicely-openapi-transcribed.yml"
pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"the vendor's document is not here: {DOCUMENT}")

TEMPLATE = "/responses/{sortDirection}/{pagesize}/{pagenumber}/{sinceTime}/{format}"
# Described in words: further segments that may follow the path.
MORE = {"filter": {"enum": ["answered", "raw", "published"]}, "sort_by": {"enum": ["sent", "responded"]}}
KEY = {"X-apikey": "key-of-a-test"}
# In the document's example and not in its schema; besides, accounts name fields of their own.
BESIDE_THE_SCHEMA = {"data"}
OWN_FIELD = re.compile(r"\w+_c")


class Loader(yaml.SafeLoader):
    """YAML as OpenAPI means it, where ``yes`` is text."""


BOOLEAN = "tag:yaml.org,2002:bool"
Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != BOOLEAN] for first, rules in Loader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(BOOLEAN, re.compile("true|false"), ["t", "f"])


@cache
def document() -> dict[str, Any]:
    return yaml.load(DOCUMENT.read_text(encoding="utf-8"), Loader=Loader)


def operation() -> dict[str, Any]:
    return document()["paths"][TEMPLATE]["get"]


def complaints(schema: dict[str, Any], instance: Any) -> list[str]:
    """What the document says against the instance; it is not of a type that the schema allows, mostly."""
    validator = OAS31Validator({**schema, "components": document()["components"]})
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(instance)
    ]


def named(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.fixture(scope="module")
def sandbox(small_dataset: Path) -> Iterator[Sandbox]:
    with serving(small_dataset) as server:
        server.at_end_of(date(2026, 11, 20))
        yield server


def ask(sandbox: Sandbox, rest: str, **more: Any) -> httpx.Response:
    return httpx.get(f"{sandbox.url}/asknicely/api/v1/responses/{rest}", **({"headers": KEY} | more))


@pytest.mark.parametrize("rest", ["asc/500/1/0/json", "desc/7/2/0/json/raw/sent", "asc/50000/9/0/json/published"])
def test_answers_keep_the_vendors_reference(sandbox: Sandbox, rest: str) -> None:
    for params in ({}, {"includestatustime": "yes"}):
        answer = ask(sandbox, rest, params=params).json()
        assert complaints(named("ResponsesEnvelope"), answer) == []
        assert set(answer) == set(document()["components"]["schemas"]["ResponsesEnvelope"]["properties"])


def test_every_field_of_a_response_is_documented(sandbox: Sandbox) -> None:
    documented = set(document()["components"]["schemas"]["SurveyResponse"]["properties"])
    rows = ask(sandbox, "asc/500/1/0/json/raw/sent", params={"includestatustime": "yes"}).json()["data"]
    assert len(rows) > 50
    assert {row["question_type"] for row in rows} == {"nps", "fivestar"}
    for row in rows:
        unknown = {name for name in set(row) - documented - BESIDE_THE_SCHEMA if not OWN_FIELD.fullmatch(name)}
        assert unknown == set()
        assert documented - set(row) == set()


def test_the_documents_own_example_has_the_fields_of_ours(sandbox: Sandbox) -> None:
    (example,) = operation()["responses"]["200"]["content"]["application/json"]["example"]["data"]
    answered = [row for row in ask(sandbox, "asc/500/1/0/json").json()["data"] if row["question_type"] == "nps"]
    assert answered
    for row in answered:
        assert {name for name in row if not OWN_FIELD.fullmatch(name)} == set(example)
        assert row["answerlabel"] == row["answer"], "as in the example"


def test_large_answers_lie_in_a_file_of_the_same_form(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.asknicely.REDIRECT_ABOVE", 20)
    redirect = ask(sandbox, "asc/500/1/0/json/raw/sent")
    assert str(redirect.status_code) in operation()["responses"]
    assert redirect.status_code == 302
    file = httpx.get(redirect.headers["location"]).json()
    assert len(file["data"]) > 20
    assert complaints(named("ResponsesEnvelope"), file) == []


def test_a_missing_key_is_refused_as_documented(sandbox: Sandbox) -> None:
    refused = ask(sandbox, "asc/500/1/0/json", headers={})
    declared = document()["components"]["responses"]["Unauthorized"]["content"]["application/json"]
    assert refused.status_code == 401
    assert complaints(declared["schema"], refused.json()) == []
    assert refused.json() == declared["example"]


def test_a_call_too_many_is_refused_as_documented(small_dataset: Path) -> None:
    declared = document()["components"]["responses"]["RateLimited"]
    with serving(small_dataset, limited=True) as sandbox, httpx.Client(headers=KEY) as client:
        address = f"{sandbox.url}/asknicely/api/v1/responses/asc/1/1/0/json"
        answers = [client.get(address) for _ in range(201)]
    assert {answer.status_code for answer in answers[:200]} == {200}
    refused = answers[200]
    assert refused.status_code == 429
    for name, header in declared["headers"].items():
        assert complaints(header["schema"], int(refused.headers[name])) == []
    content = declared["content"]["application/json"]
    assert complaints(content["schema"], refused.json()) == []
    assert refused.json() == content["example"]


def test_a_table_is_served_as_text(sandbox: Sandbox) -> None:
    table = ask(sandbox, "asc/500/1/0/csv")
    assert table.headers["content-type"].partition(";")[0] in operation()["responses"]["200"]["content"]
    assert table.text.startswith("response_id,")


def test_what_the_connector_asks_is_in_the_reference() -> None:
    window = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    (stream,) = SOURCE.streams
    requests = [*stream.start(window), *(probe.request for probe in SOURCE.probes)]
    assert len(requests) == 3
    assert [said for request in requests for said in against(request)] == []


def against(request: Request) -> list[str]:
    """What the document says against a request: its segments, and its parameters."""
    schemas = {each["name"]: each["schema"] for each in operation()["parameters"]}
    segments = request.path.removeprefix("/api/v1/responses/").split("/")
    names = [*re.findall(r"\{(\w+)\}", TEMPLATE), *MORE][: len(segments)]
    given = dict(zip(names, segments, strict=True)) | request.params
    return [said for name, text in given.items() for said in complaints((schemas | MORE)[name], value(text))]


def value(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def test_the_judge_sees_a_wrong_request_and_a_wrong_answer(sandbox: Sandbox) -> None:
    assert len(against(Request("/api/v1/responses/up/50001/0/yesterday/json/all/sent"))) == 5
    answer = ask(sandbox, "asc/3/1/0/json").json()
    answer["total"] = 3
    answer["data"][1]["contact_id"] = None
    said = complaints(named("ResponsesEnvelope"), answer)
    assert sorted(line.partition(":")[0] for line in said) == ["data.1.contact_id", "total"]
