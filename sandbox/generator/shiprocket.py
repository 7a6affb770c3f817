"""The shop's parcels in India: assigned, sometimes reassigned, scanned, not delivered at first, sent back, returned."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.store import FIRST_ORDER as FIRST_SHOP_ORDER
from sandbox.generator.store import Order
from sandbox.records import shiprocket
from sandbox.records.shiprocket import Record

if TYPE_CHECKING:
    from sandbox.generator.others import Day

PARCELS_A_DAY = 2
FIRST_ORDER, FIRST_SHIPMENT, FIRST_RETURN, FIRST_AWB = 16_000_001, 26_000_001, 17_000_001, 141_100_000_000
COURIERS = ("Xpressbees Surface", "Delhivery", "Ekart Logistics", "India Post ✉")
REASONS = ("Customer not available", "ग्राहक ने बाद में देने को कहा", "Address incomplete 🏠", "చిరునామా తప్పు")
PLACES = ("Mumbai Hub, MAHARASHTRA", "Nagpur, MAHARASHTRA", "Hyderabad DC, TELANGANA", "Amritsar, PUNJAB")
HOUR, DAY = 60, 24 * 60
# What happens to a parcel after its pickup, and when, as a share of its way.
SMOOTH = ((0.2, "IN TRANSIT"), (0.45, ""), (0.7, "OUT FOR DELIVERY"), (1.0, "DELIVERED"))
ROUGH = ((0.2, "IN TRANSIT"), (0.45, "OUT FOR DELIVERY"), (0.5, "UNDELIVERED"), (0.6, ""), (0.8, "OUT FOR DELIVERY"),
         (1.0, "DELIVERED"))  # fmt: skip
BACK = ((0.1, "IN TRANSIT"), (0.2, "OUT FOR DELIVERY"), (0.25, "UNDELIVERED"), (0.4, "OUT FOR DELIVERY"),
        (0.45, "UNDELIVERED"), (0.6, "RTO INITIATED"), (0.7, "RTO IN TRANSIT"), (1.0, "RTO DELIVERED"))  # fmt: skip
# A pickup that failed: what was generated is pending again.
RETURNED = ("RETURN PENDING", "RETURN INITIATED", "RETURN PICKUP GENERATED", "RETURN PENDING",
            "RETURN PICKUP GENERATED", "RETURN IN TRANSIT", "RETURN DELIVERED")  # fmt: skip


@dataclass
class Parcel:
    """An order on its way; each change is followed by a version of whatever shows it."""

    order: Order
    number: int
    created: datetime
    products: list[Record]
    shipment: int = 0
    assigned: datetime | None = None
    awb: str = ""
    courier: str = ""
    status: str = "NEW"
    picked: datetime | None = None
    delivered: datetime | None = None
    rto: datetime | None = None
    activities: list[str] = field(default_factory=lambda: ["ORDER_CREATED"])
    scans: list[Record] = field(default_factory=list)
    attempts: list[Record] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """How the shop calls the order."""
        return f"#{self.order.number - FIRST_SHOP_ORDER + 1001}"

    @property
    def is_cod(self) -> bool:
        return self.number % 3 == 0


class Parcels:
    """Simulates a few of the day's orders to their end."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._orders = self._shipments = self._awbs = self._returns = self._attempts = 0

    def live(self, day: "Day") -> None:
        for order in [order for order in day.orders if not order.test][:PARCELS_A_DAY]:
            self._send(order)

    def _send(self, order: Order) -> None:
        rng, plan = self._rng, self._plan
        parcel = self._new_parcel(order, plan.later(order.placed, rng.uniform(3, 40)))
        self._write_order(parcel, parcel.created)
        if order.cancelled:
            parcel.status, parcel.activities = "CANCELED", [*parcel.activities, "ORDER_CANCELLED"]
            self._write_order(parcel, max(order.cancelled, plan.later(parcel.created, 1)))
            return
        at = plan.later(parcel.created, rng.uniform(30, 300))
        self._assign(parcel, at, self._next_awb())
        if self._orders % 25 == 0:
            self._send_without_courier(parcel, at)
            return
        if rng.random() < 0.12:
            at = self._reassign(parcel, at)
        self._travel(parcel, max(order.shipped or at, plan.later(at, HOUR)))
        if parcel.delivered and rng.random() < 0.33:
            self._return(parcel, plan.later(parcel.delivered, rng.uniform(0.5, 7) * DAY))

    def _new_parcel(self, order: Order, created: datetime) -> Parcel:
        number = FIRST_ORDER + self._orders
        self._orders += 1
        products = [
            shiprocket.product(
                number=number * 10 + position, title=line["title"], sku=line["sku"], quantity=line["quantity"]
            )
            for position, line in enumerate(order.lines)
        ]
        return Parcel(order, number, created, products)

    def _next_awb(self) -> str:
        self._awbs += 7
        return str(FIRST_AWB + self._awbs)

    def _assign(self, parcel: Parcel, at: datetime, awb: str) -> None:
        """Give the parcel a shipment and a courier."""
        parcel.shipment, parcel.awb, parcel.assigned = FIRST_SHIPMENT + self._shipments, awb, at
        self._shipments += 1
        parcel.courier, parcel.status = self._rng.choice(COURIERS), "READY TO SHIP"
        self._write(parcel, at)

    def _reassign(self, parcel: Parcel, at: datetime) -> datetime:
        """Another courier: a new shipment, whose air waybill may be the old one all the same."""
        at = self._plan.later(at, self._rng.uniform(20, 200))
        parcel.status = "CANCELED"
        self._write_shipment(parcel, at)
        self._assign(parcel, at, parcel.awb if self._rng.random() < 0.5 else self._next_awb())
        return at

    def _send_without_courier(self, parcel: Parcel, at: datetime) -> None:
        """The shop brings it itself, under a number that no courier knows; never sooner than its own list says."""
        parcel.awb, parcel.courier, parcel.status = f"SELF-{parcel.number}", "Self", "SELF FULFILED"
        at = self._plan.later(at, self._rng.uniform(1, 8) * HOUR)
        self._write(parcel, at)
        if arrives := parcel.order.delivered:
            parcel.status = "DELIVERED"
            parcel.delivered = max(arrives, self._plan.later(at, self._rng.uniform(0.5, 4) * DAY))
            self._write(parcel, parcel.delivered)

    def _travel(self, parcel: Parcel, picked: datetime) -> None:
        """From the pickup to the door, or to the door and back."""
        rng, plan, arrives = self._rng, self._plan, parcel.order.delivered
        parcel.picked = picked
        self._scan(parcel, picked, "PICKED UP")
        minutes = (arrives - picked).total_seconds() / 60 if arrives else rng.uniform(7, 16) * DAY
        minutes = max(minutes, 5 * HOUR)
        way = BACK if arrives is None or rng.random() < 0.04 else ROUGH if rng.random() < 0.3 else SMOOTH
        for share, status in way:
            at = plan.later(picked, share * minutes)
            if not status:
                self._pass_by(parcel, at)
                continue
            parcel.delivered = at if status == "DELIVERED" else None
            parcel.rto = at if status == "RTO DELIVERED" else None
            self._scan(parcel, at, status)

    def _pass_by(self, parcel: Parcel, at: datetime) -> None:
        """A scan that no status follows from: only the tracking shows it."""
        parcel.scans.append(shiprocket.activity(at, "BAGGED", self._rng.choice(PLACES)))
        self._write_tracking(parcel, at)

    def _scan(self, parcel: Parcel, at: datetime, status: str) -> None:
        """A scan that changes the status, and with it the order, the shipment and a failed delivery's row."""
        parcel.status = status
        parcel.scans.append(shiprocket.activity(at, status, self._rng.choice(PLACES)))
        self._write(parcel, at)
        self._write_tracking(parcel, at)
        if status == "UNDELIVERED":
            self._attempts += 1
            count, reason = len(parcel.attempts) + 1, self._rng.choice(REASONS)
            parcel.attempts.append(
                shiprocket.attempt(number=self._attempts, order=parcel.number, count=count, reason=reason, at=at)
            )
        if parcel.attempts:
            self._write_non_delivery(parcel, at)

    def _return(self, parcel: Parcel, at: datetime) -> None:
        """The customer sends it back; in one of three the first pickup fails and the status goes backwards."""
        rng = self._rng
        number = FIRST_RETURN + self._returns
        self._returns += 1
        awb, created = "", at
        path = RETURNED if number % 3 == 0 else RETURNED[:3] + RETURNED[5:]
        for status in path:
            if status == "RETURN PICKUP GENERATED" and not awb:
                awb = self._next_awb()
            person = parcel.order.person
            record = shiprocket.return_order(
                number=number, reference=f"R{parcel.reference}", status=status, created=created, name=person.name,
                email=parcel.order.email, cents=parcel.order.subtotal, products=parcel.products,
                shipment=parcel.shipment, awb=awb,
            )  # fmt: skip
            self._sink.version("shiprocket/returns", at, record)
            at = self._plan.later(at, rng.uniform(3, 40) * HOUR)

    def _write(self, parcel: Parcel, at: datetime) -> None:
        self._write_order(parcel, at)
        self._write_shipment(parcel, at)

    def _write_order(self, parcel: Parcel, at: datetime) -> None:
        order = parcel.order
        parts = [] if not parcel.shipment else [
            shiprocket.order_shipment(
                number=parcel.shipment, awb=parcel.awb, courier=parcel.courier, etd=order.promised,
                delivered=parcel.delivered, rto=parcel.rto,
            )
        ]  # fmt: skip
        record = shiprocket.order(
            number=parcel.number,
            reference=parcel.reference,
            status=parcel.status,
            created=parcel.created,
            placed=order.placed,
            name=order.person.name,
            email=order.email,
            cents=order.total,
            is_cod=parcel.is_cod,
            products=[each | {"status": parcel.status} for each in parcel.products],
            shipments=parts,
            activities=parcel.activities,
        )
        self._sink.version("shiprocket/orders", at, record)

    def _write_shipment(self, parcel: Parcel, at: datetime) -> None:
        assert parcel.assigned
        record = shiprocket.shipment(
            number=parcel.shipment, order=parcel.number, awb=parcel.awb, status=parcel.status, created=parcel.assigned,
            is_cod=parcel.is_cod, products=parcel.products,
        )  # fmt: skip
        self._sink.version("shiprocket/shipments", at, record)

    def _write_tracking(self, parcel: Parcel, at: datetime) -> None:
        assert parcel.picked
        record = shiprocket.tracking(
            awb=parcel.awb,
            shipment=parcel.shipment,
            order=parcel.number,
            courier=parcel.courier,
            scans=parcel.scans,
            picked=parcel.picked,
            delivered=parcel.delivered,
            promised=parcel.order.promised,
            status=parcel.status,
            city=parcel.order.person.place[2],
        )
        self._sink.version("shiprocket/tracking", at, record, key="awb", id=parcel.awb)

    def _write_non_delivery(self, parcel: Parcel, at: datetime) -> None:
        record = shiprocket.non_delivery(
            order=parcel.number, shipment=parcel.shipment, awb=parcel.awb, courier=parcel.courier,
            status=parcel.status, created=parcel.created, name=parcel.order.person.name, email=parcel.order.email,
            city=parcel.order.person.place[2], cents=parcel.order.total, history=parcel.attempts,
            delivered=parcel.delivered,
        )  # fmt: skip
        self._sink.version("shiprocket/ndr", at, record)
