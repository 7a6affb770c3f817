"""What is personal in a record, and what may stay of it."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_etl.contract import shape_of
from cx_etl.errors import ConfigError
from cx_etl.privacy.find import tables
from cx_etl.privacy.personal import PERSONAL
from cx_etl.privacy.proof import pattern_of
from cx_etl.privacy.pseudonyms import DOMAIN, Pseudonym, mark, normal
from cx_etl.privacy.scrub import Erased, Scrubber
from cx_etl.sources import source

ANN = "ann@mail.example"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_PRIVACY_KEY", "of a test")


@pytest.mark.parametrize("table", PERSONAL)
def test_every_personal_column_is_in_its_contract(table: str) -> None:
    personal, shape = PERSONAL[table], shape_of(tables()[table].contract)
    for column in (*personal.emails, *personal.texts, *personal.phones, *(column for column, _ in personal.links)):
        items, _, name = column.rpartition(".")
        columns = (shape.children[items] if items else shape).columns
        assert name in {each.name for each in columns}, column
    assert {parent for _, parent in personal.links} <= PERSONAL.keys()


def test_names_of_people_are_declared_personal() -> None:
    """A contract that gets a column for an address or a number declares whose it is."""
    telling = ("email", "phone", "mobile", "first_name", "last_name", "firstname", "lastname", "ip_address", "comment")
    # Of the shop's own people and places, and lists of addresses, of which only the person's is erased.
    known = {
        *("zendesk__satisfaction_ratings", "freshdesk__agents", "gorgias__users", "woocommerce__customers"),
        *(
            "gorgias__messages",
            "gorgias__tickets",
            "freshdesk__tickets",
            "freshdesk__conversations",
            "zendesk__user_roles",
        ),
        *("freshdesk__contacts", "woocommerce__orders", "shopify__customers"),
    }
    for name, table in tables().items():
        personal = PERSONAL.get(name)
        declared = {*personal.emails, *personal.texts, *personal.phones} if personal else set()
        found = {c.name for c in shape_of(table.contract).columns if c.name.rpartition("__")[2] in telling}
        assert name in known or found <= declared, (name, found - declared)


def _scrubber(stream: str = "responses", name: str = "asknicely", *addresses: str) -> Scrubber:
    return Scrubber(source(name).stream(stream), "main", Erased({mark(each) for each in addresses or (ANN,)}, {}))


def test_an_own_record_loses_its_words_and_keeps_what_is_counted() -> None:
    scrubber = _scrubber()
    record = {
        "response_id": "7",
        "question_type": "nps",
        "name": "Ann",
        "email": " Ann@Mail.Example",
        "answer": "9",
        "comment": "Call me, Ann",
        "unknown": "Ann again",
    }
    ((_, _, after),) = scrubber.scrubbed([(0, msgspec.Raw(msgspec.json.encode(record)))])
    kept = msgspec.json.decode(after)
    assert (kept["response_id"], kept["answer"], kept["question_type"]) == ("7", "9", "nps")
    assert kept["email"].strip() == Pseudonym(mark(ANN)).email
    assert (kept["name"], kept["comment"]) == ("[erased]", "[erased]")
    assert b"Ann" not in after
    assert scrubber.scrub(scrubber.stream.tables[0], after) == after, "again changes nothing"


def test_what_leads_to_an_own_record_is_own() -> None:
    scrubber = _scrubber("users", "zendesk")
    user = {
        "id": 5,
        "name": "Ann",
        "email": ANN,
        "role": "end-user",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    assert list(scrubber.scrubbed([(0, msgspec.Raw(msgspec.json.encode(user)))]))
    tickets = Scrubber(source("zendesk").stream("tickets"), "main", scrubber.erased)
    ticket = {
        "id": 1,
        "status": "open",
        "subject": "My order",
        "requester_id": 5,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "generated_timestamp": 1,
    }
    ((_, _, after),) = tickets.scrubbed([(0, msgspec.Raw(msgspec.json.encode(ticket)))])
    assert msgspec.json.decode(after)["subject"] == "[erased]"
    others = [(0, msgspec.Raw(msgspec.json.encode(ticket | {"id": 3, "requester_id": 6})))]
    assert list(tickets.scrubbed(others)) == []
    other_account = Scrubber(tickets.stream, "emea", tickets.erased)
    ticket["id"] = 2
    assert list(other_account.scrubbed([(0, msgspec.Raw(msgspec.json.encode(ticket)))])) == []


def test_a_record_of_another_that_names_the_address_loses_the_address_only() -> None:
    record = {"response_id": "8", "question_type": "nps", "email": "bob@mail.example", "comment": f"Ask {ANN}. Thanks"}
    ((_, _, after),) = _scrubber().scrubbed([(0, msgspec.Raw(msgspec.json.encode(record)))])
    assert msgspec.json.decode(after) == record | {"comment": f"Ask {Pseudonym(mark(ANN)).email}. Thanks"}


def test_a_record_that_breaks_its_contract_and_names_the_address_goes() -> None:
    broken = msgspec.Raw(b'{"response_id": 9, "email": "ann@mail.example"}')
    ((_, _, after),) = _scrubber().scrubbed([(0, broken)])
    assert after == b'{"erased":true}'


@given(st.text(alphabet="ab.-+@ <>,;:\"'\\/\n", max_size=30), st.text(alphabet="ab.-+@ <>,;:\"'\\/\n", max_size=30))
def test_no_text_keeps_the_address_and_longer_addresses_stay(before: str, after: str) -> None:
    """The proof's pattern finds the address exactly where scrubbing replaces it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_PRIVACY_KEY", "of a test")
        text = f"{before}{ANN}{after}"
        left = Erased({mark(ANN)}, {}).without_addresses(text)
    assert not re.search(pattern_of(ANN), left, re.IGNORECASE)
    assert (DOMAIN in left) == bool(re.search(pattern_of(ANN), text, re.IGNORECASE))


@pytest.mark.parametrize(
    ("text", "is_hers"),
    [
        ("'ann@mail.example'", True),
        ("?email=ann%40mail.example&x", True),
        ("mailto:ANN@Mail.Example.", True),
        ("...ann@mail.example...", True),
        ("joann@mail.example", False),
        ("jo.ann@mail.example", False),
        ("ann+news@mail.example", False),
        ("ann@mail.example.br", False),
        ("ann@mail.example-shop", False),
    ],
)
def test_whose_an_address_in_a_text_is(text: str, is_hers: bool) -> None:
    left = Erased({mark(ANN)}, {}).without_addresses(text)
    assert (DOMAIN in left) == is_hers
    assert is_hers or left == text


@pytest.mark.parametrize("given", ["", "ann", "ann@", "@mail.example", "ann@mail.example, bob@mail.example", "%"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="no e-mail address"):
        normal(given)
