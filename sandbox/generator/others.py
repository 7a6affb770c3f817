"""The systems that live beside shop, helpdesk and surveys of the main story: each simulates its own part of a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Protocol

from sandbox.generator.people import Person
from sandbox.generator.plan import Plan
from sandbox.generator.shiprocket import Parcels
from sandbox.generator.sink import Sink
from sandbox.generator.store import Order
from sandbox.generator.support import Outcome
from sandbox.generator.woocommerce import Shop


@dataclass(frozen=True)
class Day:
    """What the main story did on a day: who was there, what was ordered, which tickets were opened."""

    date: date
    present: list[Person]
    orders: list[Order]
    tickets: list[Outcome]


class System(Protocol):
    """Writes versions to the sink; none earlier than the day's first instant."""

    def live(self, day: Day) -> None: ...


# A source of chance of its own for each, so that a new one leaves all others as they are.
OTHERS: dict[str, Callable[[Plan, Sink, Random], System]] = {
    "woocommerce": Shop,
    "shiprocket": Parcels,
}
