"""How names and phones are compared: what is the same to a reader is, and what is not is not."""

import json
from collections.abc import Callable

import psycopg
import pytest
from jinja2 import Environment

from cx_etl.settings import ROOT

NAMES = [
    ("Alice Shaw", "alice shaw"),
    ("  ALICE   Shaw ", "alice shaw"),
    ("Shaw, Alice", "alice shaw"),
    ("Mrs. Alice Shaw", "alice shaw"),
    ("João Conceição", "joao conceicao"),
    ("Zoe\u0308 Carter", "zoe carter"),
    ("Oliver O'Brien", "oliver obrien"),
    ("Anne-Marie Roux", "anne marie roux"),
    ("ليلى حسن", "ليلى حسن"),
    ("ਹਰਪ੍ਰੀਤ ਸਿੰਘ", "ਹਰਪ੍ਰੀਤ ਸਿੰਘ"),
    ("Dr", "dr"),
    (" . ", None),
    ("", None),
    (None, None),
]
PHONES = [
    ("+351 912 345 678", None, "+351912345678"),
    ("00351 912345678", None, "+351912345678"),
    ("912 345 678", "PT", "+351912345678"),
    ("351912345678", "PT", "+351912345678"),
    ("+44 (0)20 7946 0958", None, "+442079460958"),
    ("020 7946 0958", "GB", "+442079460958"),
    ("020 7946 0958 ext. 12", "GB", "+442079460958"),
    ("98765 43210", "IN", "+919876543210"),
    ("098765-43210", "IN", "+919876543210"),
    ("٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567"),  # noqa: RUF001
    ("(202) 555-0123", "US", "+12025550123"),
    ("tel:+1-202-555-0123", None, "+12025550123"),
    ("\u202a+1\u00a0202\u2011555\u20110123\u202c", None, "+12025550123"),
    ("12", "US", None),
    ("1-202-555-0123", "US", "+12025550123"),
    # Brazil's area code 55 is no calling code.
    ("55 99999-1234", "BR", "+5555999991234"),
    # Italy dials its zero.
    ("06 6982 1234", "IT", "+390669821234"),
    ("912 345 678", None, None),
    ("12345", "PT", None),
    ("0000000000", "PT", None),
    ("+999999999999", None, None),
    ("none", "PT", None),
    (None, "PT", None),
]


@pytest.fixture(scope="module")
def macro() -> Callable[..., str]:
    """The SQL of a macro of the project."""
    text = (ROOT / "dbt_project/macros/dialect/people.sql").read_text(encoding="utf-8")
    module = Environment().from_string(text).make_module({"adapter": None})
    return lambda name, *columns: getattr(module, name)(*columns)


def _answers(postgres: object, expression: str, rows: list[dict[str, str | None]]) -> list[str | None]:
    columns = ", ".join(f"{name} text" for name in rows[0])
    with psycopg.connect(postgres.dsn()) as connection:
        found = connection.execute(
            f"select {expression.replace('%', '%%')} from json_to_recordset(%s) as t(place int, {columns})"
            " order by place",
            (json.dumps([{**row, "place": place} for place, row in enumerate(rows)]),),
        ).fetchall()
    return [value for (value,) in found]


def test_names(postgres: object, macro: Callable[..., str]) -> None:
    found = _answers(postgres, macro("default__normal_name", "name"), [{"name": said} for said, _ in NAMES])
    assert dict(zip([said for said, _ in NAMES], found, strict=True)) == dict(NAMES)


@pytest.mark.parametrize(
    ("name", "short"), [("alice shaw", "a shaw"), ("ana de sousa", "a sousa"), ("alice", None), (None, None)]
)
def test_short_names(postgres: object, macro: Callable[..., str], name: str | None, short: str | None) -> None:
    assert _answers(postgres, macro("short_name", "name"), [{"name": name}]) == [short]


def test_phones(postgres: object, macro: Callable[..., str]) -> None:
    lines = (ROOT / "dbt_project/seeds/calling_codes.csv").read_text(encoding="utf-8").split()[1:]
    codes = {country: (code, trunk or None) for country, code, trunk in (line.split(",") for line in lines)}
    rows = []
    for said, country, _ in PHONES:
        code, trunk = codes[country] if country else (None, None)
        rows.append({"said": said, "code": code, "trunk": trunk})
    expression = macro("default__normal_phone", macro("default__dialled_phone", "said"), "code", "trunk")
    found = _answers(postgres, expression, rows)
    assert list(zip(PHONES, found, strict=True)) == [(case, case[2]) for case in PHONES]


def test_masks_show_little(postgres: object, macro: Callable[..., str]) -> None:
    assert _answers(postgres, macro("masked_email", "v"), [{"v": "alice@mail.example"}]) == ["a***@mail.example"]
    assert _answers(postgres, macro("masked_phone", "v"), [{"v": "+351912345678"}]) == ["+35***78"]
    ids = ["7000000017", "gid://shopify/Customer/7000000017", "17", "CRM-7000000017", None]
    assert _answers(postgres, macro("store_person_id", "v"), [{"v": each} for each in ids]) == [
        "shopify:7000000017", "shopify:7000000017", None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Write to Ann.O'Neil+shop@mail.example.com, please", "Write to [e-mail], please"),
        ("cliente@correio.com.br e outro@correio.com.br", "[e-mail] e [e-mail]"),
        ("Call +351 912 345 678 or (020) 7946-0958!", "Call [number] or [number]!"),
        ("card 4111 1111 1111 1111 was charged", "card [number] was charged"),
        ("card 4111-1111-1111-1111, exp 12/29", "card [number], exp 12/29"),
        ("اتصل على ٠٥٠ ١٢٣ ٤٥٦٧ الآن", "اتصل على [number] الآن"),  # noqa: RUF001
        ("+1\u00a0202\u2011555\u20110123", "[number]"),
        ("Order 1234567 of 2026-11-20 came on 22/11/2026, 3 of 5 items, 1.299,00", None),
        ("ordered 2026-11-20 10:30, no answer @ all", None),
        ("ਬਹੁਤ ਵਧੀਆ 👍", None),
        ("", None),
        (None, None),
    ],
)
def test_comments_show_no_addresses_and_numbers(
    postgres: object, macro: Callable[..., str], said: str | None, shown: str | None
) -> None:
    found = _answers(postgres, macro("default__masked_text", "v"), [{"v": said}])
    assert found == [said if shown is None else shown]
