"""The shop: orders as they are placed, paid, shipped, delivered, refunded or cancelled."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random

from sandbox.generator.order import (
    CURRENCIES,
    FIRST_CUSTOMER,
    FIRST_ORDER,
    Order,
    close_return,
    order_record,
    refunded_lines,
)
from sandbox.generator.parcels import Parcels
from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.truths import Diary
from sandbox.records import shopify, shopify_followups
from sandbox.records.shopify import Currency, Record

__all__ = ["Order", "Store"]

FIRST_PRODUCT = 8_000_000_000
PRODUCTS = (
    ("Linen shirt", 3990),
    ("Canvas bag", 2450),
    ("Ceramic mug ☕", 1290),
    ("Desk lamp", 5900),
    ("Azulejo tile", 990),
    ("Wool blanket", 8950),
)
DAY = 24 * 60


class Store:
    """Simulates orders one at a time."""

    def __init__(self, plan: Plan, sink: Sink, diary: Diary, rng: Random, parcels_rng: Random) -> None:
        self._plan, self._sink, self._diary, self._rng = plan, sink, diary, rng
        self._parcels = Parcels(plan, parcels_rng, self._write)
        self._placed = 0
        self._orders_of: Counter[int] = Counter()
        self._spent_by: Counter[int] = Counter()
        self._customer_since: dict[int, datetime] = {}

    def place(self, person: Person, at: datetime) -> Order:
        """Simulate an order from its placing to its end; the order returned is in its final state."""
        order = self._new_order(person, at)
        if not order.as_guest:
            self._write_customer(order)
        self._write(order, at)
        if not order.test:
            self._diary.ordered(person.email or f"order {order.number}", at)
        if self._rng.random() < 0.04:
            self._cancel(order)
        else:
            self._pay(order)
            self._parcels.edit(order)
            self._ship(order)
        return order

    def _new_order(self, person: Person, at: datetime) -> Order:
        rng = self._rng
        number = FIRST_ORDER + self._placed
        self._placed += 1
        percent = 10 if rng.random() < 0.2 else 0
        lines, paid_for, discount = [], [], 0
        for index, (title, cents) in enumerate(rng.sample(PRODUCTS, rng.choices((1, 2, 3), (60, 28, 12))[0])):
            quantity = rng.choices((1, 2, 3), (80, 15, 5))[0]
            off = cents * quantity * percent // 100
            lines.append(self._line(number * 10 + index, title, cents, quantity, off, CURRENCIES[person.place[0]]))
            paid_for.append(cents * quantity - off)
            discount += off
        return Order(
            number=number,
            person=person,
            placed=at,
            email=written(person.email, rng),
            as_guest=not person.has_account or rng.random() < 0.05,
            lines=lines,
            paid_for=paid_for,
            discount=discount,
            test=rng.random() < 0.005,
        )

    @staticmethod
    def _line(number: int, title: str, cents: int, quantity: int, off: int, currency: Currency) -> Record:
        product = next(index for index, (name, _) in enumerate(PRODUCTS) if name == title)
        return shopify.line_item(
            number=number,
            title=title,
            sku=f"SKU-{product:03d}",
            quantity=quantity,
            unit_cents=cents,
            currency=currency,
            product=FIRST_PRODUCT + product,
            discount_cents=off,
        )

    def _cancel(self, order: Order) -> None:
        at = self._plan.later(order.placed, self._rng.uniform(5, 600))
        order.cancelled, order.financial = at, "VOIDED"
        self._write(order, at)

    def _pay(self, order: Order) -> None:
        at = self._plan.later(order.placed, self._rng.expovariate(1 / 40))
        if self._rng.random() < 0.02:
            self._transact(order, "SALE", "FAILURE", at, order.total)
            self._write(order, at)
            at = self._plan.later(at, self._rng.uniform(2, 90))
        self._transact(order, "SALE", "SUCCESS", at, order.total)
        order.paid, order.financial = at, "PAID"
        self._write(order, at)

    def _ship(self, order: Order) -> None:
        """Ship, deliver and perhaps refund; some parcels never arrive, some have no promised date."""
        rng, plan = self._rng, self._plan
        order.shipped = plan.later(order.paid or order.placed, rng.uniform(0.3, 2.5) * DAY)
        if rng.random() > 0.04:
            order.promised = self._end_of_day(order.placed, rng.randint(5, 8))
        self._parcels.label(order, order.shipped)
        if rng.random() < 0.03:
            self._parcels.carry(order, order.shipped, order.shipped + timedelta(days=6))
            return
        delay = rng.uniform(3, 9) if rng.random() < 0.14 else 0
        delivered = plan.later(order.shipped, (rng.uniform(0.8, 4.5) + delay) * DAY)
        self._parcels.carry(order, order.shipped, delivered)
        self._parcels.deliver(order, order.shipped, delivered)
        if order.promised and not order.test:
            self._diary.delivered(delivered, order.is_late)
        if rng.random() < (0.14 if order.is_late else 0.06):
            self._refund(order, delivered)
        else:
            self._parcels.decline(order, delivered)

    def _end_of_day(self, moment: datetime, days: int) -> datetime:
        """The last second of a local day, so that 'on the day' and 'by the time' say the same."""
        day = self._plan.local_date(moment) + timedelta(days=days)
        return datetime.combine(day, time(23, 59, 59), self._plan.zone).astimezone(UTC)

    def _refund(self, order: Order, delivered: datetime) -> None:
        rng = self._rng
        wait = 40 if rng.random() < 0.25 else rng.uniform(2, 20)
        at = self._plan.later(delivered, wait * DAY)
        is_full = rng.random() < 0.6
        returned = self._parcels.send_back(order, delivered, at)
        order.refunded = order.total if is_full else order.subtotal // 2
        lines = refunded_lines(order, returned is not None) if is_full else []
        note = None if is_full else "Goodwill 🙏"
        order.refunds.append(
            shopify_followups.refund(order.number, at, order.refunded, order.currency, lines, note, returned)
        )
        if returned is not None:
            close_return(order, returned, at)
        self._transact(order, "REFUND", "SUCCESS", at, order.refunded)
        order.financial = "REFUNDED" if is_full else "PARTIALLY_REFUNDED"
        self._write(order, at)

    @staticmethod
    def _transact(order: Order, kind: str, status: str, at: datetime, cents: int) -> None:
        number = order.number * 10 + len(order.transactions)
        order.transactions.append(shopify.transaction(number, kind, status, at, cents, order.currency))

    def _write(self, order: Order, at: datetime) -> None:
        self._sink.version("shopify/orders", at, order_record(order, at))

    def _write_customer(self, order: Order) -> None:
        person, at, habits = order.person, order.placed, Random(order.person.index)
        self._orders_of[person.index] += 1
        self._spent_by[person.index] += order.total
        record = shopify.customer(
            number=FIRST_CUSTOMER + person.index,
            created_at=self._customer_since.setdefault(person.index, at),
            updated_at=at,
            name=person.name,
            email=written(person.email, habits),
            orders=self._orders_of[person.index],
            spent_cents=self._spent_by[person.index],
            currency=order.currency,
            home=shopify.address(*person.place),
            locale=person.language,
            phone=f"+3519{person.index:08d}" if habits.random() < 0.3 else None,
            consent=habits.choice(("NOT_SUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED")),
        )
        self._sink.version("shopify/customers", at, record)
