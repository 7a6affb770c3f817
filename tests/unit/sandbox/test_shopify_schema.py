"""The sandbox's Shopify schema is a cut of the official one: same names, types, arguments, defaults and enum values."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    is_introspection_type,
    parse,
)

from sandbox.shopify_limits import objections

ROOT = Path(__file__).parents[3]
OFFICIAL = ROOT.parent / "shared" / "contracts" / "shopify_admin_2026-10.introspection.json.gz"
CUT = ROOT / "sandbox" / "shopify.graphql"


@pytest.fixture(scope="module")
def official() -> GraphQLSchema:
    if not OFFICIAL.exists():
        pytest.skip(f"the official schema is not at {OFFICIAL}")
    found = json.loads(gzip.decompress(OFFICIAL.read_bytes()))
    return build_client_schema(found.get("data", found), assume_valid=True)


def departures(cut: GraphQLSchema, official: GraphQLSchema) -> list[str]:
    """Everything in the cut that the official schema does not have, or has otherwise."""
    found = roots(cut, official)
    for name, kind in cut.type_map.items():
        if is_introspection_type(kind):
            continue
        theirs = official.type_map.get(name)
        if theirs is None or type(theirs) is not type(kind):
            found.append(f"{name}: not a {type(kind).__name__}")
        elif isinstance(kind, GraphQLEnumType):
            found += [f"{name}.{value}" for value in set(kind.values) ^ set(theirs.values)]
        else:
            found += [f"{name}: {one.name}" for one in getattr(kind, "interfaces", ()) if one.name not in names(theirs)]
            found += field_departures(name, getattr(kind, "fields", {}), getattr(theirs, "fields", {}))
    return found


def roots(cut: GraphQLSchema, official: GraphQLSchema) -> list[str]:
    pairs = [(cut.query_type, official.query_type), (cut.mutation_type, official.mutation_type)]
    return [f"root {ours}" for ours, theirs in pairs if str(ours) != str(theirs)]


def names(kind: Any) -> set[str]:
    return {one.name for one in kind.interfaces}


def field_departures(type_name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Fields and arguments that differ in name, type (with nullability) or presence of a required argument."""
    found = []
    for name, field in ours.items():
        if name not in theirs or str(field.type) != str(theirs[name].type):
            found.append(f"{type_name}.{name}: {field.type}")
            continue
        known = {key: str(argument.type) for key, argument in theirs[name].args.items()}
        served = {key: str(argument.type) for key, argument in field.args.items()}
        found += [f"{type_name}.{name}({key}: {kind})" for key, kind in served.items() if known.get(key) != kind]
        required = {key for key, kind in known.items() if kind.endswith("!")}
        found += [f"{type_name}.{name} lacks ({key})" for key in required - served.keys()]
    return found


def defaults(schema: GraphQLSchema) -> dict[tuple[str, str, str], str | None]:
    """The printed default of every argument."""
    kinds = introspection_from_schema(schema, descriptions=False)["__schema"]["types"]
    return {
        (kind["name"], field["name"], argument["name"]): argument["defaultValue"]
        for kind in kinds
        for field in kind.get("fields") or ()
        for argument in field["args"]
    }


def test_the_cut_departs_from_the_official_schema_nowhere(official: GraphQLSchema) -> None:
    cut = build_schema(CUT.read_text(encoding="utf-8"))
    assert departures(cut, official) == []
    theirs = defaults(official)
    assert {key: value for key, value in defaults(cut).items() if theirs[key] != value} == {}


@pytest.mark.parametrize(("before", "after"), [
    ("test: Boolean!", "test: Boolean"),
    ("sourceName: String", "sourcename: String"),
    ("orders(after: String", "orders(behind: String"),
    ("CANCELING COMPLETED", "CANCELING DONE"),
    ("implements LegacyInteroperability & Node", "implements DisplayableError"),
])  # fmt: skip
def test_a_departure_is_seen(official: GraphQLSchema, before: str, after: str) -> None:
    text = CUT.read_text(encoding="utf-8")
    changed = text.replace(before, after, 1)
    assert changed != text
    assert departures(build_schema(changed, assume_valid=True), official)


def test_a_connection_within_a_list_cannot_be_walked_in_bulk(official: GraphQLSchema) -> None:
    inner = "fulfillmentLineItems { edges { node { id } } }"
    document = parse(f"{{ orders {{ edges {{ node {{ id fulfillments {{ {inner} }} }} }} }} }}")
    assert objections(document, official) == [
        "Queries that contain a connection field within a list field are not currently supported."
    ]
    lines = "lineItems { edges { node { id } } }"
    assert objections(parse(f"{{ orders {{ edges {{ node {{ id {lines} }} }} }} }}"), official) == []
