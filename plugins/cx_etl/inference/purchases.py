"""Who ordered on which days, as arrays: read once, and summed up as of any date in the time of one pass."""

import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import psycopg
    from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
# The paper's unit. Parameters are of weeks, so that they compare with published ones; times stay whole days until then.
DAYS_A_WEEK = 7.0


def day_number(day: date) -> int:
    return (day - EPOCH).days


def month_starts(first: date, last: date) -> list[date]:
    """The first days of months after the first date, up to the last."""
    months = []
    month = first.replace(day=1)
    while (month := (month + timedelta(days=31)).replace(day=1)) <= last:
        months.append(month)
    return months


@dataclass(frozen=True)
class Histories:
    """Of each customer seen so far: its place, order days after the first, days to the last of them, days observed."""

    customers: "NDArray[np.int64]"
    repeats: "NDArray[np.int64]"
    recency: "NDArray[np.int64]"
    age: "NDArray[np.int64]"

    def distinct(self) -> tuple["NDArray[np.int64]", "NDArray[np.int64]"]:
        """The distinct (repeats, recency, age) as columns, and how many customers have each."""
        base = int(self.age.max(initial=0)) + 1
        packed = (self.repeats * base + self.recency) * base + self.age
        found, counts = np.unique(packed, return_counts=True)
        return np.array([found // base // base, found // base % base, found % base]), counts


@dataclass(frozen=True)
class Purchases:
    """One entry per customer and order day, by customer and day. ``starts`` says where each customer's begin."""

    keys: list[str]
    starts: "NDArray[np.int64]"
    owners: "NDArray[np.int64]"
    days: "NDArray[np.int64]"
    values: "NDArray[np.float64]"

    def histories(self, before: int, observed_until: int) -> Histories:
        """The customers with an order before the one day, observed until the other."""
        counts = np.bincount(self.owners[self.days < before], minlength=len(self.keys))
        customers = np.flatnonzero(counts)
        first = self.days[self.starts[customers]]
        last = self.days[self.starts[customers] + counts[customers] - 1]
        return Histories(customers, counts[customers] - 1, last - first, observed_until - first)

    def repeat_values(self) -> tuple["NDArray[np.int64]", "NDArray[np.float64]"]:
        """Of each customer the days after the first that were worth something, and their mean value (0 without)."""
        counted = self.values > 0
        counted[self.starts] = False
        owners = self.owners[counted]
        days = np.bincount(owners, minlength=len(self.keys))
        sums = np.bincount(owners, weights=self.values[counted], minlength=len(self.keys)).astype(np.float64)
        return days, np.divide(sums, days, out=np.zeros_like(sums), where=days > 0)


def read(connection: "psycopg.Connection") -> Purchases:
    """All order days of the model ``int_customers__order_days``, customers in the order of their keys' bytes."""
    import pandas

    buffer = io.BytesIO()
    query = (
        "copy (select customer_key, order_date - date '1970-01-01', net_sales"
        ' from intermediate.int_customers__order_days order by customer_key collate "C", order_date)'
        " to stdout (format csv)"
    )
    with connection.cursor().copy(query) as lines:
        for line in lines:
            buffer.write(line)
    buffer.seek(0)
    types: Any = {"key": str, "day": np.int64, "value": np.float64}
    table = pandas.read_csv(buffer, names=list(types), dtype=types, keep_default_na=False)
    keys = table["key"].to_numpy()
    is_first = np.ones(len(keys), dtype=bool)
    is_first[1:] = keys[1:] != keys[:-1]
    starts = np.flatnonzero(is_first)
    owners = np.cumsum(is_first) - 1
    return Purchases(list(keys[starts]), starts, owners, table["day"].to_numpy(), table["value"].to_numpy())
