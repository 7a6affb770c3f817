"""Who is one customer, from raw rows of every system: each rule links, and nothing else does."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from identity_worlds import IdentityWorld, identity_world

PHONE = "+351912345678"


@pytest.fixture
def world(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityWorld]:
    with identity_world(warehouse, tmp_path, monkeypatch) as made:
        yield made


def _account(world: IdentityWorld, number: int, email: str | None, name: str, phone: str | None = None) -> str:
    world.add(
        "shopify__customers",
        id=f"gid://shopify/Customer/{number}",
        displayName=name,
        defaultEmailAddress__emailAddress=email,
        defaultPhoneNumber__phoneNumber=phone,
        defaultAddress__countryCodeV2="PT",
    )
    return f"shopify:main:gid://shopify/Customer/{number}"


def _order(world: IdentityWorld, number: int, account: int | None, email: str | None = None) -> str:
    world.add(
        "shopify__orders",
        id=f"gid://shopify/Order/{number}",
        name=f"#{number}",
        updatedAt="2026-01-01T00:00:00Z",
        currencyCode="EUR",
        test=False,
        email=email,
        customer__id=account and f"gid://shopify/Customer/{account}",
    )
    return f"shopify:main:gid://shopify/Order/{number}"


def _asked(world: IdentityWorld, number: int, email: str | None, order: str | None = None) -> str:
    world.add("asknicely__responses", response_id=str(number), question_type="nps", email=email, order_id_c=order)
    return f"asknicely:main:{number}"


def _subscriber(world: IdentityWorld, number: int, email: str | None) -> str:
    world.add(
        *("billing__subscriptions",),
        **{"subscription_id": f"s{number}", "customer_id": str(number), "customer_email": email},
        **{"started_on": "2026-01-01", "plan": "basic", "monthly_amount": 10, "currency": "EUR"},
    )
    return f"billing:main:customer:{number}"


def _alice(world: IdentityWorld) -> set[str]:
    """One person in every system, recognised by another rule in each."""
    account = _account(world, 7000000001, " Alice@x.example", "Alice Shaw", "912 345 678")
    _order(world, 5001, 7000000001, "other@y.example")
    world.add("zendesk__users", id=1, name="alice", role="end-user", email="ALICE@x.example", updated_at="2026-01-01")
    world.add("zendesk__tickets", id=31, requester_id=1, status="new", updated_at="2026-01-01")
    world.add(
        "freshdesk__contacts", id=1, name="Shaw, Alice", phone="+351 912345678", updated_at="2026-01-01", state=""
    )
    world.add(
        *("freshdesk__contacts",),
        **{"id": 2, "name": "A.", "email": "a@z.example", "other_emails": ["Alice@X.example"], "state": ""},
        updated_at="2026-01-01",
    )
    world.add("gorgias__customers", id=1, external_id="7000000001", updated_datetime="2026-01-01")
    world.add(
        *("woocommerce__orders",),
        **{"id": 1, "number": "1", "status": "completed", "customer_id": 0, "billing__phone": "00351912345678"},
        **{"billing__first_name": "Ann", "billing__last_name": "Shaw", "date_modified_gmt": "2026-01-01"},
    )
    world.add("typeform__responses", response_id="t", form_id="f", hidden__ticket_id="31", landed_at="2026-01-01")
    world.add(
        "shiprocket__orders", id=1, status="NEW", channel_order_id="5001", customer_name="Gift", customer_phone="1"
    )
    response = _asked(world, 1, None, "#5001")
    subscriber = _subscriber(world, 7, "alice@x.example ")
    return {
        *(account, response, subscriber, "zendesk:main:1", "freshdesk:main:1", "freshdesk:main:2", "gorgias:main:1"),
        *("woocommerce:main:1", "typeform:main:t", "shiprocket:main:1"),
    }


def test_each_rule_recognises_the_person(world: IdentityWorld) -> None:
    alice = _alice(world)
    bob = _account(world, 7000000002, "bob@x.example", "Bob Shaw", PHONE)
    world.add("woocommerce__customers", id=1, email="bob@x.example ", date_modified_gmt="2026-01-01")
    world.resolve()
    assert world.groups() == {frozenset(alice), frozenset({bob, "woocommerce:main:customer:1"})}
    rules = {rule for (rule,) in world.run("select distinct rule from intermediate.int_customers__links")}
    assert rules == {
        *("own_id", "email", "phone_and_name", "phone_and_family_name", "order_reference", "ticket_reference"),
    }
    evidence = " ".join(value for (value,) in world.run("select masked_value from intermediate.int_customers__links"))
    assert "alice" not in evidence.lower()
    assert "912345678" not in evidence


def test_shared_values_link_nobody(world: IdentityWorld) -> None:
    roles = [_account(world, 7000000010 + n, mail, f"Person {n}") for n, mail in enumerate(["info@a.example"] * 2)]
    tagged = [_asked(world, n, "No-Reply+x@b.example") for n in (1, 2)]
    relayed = [_asked(world, n, "buyer@marketplace.amazon.de") for n in (3, 4)]
    floor = [_account(world, 7000000020 + n, "floor@c.example", f"Clerk {chr(97 + n)}") for n in range(11)]
    line = [_account(world, 7000000040 + n, None, f"Tenant {chr(97 + n)}", PHONE) for n in range(6)]
    twin = _account(world, 7000000050, None, "Tenant a", PHONE)
    # Ten people may share an e-mail, and one may have any number of orders.
    family = [_account(world, 7000000060 + n, "family@d.example", f"Child {chr(97 + n)}") for n in range(10)]
    loyal = [_order(world, 6000 + n, None, "loyal@e.example") for n in range(40)]
    world.resolve()
    alone = [*roles, *tagged, *relayed, *floor, *line, twin]
    assert world.groups() == {frozenset({each}) for each in alone} | {frozenset(family), frozenset(loyal)}
    refused = world.run("select value, refusal from intermediate.int_identities__shared_values where refusal <> ''")
    assert dict(refused) == {
        **{"info@a.example": "stoplist", "no-reply+x@b.example": "stoplist", "buyer@marketplace.amazon.de": "stoplist"},
        **{"floor@c.example": "fan_in", PHONE: "fan_in"},
    }


def test_without_an_email_people_stay_customers_and_agents_are_none(world: IdentityWorld) -> None:
    account = _account(world, 7000000001, None, "No Mail")
    guests = [_order(world, number, None) for number in (1, 2)]
    early = _order(world, 3, 7000000009)
    subscribers = [_subscriber(world, number, None) for number in (7, 8)]
    for number, role in ((1, "end-user"), (2, "agent")):
        world.add("zendesk__users", id=number, name="Same Name", role=role, updated_at="2026-01-01")
        world.add("zendesk__tickets", id=number, requester_id=number, status="new", updated_at="2026-01-01")
    world.add("zendesk__tickets", id=3, requester_id=99, status="new", updated_at="2026-01-01")
    world.add(
        "woocommerce__customers", id=1, role="shop_manager", email="staff@x.example", date_modified_gmt="2026-01-01"
    )
    _asked(world, 1, None)
    # A number that two helpdesks use names neither ticket.
    world.add("freshdesk__tickets", id=1, requester_id=1, status=2, updated_at="2026-01-01", filter="")
    world.add("typeform__responses", response_id="t", form_id="f", hidden__ticket_id="1", landed_at="2026-01-01")
    keys = world.resolve()
    assert early not in keys
    assert set(keys) == {
        *(account, *guests, *subscribers, "shopify:main:gid://shopify/Customer/7000000009"),
        *("zendesk:main:1", "zendesk:main:99", "freshdesk:main:1"),
    }
    assert len(set(keys.values())) == len(keys)


def test_a_late_record_merges_and_a_decision_undoes_it(world: IdentityWorld) -> None:
    one = _account(world, 7000000001, "one@x.example", "One Person")
    other = _account(world, 7000000002, "two@x.example", "Two Person")
    third = _account(world, 7000000003, "three@x.example", "Three Person")
    _order(world, 5002, 7000000002)
    first = world.resolve(date(2026, 2, 1))
    late = _asked(world, 1, "one@x.example", "5002")
    merged = world.resolve(date(2026, 2, 2))
    assert merged == {**first, other: first[one], late: first[one]}
    assert world.resolve(date(2026, 2, 3)) == merged
    world.decide((one, other, "keep_apart"))
    # The e-mail is the stronger rule: the answer stays with it.
    assert world.resolve(date(2026, 2, 4)) == {**first, late: first[one]}
    world.decide((third, one, "put_together"))
    assert world.resolve(date(2026, 2, 5)) == {**merged, third: first[one]}
    world.decide()
    assert world.resolve(date(2026, 2, 6)) == merged
    changes = world.run(
        "select extract(day from as_of_date)::int, change, from_customer_key, to_customer_key, identities, rules"
        " from inference.identity_changes order by change_id"
    )
    a, b, c = first[one], first[other], first[third]
    assert [row for row in changes if row[0] < 5] == [
        (2, "merged", b, a, 1, "email, order_reference"),
        (4, "split", a, b, 1, "keep_apart"),
    ]
    assert {row for row in changes if row[0] == 5} == {
        (5, "merged", b, a, 1, "order_reference, put_together"),
        (5, "merged", c, a, 1, "order_reference, put_together"),
    }
    assert [row for row in changes if row[0] == 6] == [(6, "split", a, c, 1, "link_gone")]
