"""The systems that live beside shop, helpdesk and surveys of the main story: each simulates its own part of a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Protocol

from sandbox.generator.delighted import Delighted
from sandbox.generator.freshdesk import Freshdesk
from sandbox.generator.ga4 import Site
from sandbox.generator.gorgias import Gorgias
from sandbox.generator.heyday import Heyday
from sandbox.generator.hootsuite import Social
from sandbox.generator.people import Person
from sandbox.generator.plan import Plan
from sandbox.generator.qualtrics import Qualtrics
from sandbox.generator.shiprocket import Parcels
from sandbox.generator.shopify import AbandonedCheckouts, Deletions, FulfillmentOrders
from sandbox.generator.sink import Sink
from sandbox.generator.store import Order
from sandbox.generator.support import Outcome
from sandbox.generator.surveymonkey import SurveyMonkey
from sandbox.generator.truths import Diary
from sandbox.generator.woocommerce import Shop
from sandbox.generator.zendesk import Zendesk


@dataclass(frozen=True)
class Day:
    """What the main story did on a day: who was there, what was ordered, which tickets were opened; and the diary of
    what happened, for what a system beside it adds to the truth."""

    date: date
    present: list[Person]
    orders: list[Order]
    tickets: list[Outcome]
    diary: Diary


class System(Protocol):
    """Writes versions to the sink; none earlier than the day's first instant."""

    def live(self, day: Day) -> None: ...


# A source of chance of its own for each, so that a new one leaves all others as they are.
OTHERS: dict[str, Callable[[Plan, Sink, Random], System]] = {
    "zendesk": Zendesk,
    "woocommerce": Shop,
    "surveymonkey": SurveyMonkey,
    "qualtrics": Qualtrics,
    "delighted": Delighted,
    "heyday": Heyday,
    "freshdesk": Freshdesk,
    "gorgias": Gorgias,
    "shopify fulfillment orders": FulfillmentOrders,
    "shopify abandoned checkouts": AbandonedCheckouts,
    "shiprocket": Parcels,
    "ga4": Site,
    "shopify deletions": Deletions,
    "hootsuite": Social,
}
