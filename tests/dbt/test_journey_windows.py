"""Edges of the journey's windows: the models' own SQL on made-up rows, against plain loops over the same rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from afterwards import experiences, followed
from built_world import NIGHT, ZONE, World
from journeys import contacts, last_contacts

LISBON = ZoneInfo(ZONE)
OUTCOMES = {"promoter": 1, "passive": 0, "detractor": -1, "satisfied": 1, "neutral": 0, "dissatisfied": -1, None: None}
SECOND = timedelta(seconds=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LISBON).astimezone(UTC)


# Around the changes of the clock, a month's ends, and 90 days before the last night.
BASES = (date(2026, 3, 29), date(2026, 10, 1), NIGHT - timedelta(days=90), date(2026, 10, 25), date(2026, 11, 1))
days = st.builds(
    lambda base, off: base + timedelta(days=off),
    st.sampled_from(BASES),
    st.sampled_from((-90, -30, -1, 0, 1, 29, 30, 89, 90, 91)),
)
# Midnight, the hour that a change of the clock repeats or skips, noon, and the seconds around midnight.
around = st.builds(
    lambda day, hours, seconds: _midnight(day) + timedelta(hours=hours, seconds=seconds),
    days,
    st.sampled_from((0, 1, 2, 12, 23, 24, 25)),
    st.sampled_from((-1, 0, 1)),
)
instants = st.one_of(around, st.builds(_midnight, st.sampled_from([date(2026, month, 1) for month in (8, 9, 10, 11)])))
customers = st.sampled_from(("a", "b"))
relaxed = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _moment(draw: st.DrawFn, earlier: list[datetime]) -> datetime:
    """Any instant, or one around the end of the 90 days after an earlier one; it is remembered."""
    if earlier and draw(st.booleans()):
        day = draw(st.sampled_from(earlier)).astimezone(LISBON).date() + timedelta(days=draw(st.sampled_from((90, 91))))
        found = _midnight(day) + draw(st.sampled_from((-1, 0, 1))) * SECOND
    else:
        found = draw(instants)
    earlier.append(found)
    return found


def _date(moment: datetime | None) -> date | None:
    return moment.astimezone(LISBON).date() if moment else None


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Orders, delivered around their promise, some in the same second."""
    made, earlier = [], []
    for number in range(draw(st.integers(1, 7))):
        placed = _moment(draw, earlier)
        delivered = draw(st.sampled_from((None, placed + timedelta(days=1), placed + timedelta(days=40))))
        earlier += [delivered] if delivered else []
        late = draw(st.sampled_from((None, -SECOND, 0 * SECOND, SECOND, timedelta(days=3), timedelta(days=3) + SECOND)))
        promised = delivered - late if delivered and late is not None else None
        made.append(
            {
                "order_key": f"o{number}",
                "source": "shop",
                "customer_key": draw(customers),
                "ordered_at": placed,
                "business_date": _date(placed),
                "gross_sales": draw(st.sampled_from((50, 60, 110, 260))),
                "discounts": draw(st.sampled_from((0, 10))),
                "is_cancelled": draw(st.booleans()),
                "delivered_at": delivered,
                "promised_at": promised,
                "is_delivered_late": delivered > promised if delivered and promised else None,
                "paid_at": None,
                "shipped_at": None,
            }
        )
    made.sort(key=lambda each: (each["ordered_at"], each["order_key"]))
    seen: Counter[str] = Counter()
    for each in made:
        seen[each["customer_key"]] += 1
        each["order_number_of_customer"] = seen[each["customer_key"]]
    return made


@st.composite
def answers(draw: st.DrawFn) -> list[dict[str, Any]]:
    made, earlier = [], []
    for number in range(draw(st.integers(0, 6))):
        metric = draw(st.sampled_from(("nps", "csat")))
        names = ("promoter", "passive", "detractor") if metric == "nps" else ("satisfied", "neutral", "dissatisfied")
        bucket, at = draw(st.sampled_from((*names, None))), _moment(draw, earlier)
        made.append(
            {
                "response_key": f"r{number}",
                "customer_key": draw(customers),
                "metric": metric,
                "bucket": bucket,
                "outcome": OUTCOMES[bucket],
                "responded_at": at,
                "business_date": _date(at),
            }
        )
    return made


@dataclass(frozen=True)
class Bench:
    """The warehouse inside a transaction that is never committed."""

    connection: psycopg.Connection
    world: World

    def put(self, model: str, rows: Sequence[dict[str, Any]]) -> None:
        """The model's table holds these rows and no others."""
        table = sql.Identifier("intermediate", model)
        self.connection.execute(sql.SQL("delete from {}").format(table))
        for row in rows:
            names = sql.SQL(", ").join(map(sql.Identifier, row))
            places = sql.SQL(", ").join(sql.Placeholder() * len(row))
            self.connection.execute(
                sql.SQL("insert into {} ({}) values ({})").format(table, names, places), [*row.values()]
            )

    def run(self, *models: str) -> list[dict[str, Any]]:
        """Make the models anew, one after the other; the rows of the last."""
        for model in models:
            table = f"intermediate.{model}"
            self.connection.execute(f"delete from {table}")
            self.connection.execute(f"insert into {table} {self.world.sql(model).replace('%', '%%')}")
        return self.connection.cursor(row_factory=dict_row).execute(f"select * from {table}").fetchall()


@pytest.fixture
def bench(world: World) -> Iterator[Bench]:
    with psycopg.connect(world.dsn) as connection:
        yield Bench(connection, world)
        connection.rollback()


@relaxed
@given(orders=orders(), answers=answers())
def test_the_last_contact_before_a_month(bench: Bench, orders: Any, answers: Any) -> None:
    told = contacts(orders, [], answers)
    bench.put("int_orders__joined", [_only(each, ORDER) for each in orders])
    bench.put("int_touchpoints__judged", told)
    rows = bench.run("int_orders__sequence", "int_customers__due_months", "int_customers__last_contacts")
    past = [each for each in orders if each["business_date"] <= NIGHT]
    expected = {
        (f"inactive_{days}d", month, customer, last["touchpoint_key"], last["outcome"], is_lost)
        for days in (90, 180)
        for month, customer, last, is_lost in last_contacts(past, told, days, NIGHT, ZONE)
    }
    columns = ("churn_rule", "month", "customer_key", "touchpoint_key", "outcome", "is_lost")
    assert {tuple(row[name] for name in columns) for row in rows} == expected
    assert len(rows) == len(expected)


ORDER = (
    *("order_key", "source", "customer_key", "ordered_at", "business_date", "gross_sales", "discounts"),
    *("is_cancelled", "delivered_at", "promised_at", "order_number_of_customer"),
)


def _only(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


@relaxed
@given(orders=orders(), answers=answers(), back=st.dictionaries(st.sampled_from(("o0", "o1", "o2")), instants))
def test_what_comes_within_90_days(bench: Bench, orders: Any, answers: Any, back: Any) -> None:
    bench.put("int_orders__joined", [_only(each, ORDER) for each in orders])
    bench.put("int_survey_responses__joined", answers)
    bench.put("int_tickets__joined", [])
    bench.put("int_orders__refunds", [{"order_key": key, "amount": 1, "refunded_at": at} for key, at in back.items()])
    rows = bench.run(
        *("int_experiences__first_of_month", "int_experiences__answers", "int_experiences__positions"),
        "int_experiences__outcomes",
    )
    found = Counter(
        (
            (row["experience_event"], row["bucket"], row["cohort_month"]),
            *(row["order_value_band"], row["customer_age_band"], row["is_repeat"]),
            *(row["nps_outcome"], row["csat_outcome"]),
        )
        for row in rows
    )
    people = followed(list(experiences(orders, [], answers, back)), orders, answers, NIGHT, ZONE)
    assert found == Counter(
        (
            each["cell"],
            *(each["order_value_band"], each["customer_age_band"], each["is_repeat"]),
            *(OUTCOMES[each["nps"]], OUTCOMES[each["csat"]]),
        )
        for each in people
    )


def test_the_difference_of_a_published_trial(bench: Bench) -> None:
    """Two creams in eight centres (Agresti, Categorical Data Analysis): 0.130 with a standard error of 0.050."""
    drug = ((11, 36), (16, 20), (14, 19), (2, 16), (6, 17), (1, 11), (1, 5), (4, 6), (5, 9))
    control = ((10, 37), (22, 32), (7, 19), (1, 17), (0, 12), (0, 10), (1, 9), (6, 7))
    trial = {"experience_event": "cream", "cohort_month": date(2026, 1, 1), "customer_age_band": "any"}
    nothing = dict.fromkeys(("nps_n", "promoters", "detractors", "csat_n", "satisfied"), 0)
    bench.put(
        "int_experiences__cells",
        [
            {
                **trial,
                **nothing,
                "bucket": bucket,
                "is_reference": bucket == "control",
                "order_value_band": str(centre),
                "customers": n,
                "n": n,
                "repeat_customers": cured,
            }
            for bucket, arm in (("drug", drug), ("control", control))
            for centre, (cured, n) in enumerate(arm)
        ],
    )
    rows = bench.run("int_experiences__compared")
    whole = {row["bucket"]: row for row in rows if row["stratum_name"] == "all"}
    treated = whole["drug"]
    variance = (treated["difference"] * treated["sato_p"] + treated["sato_q"]) / treated["weight"] ** 2
    assert round(float(treated["difference"]), 3) == 0.130
    assert round(float(variance) ** 0.5, 3) == 0.050
    assert (treated["n"], treated["compared_n"], treated["reference_n"]) == (139, 130, 143), "the ninth has no control"
    assert (whole["control"]["compared_n"], whole["control"]["difference"]) == (0, None)
