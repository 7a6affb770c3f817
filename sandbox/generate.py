"""A generated sandbox dataset, and the truths that a pipeline run on it must reproduce.

The same arguments give the same bytes.
"""

import argparse
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from sandbox.generator import heyday
from sandbox.generator.others import OTHERS, Day
from sandbox.generator.people import Person, make_people
from sandbox.generator.plan import Plan, poisson
from sandbox.generator.qualtrics import CARE
from sandbox.generator.sink import Sink
from sandbox.generator.store import Order, Store
from sandbox.generator.support import Support
from sandbox.generator.surveymonkey import LIKELY, SHOP
from sandbox.generator.surveys import EFFORT, Surveys
from sandbox.generator.truths import Diary, truths
from sandbox.records.writer import DatasetWriter, Manifest

ORDERS_PER_CUSTOMER = 2.6
GENERAL_TICKETS_PER_CUSTOMER = 0.45
Visit = tuple[datetime, Person]


def _metric(source: str, form: str, field: str, metric: str, scale: list[int]) -> dict[str, Any]:
    return {
        "source": source,
        "form": form,
        "field": field,
        "metric": metric,
        "scale": scale,
        "direction": "high_is_good",
    }


METRICS = (
    _metric("asknicely", "*", "nps", "nps", [0, 10]),
    _metric("asknicely", "*", "fivestar", "csat", [1, 5]),
    _metric("typeform", EFFORT.form_id, EFFORT.ref, "ces", [1, 5]),
    _metric("zendesk", "*", "satisfaction_rating", "csat", [0, 1]),
    _metric("zendesk", "*", "customer_satisfaction", "csat", [1, 5]),
    _metric("freshdesk", "*", "satisfaction_rating", "csat", [1, 3]),
    _metric("gorgias", "*", "satisfaction_survey", "csat", [1, 5]),
    _metric("delighted", "*", "nps", "nps", [0, 10]),
    _metric("surveymonkey", SHOP, LIKELY.id, "nps", [0, 10]),
    _metric("qualtrics", CARE, "QID1", "csat", [1, 5]),
    _metric("qualtrics", CARE, "QID2", "nps", [0, 10]),
)


@dataclass(frozen=True)
class Generated:
    """What was written: distinct records per stream at the end of the last night, and versions in all."""

    out_dir: Path
    records: dict[str, int]
    versions: dict[str, int]


def generate(
    out_dir: Path | str,
    seed: int = 7,
    customers: int = 2000,
    nights: int = 400,
    last_night: date = date(2026, 11, 20),
    time_zone: str = "Europe/Lisbon",
) -> Generated:
    """Write the dataset with its truths.json."""
    plan = Plan(seed, customers, nights, last_night, time_zone)
    with DatasetWriter(Path(out_dir)) as out:
        sink = Sink(out, plan.end_of(plan.last_night), plan.horizon)
        diary = Diary(plan)
        World(plan, sink, diary).live()
        out.describe(_manifest(plan), plan.first_night, plan.last_night)
        known = {"counts": _sorted(sink.records), **truths(diary)}
        out.text("truths.json", json.dumps(known, indent=1) + "\n")
    return Generated(Path(out_dir), _sorted(sink.records), _sorted(sink.versions))


class World:
    """The days one after the other: people order, some write to support, surveys follow both."""

    def __init__(self, plan: Plan, sink: Sink, diary: Diary) -> None:
        self._plan, self._sink, self._diary = plan, sink, diary
        self._rng = self._stream("days")
        self._complaints: dict[date, list[Visit]] = defaultdict(list)
        self._people = make_people(plan, self._stream("people"))
        self._store = Store(plan, sink, diary, self._stream("store"), self._stream("parcels"))
        self._support = Support(plan, sink, diary, self._stream("support"))
        self._surveys = Surveys(plan, sink, diary, self._stream("surveys"))
        self._others = [make(plan, sink, self._stream(name)) for name, make in OTHERS.items()]

    def live(self) -> None:
        """Simulate every day, writing what can no longer change."""
        for day in self._plan.days():
            self._sink.flush(before=self._plan.midnight(day))
            self._live_through(day)
        self._sink.flush(before=self._plan.horizon)

    def _live_through(self, day: date) -> None:
        plan = self._plan
        present = [person for person in self._people if person.joined <= day < person.left]
        share = plan.busyness(day) * plan.customers / plan.nights
        orders, tickets = [], []
        for at, person in self._visits(day, present, share * ORDERS_PER_CUSTOMER):
            orders.append(self._store.place(person, at))
            self._surveys.after_order(orders[-1])
            self._maybe_complain(orders[-1])
        general = self._visits(day, present, share * GENERAL_TICKETS_PER_CUSTOMER)
        complaints = self._complaints.pop(day, [])
        for at, person in sorted([*complaints, *general], key=lambda visit: (visit[0], visit[1].index)):
            tickets.append(self._support.open_ticket(person, at))
            self._surveys.after_ticket(tickets[-1])
        for other in self._others:
            other.live(Day(day, present, orders, tickets, self._diary))

    def _maybe_complain(self, order: Order) -> None:
        """Late and refunded orders lead to a ticket more often; it is opened when its day comes."""
        likely = 0.75 if order.is_late or order.refunded else 0.38
        if self._rng.random() < likely:
            at = self._plan.later(order.placed, self._rng.uniform(0.2, 9) * 24 * 60)
            self._complaints[self._plan.local_date(at)].append((at, order.person))

    def _visits(self, day: date, present: list[Person], mean: float) -> list[Visit]:
        """Who comes at which moment of the day, earliest first."""
        rng = self._rng
        moments = sorted(self._plan.moment_in(day, rng) for _ in range(poisson(mean, rng)))
        return list(zip(moments, self._pick(present, len(moments)), strict=False))

    def _pick(self, present: list[Person], count: int) -> Iterator[Person]:
        """Draw people by their weight."""
        bounds = list(accumulate(person.weight for person in present))
        for _ in range(count if bounds else 0):
            yield present[bisect_left(bounds, self._rng.random() * bounds[-1])]

    def _stream(self, name: str) -> Random:
        """A source of chance of its own, so that a change in one part leaves the others as they are."""
        return Random(f"{self._plan.seed}:{name}")


def _manifest(plan: Plan) -> Manifest:
    name = f"generated-seed{plan.seed}-{plan.customers}x{plan.nights}"
    licence = "Apache-2.0 (generated)"
    return Manifest(name, licence, plan.time_zone, METRICS, files=heyday.declarations(plan.time_zone))


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def main() -> None:
    """``python -m sandbox.generate OUT [--customers N] [--nights N] [--seed N]``."""
    parser = argparse.ArgumentParser(prog="sandbox.generate", description=__doc__)
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--nights", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(generate(options.out_dir, options.seed, options.customers, options.nights))


if __name__ == "__main__":
    main()
