"""A second shop of the same owner, on WooCommerce: fewer orders, guests, refunds, a trash, and a first of the month.

What disappears for good does so on the first of a month, when somebody empties the trash and answers erasure requests.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.generator import phrases
from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan, poisson
from sandbox.generator.sink import Sink
from sandbox.generator.store import PRODUCTS
from sandbox.records import woocommerce
from sandbox.records.woocommerce import Record

if TYPE_CHECKING:
    from sandbox.generator.others import Day

VISITS_A_DAY = 1.8
FIRST_ORDER, FIRST_REFUND, FIRST_PRODUCT = 10_001, 900_001, 70
STAFF = 1
DAY = 24 * 60


@dataclass
class Sale:
    """An order in the making; each change is followed by a version."""

    number: int
    person: Person
    created: datetime
    customer: int
    email: str
    lines: list[Record]
    discount: int
    shipping: int
    note: str
    status: str = "pending"
    paid: datetime | None = None
    completed: datetime | None = None
    refunds: list[Record] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(round(float(line["total"]) * 100) for line in self.lines) + self.shipping


class Shop:
    """Simulates the site one day at a time."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._sold = self._refunded = 0
        self._prices = [cents for _, cents in PRODUCTS]
        # Since when somebody has an account; None once it is erased.
        self._accounts: dict[int, datetime | None] = {}
        self._opened = plan.midnight(plan.first_night)

    def live(self, day: "Day") -> None:
        """Keep the catalogue, register people, and simulate each order placed that day to its end."""
        rng = self._rng
        self._keep_catalogue(day.date)
        count = poisson(VISITS_A_DAY * self._plan.busyness(day.date), rng) if day.present else 0
        for at in sorted(self._plan.moment_in(day.date, rng) for _ in range(count)):
            person = rng.choice(day.present)
            if rng.random() < 0.08:
                self._register(person, at, is_paying=False)
            else:
                self._sell(person, at)

    def _keep_catalogue(self, day: date) -> None:
        rng, plan = self._rng, self._plan
        at = plan.moment_in(day, rng)
        if day == plan.first_night:
            self._write_staff(at)
            for index in range(len(PRODUCTS)):
                self._write_product(index, at)
        elif rng.random() < 0.04:
            index = rng.randrange(len(PRODUCTS))
            self._prices[index] = round(self._prices[index] * rng.uniform(0.9, 1.15))
            self._write_product(index, at)

    def _write_staff(self, at: datetime) -> None:
        record = woocommerce.customer(
            number=STAFF, created=at, modified=at, email="shop@example.com", name="Shop Manager",
            billing=woocommerce.address(email=""), is_paying=False,
        )  # fmt: skip
        self._sink.version("woocommerce/customers", at, record | {"role": "shop_manager"})

    def _write_product(self, index: int, at: datetime) -> None:
        title, _ = PRODUCTS[index]
        record = woocommerce.product(
            number=FIRST_PRODUCT + index, created=self._opened, modified=at, title=title, sku=f"SKU-{index:03d}",
            cents=self._prices[index],
        )  # fmt: skip
        self._sink.version("woocommerce/products", at, record)

    def _register(self, person: Person, at: datetime, is_paying: bool) -> int:
        """Make or renew the account of somebody who has one; 0 stands for a guest."""
        if not person.has_account or self._accounts.get(person.index, at) is None:
            return 0
        is_new = person.index not in self._accounts
        created = self._accounts.setdefault(person.index, at) or at
        number = STAFF + 1 + person.index
        _, _, city = person.place
        billing = woocommerce.address(name=person.name, city=city, country=person.place[0], email=person.email or "")
        record = woocommerce.customer(
            number=number, created=created, modified=at, email=person.email or "", name=person.name, billing=billing,
            is_paying=is_paying,
        )  # fmt: skip
        self._sink.version("woocommerce/customers", at, record)
        if is_new and self._rng.random() < 0.08:
            self._accounts[person.index] = None
            self._sink.deletion("woocommerce/customers", self._first_after(at, 5), number)
        return number

    def _first_after(self, moment: datetime, days: int) -> datetime:
        """A moment on the first of a month, at least so many days later."""
        day = self._plan.local_date(moment) + timedelta(days=days)
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return self._plan.moment_in(following, self._rng)

    def _sell(self, person: Person, at: datetime) -> None:
        rng = self._rng
        is_guest = rng.random() < 0.15
        sale = self._new_sale(person, at, 0 if is_guest else self._register(person, at, is_paying=True))
        self._write(sale, at)
        if rng.random() < 0.06:
            sale.status = rng.choice(("failed", "cancelled", "on-hold"))
            end = self._plan.later(at, rng.uniform(5, 900))
            self._write(sale, end)
        else:
            end = self._fulfil(sale)
        if rng.random() < 0.08:
            self._trash(sale, end)

    def _new_sale(self, person: Person, at: datetime, customer: int) -> Sale:
        rng = self._rng
        number = FIRST_ORDER + self._sold
        self._sold += 1
        percent = 15 if rng.random() < 0.2 else 0
        lines, discount = [], 0
        for position, index in enumerate(rng.sample(range(len(PRODUCTS)), rng.choices((1, 2, 3), (60, 28, 12))[0])):
            quantity, cents = rng.choices((1, 2, 3), (80, 15, 5))[0], self._prices[index]
            off = cents * quantity * percent // 100
            discount += off
            line = woocommerce.line_item(
                number=number * 10 + position, product=FIRST_PRODUCT + index, title=PRODUCTS[index][0],
                sku=f"SKU-{index:03d}", quantity=quantity, cents=cents, off=off,
            )  # fmt: skip
            lines.append(line)
        note = f"{phrases.subject(person.language, rng)} 🎁" if rng.random() < 0.2 else ""
        email = written(person.email, rng) or ""
        return Sale(number, person, at, customer, email, lines, discount, rng.choice((0, 590, 1290)), note)

    def _fulfil(self, sale: Sale) -> datetime:
        """Pay, complete and perhaps refund the order; when the last of it happened."""
        rng, plan = self._rng, self._plan
        at = sale.paid = plan.later(sale.created, rng.expovariate(1 / 30))
        sale.status = "processing"
        self._write(sale, at)
        at = sale.completed = plan.later(at, rng.uniform(0.5, 6) * DAY)
        sale.status = "completed"
        self._write(sale, at)
        share = 1.0 if rng.random() < 0.5 else 0.4
        while rng.random() < 0.3 and share:
            at = plan.later(at, (40 if rng.random() < 0.2 else rng.uniform(1, 15)) * DAY)
            self._refund(sale, at, round(sale.total * share))
            # A second refund brings back some of the rest.
            share = 0.0 if share == 1.0 else share / 2
        return at

    def _refund(self, sale: Sale, at: datetime, cents: int) -> None:
        rng = self._rng
        number = FIRST_REFUND + self._refunded
        self._refunded += 1
        reason = phrases.opinion(sale.person.language, False, rng) if rng.random() < 0.6 else ""
        record = woocommerce.refund(
            number=number, order=sale.number, created=at, cents=cents, reason=reason, refunded_by=STAFF
        )
        sale.refunds = [record, *sale.refunds]
        sale.status = "refunded" if cents == sale.total else sale.status
        self._sink.version("woocommerce/refunds", at, record)
        self._write(sale, at)

    def _trash(self, sale: Sale, end: datetime) -> None:
        """Into the trash, and out of it by hand or, on a first of the month, for good, refunds and all."""
        rng, plan, before = self._rng, self._plan, sale.status
        at = plan.later(end, rng.uniform(0.1, 10) * DAY)
        sale.status = "trash"
        self._write(sale, at)
        if rng.random() < 0.3:
            sale.status = before
            self._write(sale, plan.later(at, rng.uniform(0.1, 4) * DAY))
            return
        gone = self._first_after(at, 20)
        self._sink.deletion("woocommerce/orders", gone, sale.number)
        for refund in sale.refunds:
            self._sink.deletion("woocommerce/refunds", gone, refund["id"])

    def _write(self, sale: Sale, at: datetime) -> None:
        country, _, city = sale.person.place
        name = sale.person.name
        record = woocommerce.order(
            number=sale.number,
            status=sale.status,
            created=sale.created,
            modified=at,
            paid=sale.paid,
            completed=sale.completed,
            customer=sale.customer,
            billing=woocommerce.address(name=name, city=city, country=country, email=sale.email),
            shipping=woocommerce.address(name=name, city=city, country=country),
            lines=sale.lines,
            discount_cents=sale.discount,
            shipping_cents=sale.shipping,
            coupon="WELCOME15" if sale.discount else None,
            refunds=sale.refunds,
            note=sale.note,
            meta_data=_meta_data(sale.number),
        )
        self._sink.version("woocommerce/orders", at, record)


def _meta_data(number: int) -> list[Record]:
    """Plugins keep whatever they like: each order shows another JSON type."""
    values = ("yes", number, number / 4, True, None, ["a", 1], {"utm": {"source": "mail"}})
    return [{"id": number * 100, "key": "_plugin_note", "value": values[number % len(values)]}]
