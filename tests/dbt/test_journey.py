"""The journey marts of a generated world equal those that plain loops make of its facts and of the dataset's lines."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from math import sqrt
from typing import Any

import pytest

from afterwards import experiences, followed, table_of
from built_world import NIGHT, ZONE, World
from journeys import Z, contacts, last_contacts, wilson

CLOCK = datetime(2026, 11, 21, 2, tzinfo=UTC)
close = partial(pytest.approx, abs=1.1e-6)


@pytest.fixture(scope="session")
def facts(world: World) -> dict[str, list[dict[str, Any]]]:
    names = ("fct_orders", "fct_tickets", "fct_survey_responses", "dim_customers", "customer_touchpoints")
    return {name: world.rows(f"select * from audit.{name}") for name in names}


@pytest.fixture(scope="session")
def own_facts(facts: dict[str, list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], ...]:
    return facts["fct_orders"], facts["fct_tickets"], facts["fct_survey_responses"]


def _floats(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in rows
    ]


def test_contacts_are_those_of_the_facts(facts: Any, own_facts: Any) -> None:
    columns = ("touchpoint_key", "customer_key", "touchpoint", "occurred_at", "outcome")
    found = {
        tuple(each[name] for name in columns)
        for each in facts["customer_touchpoints"]
        if each["touchpoint"] not in ("return", "refund", "web") and each["outcome_rule"] != "delivery_attempt_failed"
    }
    assert found == {tuple(each[name] for name in columns) for each in contacts(*own_facts)}
    kinds = Counter((each["touchpoint"], each["outcome"]) for each in facts["customer_touchpoints"])
    assert len(kinds) > 15, kinds


def _refunds(world: World) -> Iterator[tuple[str, str, datetime, Decimal]]:
    """Order, refund, time and what of it was for goods: refunds pay back goods first, in order of time."""
    for order in world.sandbox.records("shopify/orders", CLOCK).values():
        if order["test"] or order["cancelledAt"]:
            continue
        lines = order["lineItems"]["nodes"]
        left = sum(Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"]) * line["quantity"] for line in lines)
        left -= Decimal(order["totalDiscountsSet"]["shopMoney"]["amount"])
        for refund in sorted(order["refunds"], key=lambda each: (each["createdAt"], each["id"])):
            goods = min(left, Decimal(refund["totalRefundedSet"]["shopMoney"]["amount"]))
            left -= goods
            yield order["id"], refund["id"], datetime.fromisoformat(refund["createdAt"]), goods


def test_refunds_returns_and_checkouts_are_those_of_the_lines(world: World, facts: Any) -> None:
    expected = {
        (f"refund:shopify:main:{key}", at, "negative" if goods > 0 else "neutral")
        for _, key, at, goods in _refunds(world)
    }
    for order in world.sandbox.records("shopify/orders", CLOCK).values():
        for each in () if order["test"] else order["returns"]["nodes"]:
            moment = datetime.fromisoformat(each["createdAt"])
            expected.add((f"return:shopify:main:{each['id']}", moment, "negative"))
    # Whoever has no account, or had it deleted, is nobody the store knows.
    known = world.sandbox.records("shopify/customers", CLOCK)
    for each in world.sandbox.records("shopify/abandoned_checkouts", CLOCK).values():
        moment = datetime.fromisoformat(each["createdAt"])
        if each["customer"] and each["customer"]["id"] in known:
            mood = "neutral" if each["completedAt"] else "negative"
            expected.add((f"web:shopify:main:{each['id']}", moment, mood))
    found = {
        (each["touchpoint_key"], each["occurred_at"], each["outcome"])
        for each in facts["customer_touchpoints"]
        if each["touchpoint"] in ("return", "refund", "web") and each["source"] == "shopify"
    }
    assert found == expected
    assert len({kind.split(":")[0] for kind, _, _ in found}) == 3


def test_a_checkout_is_its_customers(world: World, facts: Any) -> None:
    by_email = {each["email_hash"]: each["customer_key"] for each in facts["dim_customers"]}
    buyers = world.sandbox.records("shopify/customers", CLOCK)
    owners = {each["touchpoint_key"]: each["customer_key"] for each in facts["customer_touchpoints"]}
    known = 0
    for key, each in world.sandbox.records("shopify/abandoned_checkouts", CLOCK).items():
        buyer = buyers.get((each["customer"] or {}).get("id"), {})
        email = ((buyer.get("defaultEmailAddress") or {}).get("emailAddress") or "").strip().lower()
        if email:
            known += 1
            assert owners[f"web:shopify:main:{key}"] == by_email[hashlib.sha256(email.encode()).hexdigest()]
    assert known > 10


@pytest.mark.parametrize("days", [90, 180])
def test_last_contacts_before_a_loss(world: World, facts: Any, own_facts: Any, days: int) -> None:
    orders = [each for each in own_facts[0] if each["business_date"] <= NIGHT]
    cells: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0])
    months: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for month, _, last, is_lost in last_contacts(orders, facts["customer_touchpoints"], days, NIGHT, ZONE):
        cells[month, last["touchpoint"], last["outcome"]][is_lost] += 1
        months[month][is_lost] += 1
    rows = _floats(world.rows("select * from audit.churn_touchpoints where churn_rule = %s", f"inactive_{days}d"))
    assert {(each["month"], each["touchpoint"], each["outcome"]) for each in rows} == set(cells)
    assert len(cells) > 7
    for row in rows:
        stayed, lost = cells[row["month"], row["touchpoint"], row["outcome"]]
        all_stayed, all_lost = months[row["month"]]
        assert (row["customers_lost"], row["customers_stayed"], row["customers"]) == (lost, stayed, lost + stayed)
        assert (row["all_lost"], row["all_stayed"]) == (all_lost, all_stayed)
        assert row["is_below_min_n"] == (lost + stayed < 30)
        for name, hits, n in (
            ("loss_rate", lost, lost + stayed),
            ("share_of_lost", lost, all_lost),
            ("share_of_stayed", stayed, all_stayed),
        ):
            figures = tuple(row[f"{name}{end}"] for end in ("", "_ci_low", "_ci_high"))
            assert figures == ((None,) * 3 if n == 0 else close((hits / n, *wilson(hits, n))))
        overall = all_lost / (all_lost + all_stayed)
        assert row["lift"] == (close(lost / (lost + stayed) / overall) if all_lost else None)


def test_losses_are_those_of_the_churn_rate(world: World) -> None:
    rows = world.rows(
        "select period_start, n, numerator, max(all_lost) as lost, sum(customers_lost) as parts, sum(customers) as due"
        " from audit.metric_values"
        " left join audit.churn_touchpoints on month = period_start and churn_rule = 'inactive_90d'"
        " where metric_variant = 'logo_churn_rate' and grain = 'month' and segment_name = 'all' group by 1, 2, 3"
    )
    assert sum(row["numerator"] for row in rows) > 10
    for row in rows:
        assert row["numerator"] == (row["lost"] or 0) == (row["parts"] or 0)
        assert (row["due"] or 0) <= row["n"]


def test_what_follows_an_experience(world: World, own_facts: Any) -> None:
    refunded: dict[str, datetime] = {}
    for order, _, at, goods in sorted(_refunds(world), key=lambda each: each[2]):
        if goods > 0:
            refunded.setdefault(f"shopify:main:{order}", at)
    orders, _, answers = own_facts
    found = list(experiences(*own_facts, refunded))
    expected = table_of(list(followed(found, orders, answers, NIGHT, ZONE)))
    rows = _floats(world.rows("select * from audit.experience_to_value"))
    keys = ("experience_event", "bucket", "cohort_month", "stratum_name", "stratum_value")
    assert {tuple(row[key] for key in keys) for row in rows} == set(expected)
    assert {event for event, *_ in expected} == {
        *("late_delivery", "first_reply", "reopen", "refund", "nps_score", "first_contact_resolution")
    }
    for row in rows:
        figures = expected[tuple(row[key] for key in keys)]
        difference = figures.pop("difference")
        assert {name: row[name] for name in figures} == figures, row
        _check_rates(row)
        assert row["repeat_rate_difference"] == (close(difference[0]) if difference else None)
        if difference and difference[1] > 0:
            half = Z * sqrt(difference[1])
            assert row["difference_ci_low"] == close(difference[0] - half)
            assert row["difference_ci_high"] == close(difference[0] + half)
        else:
            assert row["difference_ci_low"] is row["difference_ci_high"] is None
    assert sum(row["repeat_rate_difference"] is not None for row in rows) > 20


def _check_rates(row: dict[str, Any]) -> None:
    for name, hits, n in (
        ("repeat_rate", row["repeat_customers"], row["n"]),
        ("next_csat_rate", row["next_csat_satisfied"], row["next_csat_n"]),
    ):
        bounds = [row[f"{name.removesuffix('_rate') if 'csat' in name else name}_ci_{end}"] for end in ("low", "high")]
        assert row[name] == (close(hits / n) if n else None)
        assert bounds == (close(list(wilson(hits, n))) if n else [None, None])
    promoters, detractors, n = row["next_nps_promoters"], row["next_nps_detractors"], row["next_nps_n"]
    assert row["next_nps"] == (close(100 * (promoters - detractors) / n) if n else None)
    if n:
        p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
        half = 100 * Z * sqrt((p + d - (p - d) ** 2) / (n + 3))
        assert row["next_nps_ci_low"] == close(100 * (p - d) - half)
        assert row["next_nps_ci_high"] == close(100 * (p - d) + half)


def test_every_stream_says_how_far_it_goes(world: World) -> None:
    rows = world.rows("select * from audit.data_as_of")
    assert len(rows) == world.row("select count(distinct (source, account, stream)) as n from ops.loads")["n"] > 20
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    for row in rows:
        assert (row["complete_to"], row["last_night"], row["nights_behind"]) == (midnight, NIGHT, 0)
        assert (row["as_of_date"], row["is_last_night_failed"], row["nights_loaded"]) == (NIGHT, False, 1)
