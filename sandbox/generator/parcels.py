"""What happens around a parcel: edits before it is packed, carrier scans, some reported late, and the way back.

It has a source of chance of its own, so that the shop's story stays as it is.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from sandbox.generator import phrases
from sandbox.generator.order import Order
from sandbox.generator.plan import Plan
from sandbox.records import shopify_followups
from sandbox.records.shopify import Record, gid
from sandbox.records.writer import stamp

Write = Callable[[Order, datetime], None]
CARRIERS = {"GB": "Royal Mail", "PT": "CTT", "AE": "Aramex", "PK": "TCS", "IN": "Delhivery"}
REASONS = (
    ("size-too-small", "Too small"),
    ("not-as-described", "Not as described"),
    ("damaged", "Damaged on arrival"),
    ("arrived-late", "Arrived too late"),
)
HOUR, DAY = 60, 24 * 60


class Parcels:
    """Each step changes the order and writes a version of it; none is later than the shop's own next step."""

    def __init__(self, plan: Plan, rng: Random, write: Write) -> None:
        self._plan, self._rng, self._write = plan, rng, write

    def edit(self, order: Order) -> None:
        """Staff edit a paid order before it is packed: mostly not, sometimes twice within minutes."""
        if self._rng.random() > 0.04:
            return
        at = self._plan.later(order.paid or order.placed, self._rng.uniform(5, 100))
        for moment in (at, self._plan.later(at, self._rng.uniform(2, 9))):
            order.edited = True
            self._write(order, moment)

    def label(self, order: Order, shipped: datetime) -> None:
        """The first scan, and the number to track it by."""
        country = order.person.place[0]
        carrier = CARRIERS[country]
        order.tracking.append(shopify_followups.tracking(carrier, f"{carrier[:2].upper()}{order.number}{country}"))
        self._scan(order, shipped, "LABEL_PURCHASED")

    def carry(self, order: Order, shipped: datetime, end: datetime) -> None:
        """The scans on the way, all before the end; few parcels are scanned at every stop."""
        rng = self._rng
        stops = rng.choices((0, 1, 2, 14), (30, 40, 28, 2))[0]
        statuses = ["CARRIER_PICKED_UP", *["IN_TRANSIT"] * stops, "OUT_FOR_DELIVERY"]
        if rng.random() < 0.06:
            statuses += ["ATTEMPTED_DELIVERY", "OUT_FOR_DELIVERY"]
        minutes = _minutes(shipped, end)
        moments = sorted({shipped + timedelta(minutes=int(rng.uniform(0.05, 0.95) * minutes)) for _ in statuses})
        for moment, status in zip(moments, statuses, strict=False):
            if shipped < (at := self._plan.settle(moment)) < end:
                self._scan(order, at, status)

    def deliver(self, order: Order, shipped: datetime, delivered: datetime) -> None:
        """The last scan; now and then the carrier reports an earlier one only after it."""
        order.delivered = delivered
        self._scan(order, delivered, "DELIVERED")
        if self._rng.random() < 0.05:
            happened = shipped + timedelta(minutes=_minutes(shipped, delivered) // 2)
            self._scan(order, self._plan.later(delivered, self._rng.uniform(1, 20) * HOUR), "IN_TRANSIT", happened)

    def send_back(self, order: Order, delivered: datetime, refunded: datetime) -> Record | None:
        """The return behind a refund, requested and approved; a third are refunds of goods that stay."""
        minutes = _minutes(delivered, refunded)
        requested = self._plan.later(delivered, max(24 * HOUR, minutes * self._rng.uniform(0.45, 0.6)))
        approved = self._plan.later(requested, minutes * self._rng.uniform(0.05, 0.2))
        if self._rng.random() < 0.35 or approved >= refunded:
            return None
        returned = self._request(order, requested)
        returned |= {"status": "OPEN", "requestApprovedAt": stamp(approved)}
        reverse = {"id": gid("ReverseFulfillmentOrder", order.number), "status": "OPEN"}
        returned["reverseFulfillmentOrders"] = {"nodes": [reverse]}
        order.return_status = "IN_PROGRESS"
        self._write(order, approved)
        return returned

    def decline(self, order: Order, delivered: datetime) -> None:
        """A return that is requested and declined leaves no trace in the order's own return status."""
        if self._rng.random() > 0.08:
            return
        returned = self._request(order, self._plan.later(delivered, self._rng.uniform(1.1, 25) * DAY))
        declined = self._plan.later(datetime.fromisoformat(returned["createdAt"]), self._rng.uniform(2, 48) * HOUR)
        returned |= {"status": "DECLINED", "decline": {"reason": "RETURN_PERIOD_ENDED", "note": None}}
        order.return_status = "NO_RETURN"
        self._write(order, declined)

    def _scan(self, order: Order, at: datetime, status: str, happened: datetime | None = None) -> None:
        country, _, city = order.person.place
        number = order.number * 100 + len(order.events)
        order.events.append(shopify_followups.event(number, status, happened or at, at, (country, city)))
        self._write(order, at)

    def _request(self, order: Order, at: datetime) -> Record:
        """A new return of one line, or of all."""
        rng = self._rng
        lines = order.lines if rng.random() < 0.7 else order.lines[:1]
        note = phrases.opinion(order.person.language, False, rng) if rng.random() < 0.6 else None
        returned = shopify_followups.return_(order.number, at, lines, rng.choice(REASONS), note)
        order.returns.append(returned)
        order.return_status = "RETURN_REQUESTED"
        self._write(order, at)
        return returned


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() // 60)
