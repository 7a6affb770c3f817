"""Every GraphQL document that the Shopify connector sends, against the vendor's official schema."""

import gzip
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
    visit,
)

from cx_etl import landing
from cx_etl.extract import extract
from cx_etl.settings import ROOT
from cx_etl.sources import shopify, shopify_documents
from cx_etl.sources.base import Window
from sandbox.shopify_limits import objections
from sandboxes import Sandbox

OFFICIAL = ROOT.parent / "shared" / "contracts" / "shopify_admin_2026-10.introspection.json.gz"
NIGHT = date(2026, 11, 20)


def name_of(document: str) -> str:
    return next(name for name, value in vars(shopify_documents).items() if value == document)


@pytest.fixture(scope="module")
def official() -> GraphQLSchema:
    if not OFFICIAL.exists():
        pytest.skip(f"the official schema is not at {OFFICIAL}")
    found = json.loads(gzip.decompress(OFFICIAL.read_bytes()))
    return build_client_schema(found.get("data", found), assume_valid=True)


def fields(schema: GraphQLSchema, document: str) -> list[tuple[FieldNode, Any]]:
    """Every selected field with its definition."""
    found: list[tuple[FieldNode, Any]] = []
    types = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            found.append((node, types.get_field_def()))

    visit(parse(document), TypeInfoVisitor(types, Fields()))
    return found


@pytest.mark.parametrize("document", shopify_documents.DOCUMENTS, ids=name_of)
def test_every_document_is_valid_and_uses_nothing_deprecated(official: GraphQLSchema, document: str) -> None:
    assert [error.message for error in validate(official, parse(document))] == []
    assert [node.name.value for node, field in fields(official, document) if field.deprecation_reason] == []


@pytest.mark.parametrize("document", shopify_documents.BULK_EXPORTS, ids=name_of)
def test_every_export_has_a_shape_that_the_vendor_can_walk(official: GraphQLSchema, document: str) -> None:
    assert objections(parse(document), official) == []


@pytest.mark.parametrize("document", shopify_documents.DOCUMENTS, ids=name_of)
def test_no_list_is_cut_by_its_own_argument(official: GraphQLSchema, document: str) -> None:
    """``first`` on a list cuts it without a word; on a connection the page says whether there is more."""
    for node, field in fields(official, document):
        given = {argument.name.value for argument in node.arguments or ()}
        if is_list_type(get_nullable_type(field.type)):
            assert "first" not in given, node.name.value
        if "first" in given and document != shopify_documents.PROTECTED:
            selected = {child.name.value for child in node.selection_set.selections if isinstance(child, FieldNode)}
            assert "pageInfo" in selected or node.name.value == "customers", node.name.value


def test_a_misspelt_field_would_be_seen(official: GraphQLSchema) -> None:
    for document in shopify_documents.BULK_EXPORTS:
        assert validate(official, parse(document.replace("createdAt", "createdat").replace("returns", "retuns")))


def test_nothing_is_sent_that_is_not_among_the_documents(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from the journals of whole walks and from the probes."""
    monkeypatch.setattr(shopify, "ORDERS_PER_PAGE", 40)
    sent = {probe.request.json["query"] for probe in shopify.SOURCE.probes}
    for stream in shopify.STREAMS:
        extract("shopify", stream.name, NIGHT)
        (run,) = landing.runs("shopify", stream.name, NIGHT)
        for request in (request for step in run.steps() for request in step.next if request.json):
            sent.add(request.json["query"])
            if export := request.json["variables"].get("query", ""):
                sent.add(export.replace("1969-12-31T18:00:00Z", "SINCE").replace("1970-01-01T00:00:00Z", "SINCE"))
    searches = {text for text in sent if text.startswith("updated_at:")}
    assert sent - searches <= set(shopify_documents.DOCUMENTS)
    # The lists inside a part are short in this world: nothing is left to walk on for.
    rest = {shopify_documents.FULFILLMENT_EVENTS, shopify_documents.REFUND_LINE_ITEMS}
    assert set(shopify_documents.DOCUMENTS) - sent <= rest


def test_a_window_is_asked_for_from_its_start_on() -> None:
    window = Window(datetime(2026, 11, 19, 18, 30, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    for stream in shopify.STREAMS:
        (request,) = stream.start(window)
        assert request.json["variables"]["query"].count("updated_at:>='2026-11-19T18:30:00Z'") == 1
