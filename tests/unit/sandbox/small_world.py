"""A small dataset full of awkward cases, and a slow reference of what exists in it."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOON = int(datetime(2018, 10, 16, 12, tzinfo=UTC).timestamp())
CLOCK = "2018-10-17T05:00:00Z"
SETTINGS = """
name = "small"
licence = "CC0-1.0"
time_zone = "America/Sao_Paulo"
first_night = 2018-10-14
last_night = 2018-10-16
currency = "BRL"
"""

Lines = dict[str, list[dict[str, Any]]]


def iso(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "BRL"}}


def ticket(key: int, at: int, **more: Any) -> dict[str, Any]:
    times = {"created_at": iso(NOON - 9000), "updated_at": iso(at), "generated_timestamp": at}
    return {"at": iso(at), "record": {"id": key, "status": "open", **times, "metric_set": {"reopens": 0}, **more}}


def event(key: int, at: int) -> dict[str, Any]:
    comment = {"id": key * 10, "event_type": "Comment", "public": True, "body": "olá", "author_id": 5}
    change = {"id": key * 10 + 1, "event_type": "Change", "status": "solved"}
    record = {"id": key, "ticket_id": key % 9 + 1, "created_at": iso(at), "timestamp": at}
    return {"at": iso(at), "record": {**record, "child_events": [comment, change]}}


def order(key: int, at: int, lines: int = 1) -> dict[str, Any]:
    gid = f"gid://shopify/Order/{key}"
    record = {
        "id": gid, "name": f"#{key}", "createdAt": iso(at - 60), "updatedAt": iso(at), "processedAt": iso(at - 60),
        "currencyCode": "BRL", "test": False, "tags": [], "displayFulfillmentStatus": "FULFILLED",
        "returnStatus": "NO_RETURN", "totalPriceSet": money("10.50"), "transactions": [], "fulfillments": [],
        "refunds": [], "customer": {"id": f"gid://shopify/Customer/{key % 3}"},
        "lineItems": {"nodes": [{"id": f"gid://shopify/LineItem/{key}{n}", "quantity": 1, "title": "x"}
                                for n in range(lines)]},
    }  # fmt: skip
    return {"at": iso(at), "record": record}


def customer(key: int, at: int) -> dict[str, Any]:
    record = {"id": f"gid://shopify/Customer/{key}", "createdAt": iso(at), "updatedAt": iso(at), "displayName": "Ana"}
    return {"at": iso(at), "record": {**record, "locale": "pt", "tags": [], "numberOfOrders": "1"}}


def response(key: int, sent: int, responded: int | None) -> dict[str, Any]:
    told = "0" if responded is None else str(responded)
    record = {"response_id": str(key), "answer": 9, "sent": str(sent), "responded": told, "published": ""}
    more = {"region_c": "west" if key % 2 else "east", "case_closed_time": None, "comment": 'bom, "ok"'}
    return {"at": iso(responded or sent), "record": {**record, **more}}


def form_response(key: int, at: int, form: str = "F1") -> dict[str, Any]:
    token = f"token{key:04d}"
    record = {"response_id": token, "token": token, "landed_at": iso(at - 30), "submitted_at": iso(at), "hidden": {}}
    return {"at": iso(at), "form_id": form, "record": {**record, "response_type": "completed"}}


def make_lines() -> Lines:
    """All streams; many records share a second, some have several versions, some are deleted."""
    chance = random.Random(4)
    near = lambda: NOON + chance.randrange(40)  # noqa: E731
    tickets = [ticket(key, near()) for key in range(1, 60)]
    tickets += [ticket(key, NOON + 100 + chance.randrange(5), status="solved") for key in range(1, 60, 4)]
    users = [
        {
            "at": iso(NOON),
            "record": {"id": key, "updated_at": iso(NOON), "created_at": iso(NOON), "email": "a@b.c", "active": True},
        }
        for key in (1, 2)
    ]
    ratings = [
        {"at": iso(at), "record": {"id": key, "score": score, "comment": note, "updated_at": iso(at)}}
        for key, at, score, note in [
            (1, NOON, "good", "ok"), (2, NOON + 5, "bad", None), (3, NOON + 6, "good", ""), (1, NOON + 90, "bad", "no"),
            (4, NOON + 7, "offered", None), (5, NOON + 8, "good", None),
        ]
    ]  # fmt: skip
    return {
        "zendesk/tickets": [*tickets, {"at": iso(NOON + 200), "deleted": True, "id": 7}],
        "zendesk/users": [*users, {"at": iso(NOON + 10), "deleted": True, "id": 2}],
        "zendesk/ticket_events": [event(key, NOON + (30 if key % 3 else key)) for key in range(1, 41)],
        "zendesk/satisfaction_ratings": ratings,
        "shopify/orders": [order(key, NOON + key // 4, lines=key % 4) for key in range(1, 301)],
        "shopify/customers": [*(customer(key, NOON) for key in range(3)),
                              {"at": iso(NOON + 9), "deleted": True, "id": "gid://shopify/Customer/2"}],
        "asknicely/responses": [response(key, NOON + key // 3, NOON + 50 + key // 3 if key % 4 else None)
                                for key in range(1, 1301)] + [{"at": iso(NOON + 9000), "deleted": True, "id": "5"}],
        "typeform/forms": [
            {"at": iso(NOON), "record": {"id": f"F{n}", "title": "CES", "last_updated_at": iso(NOON), "fields": []}}
            for n in range(1, 13)
        ],
        "typeform/responses": [form_response(key, NOON + key // 3) for key in range(1, 61)],
    }  # fmt: skip


def write_dataset(folder: Path, lines: Lines) -> Path:
    (folder / "dataset.toml").write_text(SETTINGS, encoding="utf-8")
    for name, rows in lines.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def newest(rows: list[dict[str, Any]], key: str = "id") -> dict[Any, dict[str, Any]]:
    """The slow reference: what exists after all lines, deleted records left out."""
    found: dict[Any, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["at"]):
        if row.get("deleted"):
            found.pop(row["id"], None)
        else:
            found[row["record"][key]] = row["record"]
    return found
