"""What a record says is what the raw table says, for every kind of column, and what no column holds is a reject."""

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cx_etl.errors import DataError
from cx_etl.load import load
from raw_state import versions
from things import NIGHT, install, land, rows, thing

BACKSLASHES = ("\\", "\\n", "\\\\", "\\.", "\\N", 'a\\"b', "\\u0041", "ends in \\")
TEXTS = (
    *("", " ", "null", "NULL", '"', '""', "'", ",", "]", "[", "],[", "{}", "\n", "\r", "\r\n", "\t", "a\n]\n[b"),
    *BACKSLASHES,
    *(
        "".join(map(chr, range(1, 128))),
        "\x7f\x80\u2028\ufeff\uffff",
        "العربية اردو ਪੰਜਾਬੀ తెలుగు",
        "🧾👩‍👩‍👧‍👦😡",
        "\\.\n\\.\n",
    ),
    *("x" * 65536, "🧾\n" * 20000),
)


@pytest.fixture
def things(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> str:
    install(monkeypatch)
    return warehouse


def _stored(dsn: str, column: str, value: Any) -> Any:
    """What the table says after a load of one record with that value."""
    land([[thing(1, **{column: value})]])
    assert load("lab", "things", NIGHT).rejected == 0
    return rows(dsn, f'select "{column}" from raw.lab__things')[0][0]


def test_texts_arrive_as_they_are(things: str) -> None:
    land([[thing(number, name=text) for number, text in enumerate(TEXTS)]])
    load("lab", "things", NIGHT)
    assert [text for (text,) in rows(things, "select name from raw.lab__things order by id")] == list(TEXTS)


def test_nul_becomes_a_visible_stand_in(things: str) -> None:
    land([[thing(1, name="a\x00b", tags=["\x00", "\\u0000"], parts=[{"sku": "\x00"}])]])
    load("lab", "things", NIGHT)
    assert rows(things, "select name, tags from raw.lab__things") == [("a\ufffdb", ["\ufffd", "\\u0000"])]
    assert rows(things, "select sku from raw.lab__things__parts") == [("\ufffd",)]


@pytest.mark.parametrize(
    "tags",
    [[], [""], [None], ["null", None, "NULL"], ['"', "\\", ",", "{", "}", " "], ["a\nb", "\t", "🧾"], list(TEXTS[:25])],
)
def test_arrays_arrive_as_they_are(things: str, tags: list[str | None]) -> None:
    assert _stored(things, "tags", tags) == tags


@pytest.mark.parametrize(
    "number",
    ["0", "-0.00", "1.10", "-12345678901234567890.123456789012345678901234567890", "1E-30", "9" * 400, "1E+40"],
)
def test_decimals_keep_every_digit(things: str, number: str) -> None:
    found = _stored(things, "price", number)
    assert found == Decimal(number)
    # The digits behind the point too, as far as there is one.
    assert found.as_tuple().exponent == min(0, Decimal(number).as_tuple().exponent)


@pytest.mark.parametrize("number", [0.1, -0.0, 1e-300, 1.7976931348623157e308, 5e-324, 2**53 + 1.0])
def test_floats_arrive_to_the_last_bit(things: str, number: float) -> None:
    assert repr(_stored(things, "ratio", number)) == repr(number)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1969-12-31T23:59:59.999999Z", datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-29T02:30:00+05:45", datetime(2026, 3, 28, 20, 45, tzinfo=UTC)),
        ("2026-03-29T02:30:00", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
    ],
)
def test_times_are_instants(things: str, text: str, moment: datetime) -> None:
    land([[{"id": 1, "changedAt": text}]])
    load("lab", "things", NIGHT)
    ((changed, version),) = rows(things, 'select "changedAt", _version_at from raw.lab__things')
    assert changed == version == moment


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1969, 7, 20), date(9999, 12, 31)])
def test_dates_far_away(things: str, day: date) -> None:
    assert _stored(things, "day", day.isoformat()) == day


def test_bytes_and_typed_texts(things: str) -> None:
    content = bytes(range(256))
    land(
        [[thing(1, blob=base64.b64encode(content).decode(), countText="-7", unixText="86400"), thing(2, countText="")]]
    )
    load("lab", "things", NIGHT)
    assert rows(things, 'select blob, "countText", "unixText" from raw.lab__things order by id') == [
        (content, -7, datetime(1970, 1, 2, tzinfo=UTC)),
        (None, None, None),
    ]


def test_what_is_under_a_null_is_null(things: str) -> None:
    boxes = [None, {}, {"color": "red"}, {"size": None}, {"size": {"width": 0, "unit": ""}}]
    land([[thing(1), *(thing(number, box=box, maybe=number) for number, box in enumerate(boxes, start=2))]])
    load("lab", "things", NIGHT)
    columns = "box__color, box__size__width, box__size__unit, maybe"
    assert rows(things, f"select {columns} from raw.lab__things order by id") == [
        (None, None, None, None),
        (None, None, None, 2),
        (None, None, None, 3),
        ("red", None, None, 4),
        (None, None, None, 5),
        (None, 0, "", 6),
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"price": "NaN"}, "NaN"),
        ({"price": "-Infinity"}, "Infinity"),
        ({"price": "1E+200000"}, "stored"),
        ({"price": "1E-20000"}, "stored"),
        ({"id": 2**63}, "9223372036854775807"),
        ({"numbers": [1, -(2**63) - 1]}, "numbers"),
        ({"box": {"size": {"width": 2**70}}}, "$.box.size.width"),
        ({"countText": "9223372036854775808"}, "bigint"),
        ({"countText": "9" * 5000}, "digits"),
        ({"unixText": "9" * 20}, "Unix time"),
        ({"name": 5}, "$.name"),
        ({"parts": [{"sku": "a"}, {"note": "no sku"}]}, "$.parts[1]"),
    ],
)
def test_what_no_column_holds_is_a_reject(things: str, fields: dict[str, Any], reason: str) -> None:
    bad = thing(1) | fields
    land([[thing(5), bad, thing(6)]])
    report = load("lab", "things", NIGHT)
    assert (report.read, report.new, report.rejected) == (3, 2, 1)
    ((payload, told, offset),) = rows(things, "select payload, reason, record_offset from raw.quarantine")
    assert json.loads(payload) == bad
    assert reason in told
    assert offset == 1
    assert rows(things, "select id from raw.lab__things order by id") == [(5,), (6,)]


@pytest.mark.parametrize("stored", [False, True], ids=["straight", "staged"])
def test_one_bad_record_of_a_thousand(things: str, stored: bool) -> None:
    if stored:
        assert load("lab", "things", NIGHT, land([[thing(5000)]]).run_id).new == 1
    records = [thing(number, parts=[{"sku": f"{number}"}]) for number in range(1000)]
    records[617]["changedAt"] = "yesterday"
    run = land([records[:600], records[600:]])
    report = load("lab", "things", NIGHT, run.run_id)
    assert (report.read, report.new, report.rejected) == (1000, 999, 1)
    found = rows(things, "select natural_key, landing_file, record_offset, reason from raw.quarantine")
    assert found == [("617", "page-00002.zst", 17, "Invalid RFC3339 encoded datetime - at `$.changedAt`")]
    expected = sorted(set(range(1000)) - {617})
    parents = "select id from raw.lab__things where id < 5000 order by id"
    assert [number for (number,) in rows(things, parents)] == expected
    children = "select sku from raw.lab__things__parts order by sku::int"
    assert [int(sku) for (sku,) in rows(things, children)] == expected


def test_more_rejects_than_wait_in_memory(things: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_LOAD_QUARANTINE_LIMIT", "1.0")
    pages = [[thing(page * 700 + n, flag="no") for n in range(600)] + [thing(90000 + page)] for page in range(4)]
    land(pages)
    report = load("lab", "things", NIGHT)
    assert (report.read, report.rejected, report.new) == (2404, 2400, 4)
    assert rows(things, "select count(*), count(distinct natural_key) from raw.quarantine") == [(2400, 2400)]


def test_too_many_rejects_leave_nothing(things: str) -> None:
    pages = [[thing(page * 700 + n, flag="no") for n in range(600)] + [thing(90000 + page)] for page in range(4)]
    land(pages)
    with pytest.raises(DataError, match="2400 of 2404 records break the contract"):
        load("lab", "things", NIGHT)
    for table in ("raw.quarantine", "raw.lab__things", "raw.lab__things__parts", "ops.watermarks"):
        assert rows(things, f"select count(*) from {table}") == [(0,)]


def test_undeclared_fields_are_counted(things: str) -> None:
    records: list[Any] = [thing(n, **{f"field {k}": n for k in range(5) if n % (k + 1) == 0}) for n in range(1, 101)]
    # A name that the struct uses inside, one twice in a record, and one that only a rejected record has.
    records += [thing(101, changed_at=1, undeclared_0=2), b'{"id":102,"changedAt":"2026-11-20T00:00:00Z","x":1,"x":2}']
    records += [thing(103, flag="no", only_rejected=1)]
    land([records[:50], records[50:]])
    load("lab", "things", NIGHT)
    ((counts,),) = rows(things, "select unknown_fields from ops.loads")
    assert counts == {
        **{f"field {k}": len([n for n in range(1, 101) if n % (k + 1) == 0]) for k in range(5)},
        **{"changed_at": 1, "undeclared_0": 1, "x": 1},
    }


def test_records_with_keys_of_their_own_making(things: str) -> None:
    land([[thing(n, **{f"key {n}": 1, f"other {n}": 2, "common": 3}) for n in range(400)]])
    load("lab", "things", NIGHT)
    ((counts,),) = rows(things, "select unknown_fields from ops.loads")
    assert counts == {"common": 400, **{f"key {n}": 1 for n in range(400)}, **{f"other {n}": 1 for n in range(400)}}


def test_a_load_of_the_same_neither_writes_nor_locks_a_row(things: str) -> None:
    run = land([[thing(n, parts=[{"sku": "a"}]) for n in range(50)]])
    first = load("lab", "things", NIGHT, run.run_id)
    before = versions(things)
    again = load("lab", "things", NIGHT, run.run_id)
    assert (first.new, again.new, again.changed, again.same) == (50, 0, 0, 50)
    assert versions(things) == before
    assert rows(things, "select count(*) from raw.lab__things where xmax <> 0") == [(0,)]


def test_a_damaged_page_stops_the_load_midway(things: str) -> None:
    run = land([[thing(1)], [thing(2)]])
    page = run.path / "page-00002.zst"
    page.write_bytes(page.read_bytes()[:-1] + b"\x00")
    with pytest.raises(DataError, match="page-00002"):
        load("lab", "things", NIGHT)
    assert rows(things, "select count(*) from raw.lab__things") == [(0,)]
