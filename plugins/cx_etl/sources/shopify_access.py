"""What a Shopify app must be allowed to see. Some of what it may not see is refused aloud, some is left out without a
word: so the answers that a walk begins with tell the granted scopes, and `cx doctor` asks for all of them."""

from collections.abc import Mapping
from typing import Any

from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings
from cx_etl.sources.base import Answer
from cx_etl.sources.shopify_documents import VERSION

# What is silently or loudly missing without the scope.
LOST_WITHOUT = {
    "read_orders": "no order, refund or abandoned checkout would come",
    "read_all_orders": "only the last 60 days of orders would come, and older ones would look deleted",
    "read_customers": "no customer would come, and orders would look like those of guests",
    "read_fulfillments": "no shipment, tracking number or scan would come",
    "read_returns": "no return would come",
    "read_merchant_managed_fulfillment_orders": "fulfillment orders of the shop's own locations would be left out",
    "read_third_party_fulfillment_orders": "fulfillment orders of other companies' warehouses would be left out",
}
ORDERS = ("read_orders", "read_all_orders")
FULFILLMENT_ORDERS = ("read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders")


def require_scopes(data: Mapping[str, Any], scopes: tuple[str, ...]) -> list[str]:
    """The scopes that are needed, all of them granted by what the answer's data says.

    Raises ConfigError naming each one that is missing, and what that would silently cost.
    """
    granted = {scope["handle"] for scope in data["currentAppInstallation"]["accessScopes"]}
    knowingly = load_settings().options.get("shopify", {}).get("without_scopes", ())
    needed = [scope for scope in scopes if scope not in knowingly]
    missing = [scope for scope in needed if not granted & {scope, scope.replace("read_", "write_", 1)}]
    if missing:
        raise ConfigError(
            "shopify: " + "; ".join(f"the app lacks {scope}: {LOST_WITHOUT[scope]}" for scope in missing),
            "grant them to the app and install it again, or name them in [options.shopify] without_scopes",
        )
    return needed


def judge_scopes(answer: Answer) -> str:
    needed = require_scopes(answer.decoded()["data"], tuple(LOST_WITHOUT))
    return f"{len(needed)} granted: {', '.join(needed)}"


def judge_shop(answer: Answer) -> str:
    """What the token opens. That the version served is the one asked for is checked with every answer."""
    shop = answer.decoded()["data"]["shop"]
    return f"{shop['name']} ({shop['myshopifyDomain']}), {shop['currencyCode']}, API {VERSION}"


def judge_person(answer: Answer) -> str:
    """That personal fields are shown. A refusal is raised with every answer, before this."""
    nodes = answer.decoded()["data"]["customers"]["nodes"]
    return "protected customer data is shown" if nodes else "the shop has no customer yet to try it on"
