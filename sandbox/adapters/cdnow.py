"""CDNOW's purchase log 1997-98 (the 2,357 customers of the BG/NBD paper) as Shopify orders and customers.

One order per line of the log, at noon UTC of its day, paid at once, with one line item that costs what the log says;
the log has no prices of single discs. Nothing is delivered: the log does not say.
"""

import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.adapters import Adapter
from sandbox.records import shopify
from sandbox.records.shopify import Currency, Record
from sandbox.records.writer import DatasetWriter

FILE = "CDNOW_sample.txt.gz"
CURRENCY = Currency("USD")


@dataclass(frozen=True)
class Purchase:
    """A line of the log; ``number`` is its place in the order of days."""

    number: int
    customer: int
    at: datetime
    discs: int
    cents: int

    @property
    def email(self) -> str:
        return f"{self.customer:04}@cdnow.example"


def convert(folder: Path, out: DatasetWriter) -> None:
    """Write the orders, and a version of the customer at each."""
    orders, spent = Counter[int](), Counter[int]()
    first: dict[int, datetime] = {}
    for purchase in purchases(folder / FILE):
        orders[purchase.customer] += 1
        spent[purchase.customer] += purchase.cents
        out.version("shopify/orders", purchase.at, _order(purchase))
        customer = shopify.customer(
            number=purchase.customer,
            created_at=first.setdefault(purchase.customer, purchase.at),
            updated_at=purchase.at,
            name=None,
            email=purchase.email,
            orders=orders[purchase.customer],
            spent_cents=spent[purchase.customer],
            currency=CURRENCY,
            home=None,
        )
        out.version("shopify/customers", purchase.at, customer)


def purchases(path: Path) -> Iterator[Purchase]:
    """The lines by day, those of one day as in the log. The second column numbers the customers of the sample."""
    with gzip.open(path, "rt", encoding="ascii") as lines:
        found = [line.split() for line in lines if line.strip()]
    for number, (_, customer, day, discs, dollars) in enumerate(sorted(found, key=lambda row: row[2]), start=1):
        noon = datetime.strptime(day, "%Y%m%d").replace(hour=12, tzinfo=UTC)
        yield Purchase(number, int(customer), noon, int(discs), round(float(dollars) * 100))


def _order(purchase: Purchase) -> Record:
    line = shopify.line_item(
        number=purchase.number,
        title=f"{purchase.discs} discs",
        sku=None,
        quantity=1,
        unit_cents=purchase.cents,
        currency=CURRENCY,
        product=None,
    )
    payment = shopify.transaction(purchase.number, "SALE", "SUCCESS", purchase.at, purchase.cents, CURRENCY)
    return shopify.order(
        number=purchase.number,
        name=f"#{purchase.number}",
        created_at=purchase.at,
        updated_at=purchase.at,
        currency=CURRENCY,
        email=purchase.email,
        customer=purchase.customer,
        ship_to=None,
        lines=[line],
        subtotal_cents=purchase.cents,
        discount_cents=0,
        shipping_cents=0,
        financial_status="PAID",
        fulfillment_status="UNFULFILLED",
        transactions=[payment],
    )


ADAPTER = Adapter(
    name="cdnow", licence="research use (Fader, Hardie)", marker=FILE, convert=convert, metrics=(), stands_alone=True
)
