"""What an app of the sandbox's shop may see. A standing fault ``access_denied`` takes a scope, or the approval, away.

Some of what is missing is refused with ACCESS_DENIED; older orders and fulfillment orders are left out without a word.
"""

from datetime import timedelta
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit

from sandbox.dataset import Record, World

PROTECTED = "protected_customer_data"
SCOPES = (
    *("read_orders", "read_all_orders", "read_customers", "read_fulfillments", "read_returns"),
    *("read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders"),
)
NEEDS = {
    "QueryRoot.orders": "read_orders",
    "QueryRoot.order": "read_orders",
    "QueryRoot.refund": "read_orders",
    "QueryRoot.abandonedCheckouts": "read_orders",
    "QueryRoot.customers": "read_customers",
    "QueryRoot.customer": "read_customers",
    "Order.customer": "read_customers",
    "Order.fulfillments": "read_fulfillments",
    "QueryRoot.fulfillment": "read_fulfillments",
    "Order.returns": "read_returns",
    "QueryRoot.return": "read_returns",
    "Customer.displayName": PROTECTED,
    "Customer.defaultEmailAddress": PROTECTED,
    "Customer.defaultPhoneNumber": PROTECTED,
    "Customer.defaultAddress": PROTECTED,
    "Order.email": PROTECTED,
    "Order.shippingAddress": PROTECTED,
}
RECENT = timedelta(days=60)


def taken_away(world: World) -> set[Any]:
    return {rule.value for rule in world.faults.standing("shopify", "access_denied")}


def granted(world: World) -> list[str]:
    gone = taken_away(world)
    return [scope for scope in SCOPES if scope not in gone]


def refusal(world: World, document: DocumentNode, schema: GraphQLSchema) -> Record | None:
    """The error of the first field of the document that the app may not read, if there is one."""
    gone = taken_away(world)
    for field in fields_of(document, schema):
        need = NEEDS.get(field)
        if need in gone:
            return error_of(field.rpartition(".")[2], need)
    return None


def error_of(field: str, need: str) -> Record:
    if need == PROTECTED:
        text = f"This app is not approved to use the {field} field."
        return {"message": text, "path": [field], "extensions": {"code": "ACCESS_DENIED"}}
    access = f"`{need}` access scope."
    text = f"Access denied for {field} field. Required access: {access}"
    return {"message": text, "path": [field], "extensions": {"code": "ACCESS_DENIED", "requiredAccess": access}}


def fields_of(document: DocumentNode, schema: GraphQLSchema) -> list[str]:
    """Every field that the document selects, as ``Type.field``."""
    found: list[str] = []
    types = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = types.get_parent_type()
            found.append(f"{parent.name if parent else ''}.{node.name.value}")

    visit(document, TypeInfoVisitor(types, Fields()))
    return found


def is_shown(world: World, stream: str, keys: Any) -> bool:
    """Whether the record is among those that the granted scopes let through."""
    gone = taken_away(world)
    if stream == "shopify/orders" and "read_all_orders" in gone:
        return keys.created_at is not None and keys.created_at > world.clock.now - RECENT
    return not (stream == "shopify/fulfillment_orders" and "read_merchant_managed_fulfillment_orders" in gone)
