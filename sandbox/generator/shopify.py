"""Beside the shop's story: what its warehouse has to send, checkouts that became no order, and what is deleted."""

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.generator.order import CURRENCIES, FIRST_CUSTOMER, Order
from sandbox.generator.people import Person
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.store import FIRST_PRODUCT, PRODUCTS
from sandbox.records import shopify, shopify_followups
from sandbox.records.shopify import Record

if TYPE_CHECKING:
    from sandbox.generator.others import Day

FIRST_CHECKOUT = 4_000_000_001
CHECKOUTS_PER_ORDER = 0.4


class FulfillmentOrders:
    """One for each order: open, now and then on hold, closed when it is sent or cancelled."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng

    def live(self, day: "Day") -> None:
        for order in day.orders:
            self._write(order, order.placed, "OPEN")
            if order.shipped and self._rng.random() < 0.08:
                self._hold(order)
            if end := order.shipped or order.cancelled:
                self._write(order, end, "CLOSED")

    def _hold(self, order: Order) -> None:
        """On hold for some hours, and released long before it is sent."""
        at = self._plan.later(order.placed, 1)
        reason = self._rng.choice(("INVENTORY_OUT_OF_STOCK", "HIGH_RISK_OF_FRAUD", "INCORRECT_ADDRESS"))
        self._write(order, at, "ON_HOLD", [shopify_followups.hold(order.number, reason, "à espera")])
        self._write(order, self._plan.later(at, self._rng.uniform(10, 150)), "OPEN")

    def _write(self, order: Order, at: datetime, status: str, holds: list[Record] | None = None) -> None:
        is_sent = status == "CLOSED" and order.shipped is not None
        record = shopify_followups.fulfillment_order(
            number=order.number,
            order=order.number,
            name=order.name,
            placed_at=order.placed,
            updated_at=at,
            status=status,
            promised_at=order.promised,
            lines=order.lines,
            is_sent=is_sent,
            holds=holds or [],
        )
        self._sink.version("shopify/fulfillment_orders", at, record)


class Deletions:
    """Test orders that are cleared away when nothing can happen to them any more, accounts of people who have left."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._accounts: dict[int, Person] = {}

    def live(self, day: "Day") -> None:
        for order in day.orders:
            if order.test and self._rng.random() < 0.5:
                self._sink.deletion("shopify/orders", self._plan.settle(order.placed + timedelta(days=90)), order.gid)
            if not order.as_guest:
                self._accounts[order.person.index] = order.person
        gone = [person for person in self._accounts.values() if person.left < day.date]
        for person in gone:
            del self._accounts[person.index]
            if self._rng.random() < 0.1:
                key = shopify.gid("Customer", FIRST_CUSTOMER + person.index)
                self._sink.deletion("shopify/customers", self._plan.moment_in(day.date, self._rng), key)


class AbandonedCheckouts:
    """Some of those who come leave a cart behind; a few complete it later."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._left = 0

    def live(self, day: "Day") -> None:
        for _ in day.orders:
            if day.present and self._rng.random() < CHECKOUTS_PER_ORDER:
                self._leave(self._rng.choice(day.present), self._plan.moment_in(day.date, self._rng))

    def _leave(self, person: Person, at: datetime) -> None:
        """A cart with an address, which is typed a little later; a quarter are completed within days."""
        rng, number = self._rng, FIRST_CHECKOUT + self._left
        self._left += 1
        cart = [(index, rng.randint(1, 3)) for index in sorted(rng.sample(range(len(PRODUCTS)), rng.randint(1, 3)))]
        typed = self._plan.later(at, rng.uniform(1, 30))
        self._write(person, number, cart, at, at, has_address=False)
        self._write(person, number, cart, at, typed)
        if rng.random() < 0.25:
            completed = self._plan.later(typed, rng.uniform(30, 4000))
            self._write(person, number, cart, at, completed, completed_at=completed)

    def _write(
        self,
        person: Person,
        number: int,
        cart: list[tuple[int, int]],
        created: datetime,
        at: datetime,
        has_address: bool = True,
        completed_at: datetime | None = None,
    ) -> None:
        currency = CURRENCIES[person.place[0]]
        lines = [
            shopify_followups.checkout_line(
                number * 10 + index, title, f"SKU-{index:03d}", quantity, cents, currency, FIRST_PRODUCT + index
            )
            for index, quantity in cart
            for title, cents in [PRODUCTS[index]]
        ]
        record = shopify_followups.abandoned_checkout(
            number=number,
            created_at=created,
            updated_at=at,
            completed_at=completed_at,
            customer=FIRST_CUSTOMER + person.index if person.has_account else None,
            ship_to=shopify.address(*person.place) if has_address else None,
            lines=lines,
            cents=sum(PRODUCTS[index][1] * quantity for index, quantity in cart),
            currency=currency,
        )
        self._sink.version("shopify/abandoned_checkouts", at, record)
