"""What Shopify refuses before it runs a query: one that costs too much, a bulk query of a shape it cannot walk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

LARGEST_COST = 1000
# A connection in a record of the root connection is nested one deep.
CONNECTIONS, NESTING = 5, 2
# The layers of a connection cost nothing themselves.
LAYERS = ("edges", "nodes", "node", "pageInfo")


def cost_of(document: DocumentNode, variables: Mapping[str, Any] | None = None) -> int:
    """A simple likeness of the vendor's points: one for an object, children as often as ``first`` or ``ids`` ask."""
    return sum(points(node.selection_set, document, variables or {}) for node in operations_of(document))


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def points(selections: SelectionSetNode | None, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """The points of one selection."""
    total = 0
    for node in fields_in(selections, document) if selections else ():
        if node.selection_set is not None:
            inner = points(node.selection_set, document, variables)
            total += int(node.name.value not in LAYERS) + times_of(node, variables) * inner
    return total


def times_of(node: FieldNode, variables: Mapping[str, Any]) -> int:
    """How many records a field asks for: by a number or by their ids, written there or given beside the query."""
    for argument in node.arguments or ():
        value = argument.value
        given = variables.get(value.name.value) if isinstance(value, VariableNode) else None
        if argument.name.value == "first":
            return int(value.value) if isinstance(value, IntValueNode) else int(given or 1)
        if argument.name.value == "ids":
            return len(value.values) if isinstance(value, ListValueNode) else len(given or ())
    return 1


@dataclass(frozen=True)
class Found:
    """A connection of a bulk query: how deep it is nested (0 at the root), and what speaks against it."""

    depth: int
    objections: tuple[str, ...]


def objections(document: DocumentNode, schema: GraphQLSchema) -> list[str]:
    """Why the vendor would not run the query in bulk; the document is already valid."""
    operations = operations_of(document)
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return ["A bulk query must contain exactly one query operation"]
    found = list(walk(operations[0].selection_set, schema.query_type, document, 0, in_list=False))
    texts = [text for connection in found for text in connection.objections]
    if not found:
        texts.append("Bulk queries must contain at least one connection.")
    if len(found) > CONNECTIONS:
        texts.append(f"Bulk queries cannot contain more than {CONNECTIONS} connections.")
    if max((connection.depth for connection in found), default=0) > NESTING:
        texts.append(f"Bulk queries cannot contain connections with a nesting depth greater than {NESTING}.")
    return texts


def walk(
    selections: SelectionSetNode, kind: Any, document: DocumentNode, depth: int, in_list: bool, has_id: bool = True
) -> Iterator[Found]:
    """Every connection below a selection; ``has_id`` says whether the record around it tells its id."""
    for node in fields_in(selections, document):
        # A field of a fragment's own type is not in the interface around it.
        if node.selection_set is None or node.name.value not in kind.fields:
            continue
        inner = get_named_type(kind.fields[node.name.value].type)
        is_list = is_list_type(get_nullable_type(kind.fields[node.name.value].type))
        if not inner.name.endswith("Connection"):
            listed = in_list or (is_list and not kind.name.endswith("Connection"))
            names_itself = selects_id(node.selection_set) if kind.name.endswith("Edge") else has_id
            yield from walk(node.selection_set, inner, document, depth, listed, names_itself)
            continue
        yield Found(depth, tuple(reasons(node, inner, in_list, has_id)))
        yield from walk(node.selection_set, inner, document, depth + 1, in_list=False)


def reasons(node: FieldNode, kind: Any, in_list: bool, has_id: bool) -> Iterator[str]:
    """What speaks against one connection field."""
    name = node.name.value
    if in_list:
        yield "Queries that contain a connection field within a list field are not currently supported."
    if any(isinstance(child, FieldNode) and child.name.value == "nodes" for child in node.selection_set.selections):
        yield f"Connections of a bulk query must select 'edges' > 'node'; 'nodes' is not supported: '{name}'."
    if not has_id:
        yield f"The parent 'node' of a nested connection must select its 'id': '{name}'."
    record = get_named_type(kind.fields["nodes"].type)
    if "Node" not in {one.name for one in record.interfaces}:
        yield f"Connections of a bulk query must implement the Node interface: '{name}'."


def selects_id(selections: SelectionSetNode) -> bool:
    return any(
        isinstance(node, FieldNode) and node.name.value == "id" and node.alias is None for node in selections.selections
    )


def fields_in(selections: SelectionSetNode, document: DocumentNode) -> Iterator[FieldNode]:
    """The fields of a selection, those of its fragments too."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            yield from fields_in(fragments[node.name.value].selection_set, document)
        elif isinstance(node, InlineFragmentNode):
            yield from fields_in(node.selection_set, document)
