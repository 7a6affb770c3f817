"""The converted real sets against the independently computed facts that come with them."""

import json
import statistics
import tomllib
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from contract_check import decode_all
from dataset_files import newest, time_of, versions

from sandbox.convert import convert

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real sets are not here: {DATA}")
Facts = dict[str, Any]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("converted") / "set"
    convert(DATA, out)
    return out


def _expected(name: str) -> Facts:
    facts = json.loads((DATA / name / "expected.json").read_text())
    return {key: fact["value"] for key, fact in facts.items() if "value" in fact}


def test_a_directory_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="olist_orders_dataset"):
        convert(tmp_path, tmp_path / "out")


@needs_data
def test_one_set_converts_alone(tmp_path: Path) -> None:
    done = convert(DATA / "sfo_survey", tmp_path / "out")
    assert done.sets == ("sfo_survey",)
    assert (done.first_night, done.last_night) == (date(2017, 5, 5), date(2017, 5, 30))
    assert convert(DATA / "sfo_survey", tmp_path / "out").sets == ("sfo_survey",)


@needs_data
def test_a_set_without_dates_is_not_merged_into_the_calendar_of_others(dataset: Path, tmp_path: Path) -> None:
    facts = _expected("multilang")
    assert not [r for r in newest(dataset, "asknicely/responses") if r["question_type"] == "appreview"]
    assert convert(DATA / "multilang", tmp_path / "out").sets == ("app_reviews",)
    reviews = newest(tmp_path / "out", "asknicely/responses")
    assert len(reviews) == facts["pk.reviews"] == 9468
    assert Counter(review["answer"] for review in reviews) == facts["pk.score_distribution"]
    assert Counter(review["channel_c"] for review in reviews) == {
        app: found["n"] for app, found in facts["pk.by_app"].items()
    }


@needs_data
def test_every_record_decodes_by_its_contract(dataset: Path) -> None:
    decoded = decode_all(dataset)
    assert decoded["zendesk/ticket_events"] == 141_712
    settings = tomllib.loads((dataset / "dataset.toml").read_text())
    assert settings["time_zone"] == "UTC"
    assert settings["first_night"] < settings["last_night"]


@needs_data
@pytest.mark.parametrize("stream", ["zendesk/tickets", "zendesk/users", "shopify/orders", "asknicely/responses"])
def test_versions_of_a_record_come_in_the_order_of_their_times(dataset: Path, stream: str) -> None:
    latest: dict[str | int, Any] = {}
    for version in versions(dataset, stream):
        assert latest.get(version.id, version.at) <= version.at
        latest[version.id] = version.at


@needs_data
def test_orders_match_the_facts(dataset: Path) -> None:
    facts, orders = _expected("olist"), newest(dataset, "shopify/orders")
    assert len(orders) == facts["orders"] == 8135
    assert Counter(order["createdAt"][:7] for order in orders) == facts["orders_by_purchase_month"]
    by_status = facts["orders_by_status"]
    cancelled = sum(order["cancelledAt"] is not None for order in orders)
    assert cancelled == by_status["canceled"] + by_status["unavailable"]
    customers = newest(dataset, "shopify/customers")
    assert len(customers) == facts["unique_customers"]
    repeat = sum(int(customer["numberOfOrders"]) > 1 for customer in customers)
    assert 100 * repeat / len(customers) == pytest.approx(facts["repeat_customer_rate_pct"], abs=1e-4)


@needs_data
def test_deliveries_match_the_facts(dataset: Path) -> None:
    """The facts are of orders with status delivered; six cancelled ones were delivered too."""
    facts = _expected("olist")
    shipped = [
        (time_of(s["deliveredAt"]), time_of(s["estimatedDeliveryAt"]), s["inTransitAt"])
        for order in newest(dataset, "shopify/orders")
        for s in order["fulfillments"]
        if s["deliveredAt"] and not order["cancelledAt"]
    ]
    assert len(shipped) == facts["delivered_orders"]
    assert sum(done > promised for done, promised, _ in shipped) == facts["late_orders_by_timestamp"]
    assert sum(done.date() > promised.date() for done, promised, _ in shipped) == facts["late_orders_by_date"]
    early = sum(done < time_of(carrier) for done, _, carrier in shipped if carrier)
    assert early == facts["anomaly_delivered_before_carrier"]


@needs_data
def test_reviews_match_the_facts(dataset: Path) -> None:
    facts = _expected("olist")
    reviews = [r for r in newest(dataset, "asknicely/responses") if r["question_type"] == "fivestar"]
    assert len(reviews) == facts["reviews"] == 8225
    assert Counter(review["answer"] for review in reviews) == facts["review_score_distribution"]
    hours = [(int(review["responded"]) - int(review["sent"])) / 3600 for review in reviews]
    assert statistics.fmean(hours) == pytest.approx(facts["review_answer_hours"]["mean"], abs=1e-4)
    orders = {order["id"] for order in newest(dataset, "shopify/orders")}
    assert {review["order_id_c"] for review in reviews} <= orders


@needs_data
def test_an_evening_sees_only_what_existed(dataset: Path) -> None:
    for version in versions(dataset, "shopify/orders"):
        named = [version.record["cancelledAt"], *(t["processedAt"] for t in version.record["transactions"])]
        for shipment in version.record["fulfillments"]:
            named += [shipment["inTransitAt"], shipment["deliveredAt"], shipment["createdAt"]]
        assert all(time_of(text) <= version.at for text in named if text), version.id
    for version in versions(dataset, "zendesk/tickets"):
        solved = version.record["metric_set"]["solved_at"]
        assert solved is None or time_of(solved) <= version.at


@needs_data
def test_tickets_match_the_facts(dataset: Path) -> None:
    facts, tickets = _expected("uci_incidents"), newest(dataset, "zendesk/tickets")
    assert len(tickets) == facts["incidents"] == 24_918
    assert {ticket["status"] for ticket in tickets} == {"closed"}
    assert sum(ticket["metric_set"]["reopens"] > 0 for ticket in tickets) == facts["reopened_incidents"] == 275
    assert sum("sla_met" in ticket["tags"] for ticket in tickets) == facts["sla_met"]
    assert Counter(ticket["created_at"][:7] for ticket in tickets) == facts["opened_by_month"]
    priorities = Counter(ticket["priority"] for ticket in tickets)
    named = {"urgent": "1 - Critical", "high": "2 - High", "normal": "3 - Moderate", "low": "4 - Low"}
    assert priorities == {key: facts["by_priority"][name]["incidents"] for key, name in named.items()}
    hours = _hours([(ticket["created_at"], ticket["metric_set"]["solved_at"]) for ticket in tickets])
    assert len(hours) == facts["resolution_hours"]["n"] == 23_362
    assert statistics.median(hours) == pytest.approx(22.10, abs=1e-3)


@needs_data
def test_first_replies_match_the_facts(dataset: Path) -> None:
    facts = _expected("uci_incidents")["first_response_hours"]
    agents = {user["id"] for user in newest(dataset, "zendesk/users") if user["role"] == "agent"}
    replies = defaultdict(list)
    for event in versions(dataset, "zendesk/ticket_events"):
        for child in event.record["child_events"]:
            if child["event_type"] == "Comment" and child["public"] and child["author_id"] in agents:
                replies[event.record["ticket_id"]].append(event.record["created_at"])
    created = {ticket["id"]: ticket["created_at"] for ticket in newest(dataset, "zendesk/tickets")}
    hours = _hours([(created[ticket], min(times)) for ticket, times in replies.items()])
    assert len(hours) == facts["n"]
    assert statistics.fmean(hours) == pytest.approx(facts["mean"], abs=1e-3)
    assert statistics.median(hours) == pytest.approx(facts["median"], abs=1e-3)


@needs_data
def test_interviews_match_the_facts(dataset: Path) -> None:
    facts, responses = _expected("sfo_survey"), newest(dataset, "asknicely/responses")
    nps = [r for r in responses if r["question_type"] == "nps"]
    assert Counter(r["answer"] for r in nps if r["answer"]) == facts["2017.nps"]["distribution"]
    assert sum(r["answer"] == "" and r["responded"] == "0" for r in nps) == facts["2017.nps"]["invalid"]
    csat = Counter(r["answer"] for r in responses if r["question_type"] == "csat" and r["answer"])
    assert csat == facts["2017.csat_overall"]["distribution"]
    answers = [answer for r in newest(dataset, "typeform/responses") for answer in r.get("answers", [])]
    for ref, fact in {"q14find": "ces_wayfinding", "q14passthru": "ces_security", "q10safe": "csat_safety"}.items():
        numbers = Counter(str(answer["number"]) for answer in answers if answer["field"]["ref"] == ref)
        assert numbers == facts[f"2017.{fact}"]["distribution"]
    assert all(r["email"] is None for r in nps)


def _hours(pairs: list[tuple[str, str | None]]) -> list[float]:
    return [(time_of(end) - time_of(start)).total_seconds() / 3600 for start, end in pairs if end]
