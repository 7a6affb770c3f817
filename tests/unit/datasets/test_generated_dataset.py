"""The generated dataset: the same bytes each time, records the contracts accept, every trap inside."""

import hashlib
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from contract_check import decode_all
from dataset_files import newest, streams, time_of, versions

from sandbox.connections import EXTRAS
from sandbox.generate import generate
from sandbox.generator.plan import Plan

LAST_NIGHT = date(2026, 11, 20)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated") / "set"
    generate(out, seed=7, customers=400, nights=200)
    return out


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        generate(tmp_path / name, seed=seed, customers=40, nights=60)
    assert _digests(tmp_path / "one") == _digests(tmp_path / "two")
    name = "shopify/orders.jsonl.gz"
    assert _digests(tmp_path / "one")[name] != _digests(tmp_path / "other")[name]


def test_no_stream_carries_the_time_it_was_written(dataset: Path) -> None:
    """Bytes 4 to 8 of a gzip file are its modification time."""
    assert {path.read_bytes()[4:8] for path in dataset.glob("*/*.gz")} == {bytes(4)}


def test_every_record_decodes_by_its_contract(dataset: Path) -> None:
    decoded = decode_all(dataset)
    assert {stream.partition("/")[0] for stream in decoded} == set(EXTRAS)
    assert all(count > 0 for count in decoded.values())


def test_streams_are_in_time_order_and_updated_times_never_go_back(dataset: Path) -> None:
    updated_key = {"zendesk/tickets": "updated_at", "shopify/orders": "updatedAt", "shopify/customers": "updatedAt"}
    for stream in streams(dataset):
        lines = list(versions(dataset, stream))
        assert [line.at for line in lines] == sorted(line.at for line in lines)
        updated: dict[str | int, str] = {}
        for line in lines:
            moment = line.record.get(updated_key.get(stream, ""), "")
            assert updated.get(line.id, "") <= moment, (stream, line.id)
            updated[line.id] = moment


def test_no_version_knows_its_future(dataset: Path) -> None:
    """Whatever time a version of an order or a survey names (but the promise) is not after the version."""
    for line in versions(dataset, "shopify/orders"):
        named = [line.record["createdAt"], line.record["updatedAt"], line.record["cancelledAt"]]
        for shipment in line.record["fulfillments"]:
            named += [shipment["createdAt"], shipment["updatedAt"], shipment["deliveredAt"]]
        named += [payment["processedAt"] for payment in line.record["transactions"]]
        named += [refund["createdAt"] for refund in line.record["refunds"]]
        assert all(time_of(text) <= line.at for text in named if text), line.id
    for line in versions(dataset, "asknicely/responses"):
        assert max(int(line.record["sent"]), int(line.record["responded"])) <= line.at.timestamp()


def test_ids_are_unique_within_events_and_lines(dataset: Path) -> None:
    events = list(versions(dataset, "zendesk/ticket_events"))
    children = Counter(child["id"] for event in events for child in event.record["child_events"])
    assert len({event.id for event in events}) == len(events)
    assert max(children.values()) == 1
    lines = [line["id"] for order in newest(dataset, "shopify/orders") for line in order["lineItems"]["nodes"]]
    assert len(set(lines)) == len(lines)


def test_metric_sets_agree_with_the_events(dataset: Path) -> None:
    moves: dict[int, list[str]] = {}
    for event in versions(dataset, "zendesk/ticket_events"):
        for child in event.record["child_events"]:
            if "status" in child:
                moves.setdefault(event.record["ticket_id"], []).append(child["status"])
    checked = 0
    for ticket in newest(dataset, "zendesk/tickets"):
        path = moves[ticket["id"]]
        assert path[-1] == ticket["status"]
        if ticket["status"] == "deleted":
            assert "metric_set" not in ticket
            continue
        reopened = sum(a == "solved" and b == "open" for a, b in pairwise(path))
        assert ticket["metric_set"]["reopens"] == reopened
        assert (ticket["metric_set"]["solved_at"] is not None) == ("solved" in path)
        checked += reopened
    assert checked > 0


def test_quiet_hours_after_the_last_nights_and_events_beyond_them(dataset: Path) -> None:
    """Extraction at 02:00 sees just what happened before midnight, on the nights whose truth is kept."""
    plan = Plan(7, 400, 200, LAST_NIGHT, "Europe/Lisbon")
    ends = [plan.end_of(night) for night in plan.as_of_nights]
    moments = [line.at for stream in streams(dataset) for line in versions(dataset, stream)]
    assert not [at for at in moments for end in ends if end <= at < end + timedelta(hours=2)]
    assert any(at >= ends[-1] for at in moments)


def _order_traps(dataset: Path) -> dict[str, bool]:
    orders = newest(dataset, "shopify/orders")
    shipped = [(order, shipment) for order in orders for shipment in order["fulfillments"]]
    return {
        "guest with e-mail": any(not o["customer"] and o["email"] for o in orders),
        "guest without e-mail": any(not o["customer"] and not o["email"] for o in orders),
        "e-mail in another case": any(o["email"] and o["email"].strip() != o["email"].strip().lower() for o in orders),
        "e-mail with blanks": any(o["email"] and o["email"] != o["email"].strip() for o in orders),
        "test order": any(o["test"] for o in orders),
        "cancelled": any(o["cancelledAt"] for o in orders),
        "discount": any(o["totalDiscountsSet"]["shopMoney"]["amount"] != "0.00" for o in orders),
        "failed payment": any(t["status"] == "FAILURE" for o in orders for t in o["transactions"]),
        "never delivered": any(s["deliveredAt"] is None for _, s in shipped),
        "no promise": any(s["estimatedDeliveryAt"] is None for _, s in shipped),
        "refund after 40 days": any(
            time_of(r["createdAt"]) - time_of(s["deliveredAt"]) >= timedelta(days=40)
            for o, s in shipped
            for r in o["refunds"]
        ),
    }


def _ticket_traps(dataset: Path) -> dict[str, bool]:
    tickets = newest(dataset, "zendesk/tickets")
    ratings: dict[str | int, list[str]] = {}
    for line in versions(dataset, "zendesk/satisfaction_ratings"):
        ratings.setdefault(line.id, []).append(line.record["score"])
    return {
        "deleted": any(t["status"] == "deleted" for t in tickets),
        "spam": any("spam" in t["tags"] for t in tickets),
        "test": any("test" in t["tags"] for t in tickets),
        "system update": any(t["generated_timestamp"] > time_of(t["updated_at"]).timestamp() for t in tickets),
        "opened by an agent": any(t["submitter_id"] != t["requester_id"] for t in tickets),
        "rating changed": ["good", "bad"] in ratings.values(),
        "rating offered": ["offered"] in ratings.values(),
        "user without e-mail": any(u["email"] is None for u in newest(dataset, "zendesk/users")),
        "agent who left": any(u["role"] == "end-user" and not u["active"] for u in newest(dataset, "zendesk/users")),
    }


def _helpdesk_traps(dataset: Path) -> dict[str, bool]:
    tickets = newest(dataset, "zendesk/tickets")
    merges = [
        child
        for event in versions(dataset, "zendesk/ticket_events")
        for child in event.record["child_events"]
        if child["event_type"] == "Comment" and child["via"]["source"]["rel"] == "merge"
    ]
    surveys: dict[str | int, list[int]] = {}
    for line in versions(dataset, "zendesk/survey_responses"):
        surveys.setdefault(line.id, []).append(len(line.record["answers"]))
    events = newest(dataset, "zendesk/ticket_metric_events")
    values = {type(field["value"]) for ticket in tickets for field in ticket["custom_fields"]}
    return {
        "scrubbed": any(t["subject"] == "SCRUBBED" for t in tickets),
        "merged": any("closed_by_merge" in t["tags"] for t in tickets) and bool(merges),
        "NUL and 64 KB": any("\x00" in t["subject"] and len(t["description"].encode()) > 65_536 for t in tickets),
        "custom fields of every type": values == {str, bool, float, list, type(None)},
        "breach": any(e["type"] == "breach" and not e["deleted"] for e in events),
        "breach taken back": any(e["type"] == "breach" and e["deleted"] for e in events),
        "survey never answered": [0] in surveys.values(),
        "survey answer changed": any(len(answers) == 3 for answers in surveys.values()),
        "deleted organization": any("deleted_at" in o for o in newest(dataset, "zendesk/organizations")),
        "deleted group": any(g["deleted"] for g in newest(dataset, "zendesk/groups")),
        "deleted person": any(u["name"] == "Permanently deleted user" for u in newest(dataset, "zendesk/users")),
        "member who left": len(newest(dataset, "zendesk/group_memberships"))
        < len({line.id for line in versions(dataset, "zendesk/group_memberships")}),
    }


def _survey_traps(dataset: Path) -> dict[str, bool]:
    nicely, filled = newest(dataset, "asknicely/responses"), newest(dataset, "typeform/responses")
    comments = " ".join(r["comment"] for r in nicely)
    refs = {a["field"]["ref"] for r in filled for a in r.get("answers", [])}
    return {
        "unanswered": any(r["answer"] == "" and r["responded"] == "0" for r in nicely),
        "outside the scale": any(r["question_type"] == "nps" and r["answer"] == "11" for r in nicely),
        "nps of 0": any(r["question_type"] == "nps" and r["answer"] == "0" for r in nicely),
        "undeclared question": {"ces_agree", "idea_score"} <= refs,
        "no answers key": any("answers" not in r for r in filled),
        "no address": any(r["hidden"]["customer_email"] is None for r in filled),
        "six scripts": all(sample in comments for sample in ("جودة", "معیار", "ਗੁਣਵੱਤਾ", "నాణ్యత", "qualidade", "quality")),
    }


@pytest.mark.parametrize("traps", [_order_traps, _ticket_traps, _helpdesk_traps, _survey_traps])
def test_every_trap_is_inside(dataset: Path, traps) -> None:
    missing = [name for name, is_there in traps(dataset).items() if not is_there]
    assert not missing


def test_volumes_have_a_week_and_a_season() -> None:
    plan = Plan(7, 2000, 400, LAST_NIGHT, "Europe/Lisbon")
    assert plan.busyness(date(2026, 11, 20)) > 1.3 * plan.busyness(date(2026, 11, 22))
    assert plan.busyness(date(2026, 11, 20)) > 1.5 * plan.busyness(date(2026, 5, 22))
