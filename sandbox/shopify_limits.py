"""What Shopify refuses before it runs a query: one that costs too much, a bulk query of a shape it cannot walk."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

LARGEST_COST = 1000
CONNECTIONS, DEPTH = 5, 2
# The layers of a connection cost nothing themselves.
LAYERS = ("edges", "nodes", "node", "pageInfo")


def cost_of(document: DocumentNode) -> int:
    """A simple likeness of the vendor's points: one for an object, children as often as ``first`` asks for them."""
    return sum(points(node.selection_set) for node in operations_of(document))


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def points(selections: SelectionSetNode | None) -> int:
    """The points of one selection; ``first`` counts where it is written as a number."""
    total = 0
    for node in selections.selections if selections else ():
        if not isinstance(node, FieldNode) or node.selection_set is None:
            continue
        asked = [argument.value for argument in node.arguments or () if argument.name.value == "first"]
        times = int(asked[0].value) if asked and isinstance(asked[0], IntValueNode) else 1
        total += int(node.name.value not in LAYERS) + times * points(node.selection_set)
    return total


def objections(document: DocumentNode, schema: GraphQLSchema) -> list[str]:
    """Why the vendor would not run the query in bulk; the document is already valid."""
    operations = operations_of(document)
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return ["A bulk query must contain exactly one query operation"]
    found = list(walk(operations[0].selection_set, schema.query_type, document, 0, in_list=False))
    depths = [depth for depth, _ in found if depth]
    texts = [text for _, text in found if text]
    if not depths:
        texts.append("Bulk queries must contain at least one connection.")
    if len(depths) > CONNECTIONS:
        texts.append(f"Bulk queries cannot contain more than {CONNECTIONS} connections.")
    if max(depths, default=0) > DEPTH:
        texts.append(f"Bulk queries cannot contain connections with a nesting depth greater than {DEPTH}.")
    return texts


def walk(
    selections: SelectionSetNode, kind: Any, document: DocumentNode, depth: int, in_list: bool
) -> Iterator[tuple[int, str]]:
    """For each connection its depth, or 0 with an objection."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            yield from walk(fragments[node.name.value].selection_set, kind, document, depth, in_list)
        elif isinstance(node, InlineFragmentNode):
            yield from walk(node.selection_set, kind, document, depth, in_list)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            inner = get_named_type(kind.fields[node.name.value].type)
            is_list = is_list_type(get_nullable_type(kind.fields[node.name.value].type))
            if not inner.name.endswith("Connection"):
                listed = in_list or (is_list and not kind.name.endswith("Connection"))
                yield from walk(node.selection_set, inner, document, depth, listed)
                continue
            if in_list:
                yield 0, "Queries that contain a connection field within a list field are not currently supported."
            yield depth + 1, ""
            yield from walk(node.selection_set, inner, document, depth + 1, in_list=False)
