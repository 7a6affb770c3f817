"""What the fields of Shopify's schema resolve to; a field without a resolver is as the dataset has it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, get_nullable_type, is_list_type

from sandbox import shopify_access, shopify_bulk
from sandbox.dataset import Record, Version, World
from sandbox.shopify_records import LARGEST_PAGE, decoded, number_of, page_of, parts_of, search, whole


@dataclass
class Context:
    """What resolvers know of the request; ``window`` is set when a bulk operation walks a connection in parts."""

    world: World
    host: str
    window: shopify_bulk.Window | None = None


def read_field(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field as the dataset has it, cut to ``first`` where a list takes that; the root has no fields of its own."""
    value = source.get(info.field_name) if source else None
    if value is None and str(info.return_type) == "Boolean!":
        return False
    if value is None and is_list_type(get_nullable_type(info.return_type)):
        return []
    return value[: arguments["first"]] if arguments.get("first") and isinstance(value, list) else value


def list_records(stream: str) -> Callable[..., Record]:
    """A resolver for a root connection over the stream's live records."""

    def resolve(_: Any, info: GraphQLResolveInfo, **arguments: Any) -> Record:
        context: Context = info.context
        if context.window:
            return whole(context.window.part(lambda: search(context.world, stream, arguments)))
        return page_of(search(context.world, stream, arguments), arguments)

    return resolve


def list_nested(node: Record, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    """A connection inside a record: a page of its nodes, or all of them for a bulk operation."""
    rows = [((number,), child) for number, child in enumerate((node.get(info.field_name) or {}).get("nodes", ()))]
    return whole(rows) if info.context.window else page_of(rows, arguments)


def list_events(fulfillment: Record, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    """The scans of a fulfillment by the time they happened, which is not the order they were reported in."""
    events = (fulfillment.get("events") or {}).get("nodes", ())
    rows = sorted(((event["happenedAt"], number_of(event["id"])), event) for event in events)
    return whole(rows) if info.context.window else page_of(rows, arguments)


def list_customer_orders(node: Record, info: GraphQLResolveInfo, **arguments: Any) -> Record:
    """The orders of a customer, which the orders know of."""
    every = search(info.context.world, "shopify/orders", arguments)
    rows = [(key, order) for key, version in every if customer_id(order := version.decode()) == node["id"]]
    return whole(rows) if info.context.window else page_of(rows, arguments)


def customer_id(order: Record) -> str | None:
    return (order.get("customer") or {}).get("id")


def show_customer(order: Record, info: GraphQLResolveInfo) -> Record | None:
    """The customer of an order as it is now; null for a guest and for one deleted since."""
    key = customer_id(order)
    customers = info.context.world.stream("shopify/customers")
    if key is None or not len(customers):
        return order.get("customer")
    found = customers.live(info.context.world.clock.unix).get(key)
    return found.decode() if found else None


def show_record(stream: str) -> Callable[..., Record | None]:
    """A resolver for one live record by its id."""

    def resolve(_: Any, info: GraphQLResolveInfo, id: str) -> Record | None:
        found = info.context.world.stream(stream).live(info.context.world.clock.unix).get(id)
        return decoded(found) if found else None

    return resolve


def show_part(_: Any, info: GraphQLResolveInfo, id: str) -> Record | None:
    """One fulfillment, refund or return by its id."""
    world: World = info.context.world
    orders = world.stream("shopify/orders")
    holder = orders.cached(world.clock.unix, "holders", lambda now: holders_of(orders.live(now).values())).get(id)
    return next((part for part in parts_of(decoded(holder)) if part["id"] == id), None) if holder else None


def holders_of(orders: Iterable[Version]) -> dict[str, Version]:
    """The order of every fulfillment, refund and return."""
    return {part["id"]: version for version in orders for part in parts_of(version.decode())}


def list_nodes(_: Any, info: GraphQLResolveInfo, ids: list[str]) -> list[Record | None]:
    """Records by their ids, in the order of the ids; null for one that is gone."""
    if len(ids) > LARGEST_PAGE:
        raise GraphQLError(f"The input array size of {len(ids)} is greater than the maximum allowed of {LARGEST_PAGE}.")
    return [show_node(info, id) for id in ids]


def show_node(info: GraphQLResolveInfo, id: str) -> Record | None:
    stream = NODES.get(kind_of({"id": id}))
    return show_record(stream)(None, info, id) if stream else show_part(None, info, id)


def show_shop(_: Any, info: GraphQLResolveInfo) -> Record:
    """The shop as far as a dataset describes one."""
    settings = info.context.world.dataset.settings
    shop = {"id": "gid://shopify/Shop/1", "email": "shop@example.com", "myshopifyDomain": "sandbox.myshopify.com"}
    more = {"url": "https://sandbox.myshopify.com", "currencyCode": settings.get("currency", "USD")}
    return {**shop, **more, "name": settings.get("name"), "ianaTimezone": settings["time_zone"]}


def show_installation(_: Any, info: GraphQLResolveInfo) -> Record:
    scopes = [{"handle": scope, "description": scope} for scope in shopify_access.granted(info.context.world)]
    return {"id": "gid://shopify/AppInstallation/1", "accessScopes": scopes}


def count_of(name: str) -> Callable[..., Record]:
    """A resolver for how many entries a list of the record has."""
    return lambda record, info: {"count": len(record.get(name) or ()), "precision": "EXACT"}


def show_presentment(bag: Record, info: GraphQLResolveInfo) -> Record:
    """Without a second currency the customer saw the shop's money."""
    return bag.get("presentmentMoney") or bag["shopMoney"]


def show_presentment_code(order: Record, info: GraphQLResolveInfo) -> str:
    return order.get("presentmentCurrencyCode") or order["currencyCode"]


def total_of(name: str) -> Callable[..., Record | None]:
    """A resolver for a current amount; the original one where nothing changed it."""
    return lambda order, info: order.get(info.field_name) or order.get(name)


def kind_of(node: Record, *_: Any) -> str:
    """The type of a record that is shown through an interface: ``ReturnLineItem`` of its global id."""
    return node["id"].split("/")[3]


NODES = {
    "Order": "shopify/orders",
    "Customer": "shopify/customers",
    "FulfillmentOrder": "shopify/fulfillment_orders",
    "AbandonedCheckout": "shopify/abandoned_checkouts",
}
ABSTRACT = ("ReturnLineItemType", "Node")
RESOLVERS: dict[str, Callable[..., Any]] = {
    "QueryRoot.orders": list_records("shopify/orders"),
    "QueryRoot.customers": list_records("shopify/customers"),
    "QueryRoot.fulfillmentOrders": list_records("shopify/fulfillment_orders"),
    "QueryRoot.abandonedCheckouts": list_records("shopify/abandoned_checkouts"),
    "QueryRoot.order": show_record("shopify/orders"),
    "QueryRoot.customer": show_record("shopify/customers"),
    "QueryRoot.fulfillment": show_part,
    "QueryRoot.refund": show_part,
    "QueryRoot.return": show_part,
    "QueryRoot.nodes": list_nodes,
    "QueryRoot.shop": show_shop,
    "QueryRoot.currentAppInstallation": show_installation,
    "Order.lineItems": list_nested,
    "Order.returns": list_nested,
    "Order.customer": show_customer,
    "Order.transactionsCount": count_of("transactions"),
    "Order.fulfillmentsCount": count_of("fulfillments"),
    "Order.presentmentCurrencyCode": show_presentment_code,
    "Order.currentTotalPriceSet": total_of("totalPriceSet"),
    "Order.currentSubtotalPriceSet": total_of("subtotalPriceSet"),
    "Fulfillment.events": list_events,
    "Refund.refundLineItems": list_nested,
    "Return.returnLineItems": list_nested,
    "Return.reverseFulfillmentOrders": list_nested,
    "FulfillmentOrder.lineItems": list_nested,
    "FulfillmentOrder.fulfillments": list_nested,
    "AbandonedCheckout.lineItems": list_nested,
    "Customer.orders": list_customer_orders,
    "MoneyBag.presentmentMoney": show_presentment,
}
