"""Any sequence of loads leaves what an obviously correct slow model says: pages, versions, doubles, rejects, orders."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_etl.load import load
from things import NIGHT, START, empty, install, land, rows, thing

Record = dict[str, Any]
TOMBSTONE = ("id", "changedAt", "gone")


@dataclass
class Kept:
    """The version of a thing that stands, its parts, and when it was seen."""

    thing: Record
    parts: list[Record]
    version: datetime
    observed: datetime
    said: str


@dataclass
class Model:
    """The raw tables as plain Python: one dictionary, walked one record at a time."""

    has_tombstone: bool
    things: dict[int, Kept] = field(default_factory=dict)

    def load(self, pages: list[list[Record]], observed: list[datetime]) -> tuple[int, int, int]:
        """New, changed and rejected records."""
        newest: dict[int, tuple[Record, datetime]] = {}
        rejected = 0
        for page, seen in zip(pages, observed, strict=True):
            for record in page:
                if not _keeps_the_contract(record):
                    rejected += 1
                elif record["id"] not in newest or _clocks(record, seen) >= _clocks(*newest[record["id"]]):
                    newest[record["id"]] = (record, seen)
        before = set(self.things)
        changed = [record["id"] for record, seen in newest.values() if self._take(record, seen)]
        return len(set(changed) - before), len(set(changed) & before), rejected

    def _take(self, record: Record, seen: datetime) -> bool:
        kept, said = (
            self.things.get(record["id"]),
            json.dumps(_columns(record) | {"parts": _parts(record)}, default=str),
        )
        if kept and (_clocks(record, seen) < (kept.version, kept.observed) or kept.said == said):
            return False
        new = Kept(_columns(record), _parts(record), *_clocks(record, seen), said)
        if self.has_tombstone and record.get("gone"):
            # What was known stays, but for the fields of the tombstone; a new record has nothing to keep.
            if kept:
                new.thing = {**kept.thing, **{name: new.thing[name] for name in TOMBSTONE}}
            new.parts = kept.parts if kept else []
        self.things[record["id"]] = new
        return True


def _clocks(record: Record, seen: datetime) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(record["changedAt"]), seen


def _keeps_the_contract(record: Record) -> bool:
    return isinstance(record["id"], int) and record.get("price") != "NaN" and not isinstance(record.get("name"), int)


def _columns(record: Record) -> Record:
    box = record.get("box") or {}
    return {
        "id": record["id"],
        "changedAt": datetime.fromisoformat(record["changedAt"]),
        "gone": record.get("gone", False),
        "name": record.get("name") and record["name"].replace("\x00", "\ufffd"),
        "price": Decimal(record["price"]) if record.get("price") else None,
        "ratio": record.get("ratio"),
        "blob": base64.b64decode(record["blob"]) if record.get("blob") is not None else None,
        "tags": record.get("tags") and [tag and tag.replace("\x00", "\ufffd") for tag in record["tags"]],
        "box__color": box.get("color"),
        "box__size__width": (box.get("size") or {}).get("width"),
    }


def _parts(record: Record) -> list[Record]:
    return [{"sku": part["sku"].replace("\x00", "\ufffd")} for part in record.get("parts") or []]


texts = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(['"', "\\", "\\n", "\n", "null", ",", "\\.", "🧾", "\x00", "]\n["]),
)
whole_number = st.integers(-(2**63), 2**63 - 1)
fields = st.fixed_dictionaries(
    {},
    optional={
        "gone": st.booleans(),
        "name": st.one_of(texts, st.none(), st.just(5)),
        "price": st.one_of(st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str), st.just("NaN")),
        "ratio": st.floats(allow_nan=False, allow_infinity=False),
        "blob": st.binary(max_size=6).map(lambda content: base64.b64encode(content).decode()),
        "tags": st.lists(st.one_of(texts, st.none()), max_size=3),
        "box": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {}, optional={"color": texts.filter(lambda text: "\x00" not in text), "size": st.just({"width": 0})}
            ),
        ),
        "parts": st.lists(st.fixed_dictionaries({"sku": texts}), max_size=3),
        "undeclared": st.integers(0, 3),
    },
)
records = st.builds(lambda key, minute, rest: thing(key, minute, **rest), st.integers(1, 4), st.integers(0, 3), fields)
pages = st.lists(records, min_size=0, max_size=5)
runs = st.lists(st.tuples(pages, st.integers(0, 2)), min_size=1, max_size=3)


@pytest.fixture(params=[False, True], ids=["plain", "tombstone"])
def lab(request: pytest.FixtureRequest, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bool]:
    monkeypatch.setenv("CX_LOAD_QUARANTINE_LIMIT", "1.0")
    names = TOMBSTONE if request.param else None
    install(monkeypatch, tombstone=names)
    return warehouse, request.param


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(loads=st.lists(runs, min_size=1, max_size=4))
def test_loads_leave_what_the_slow_model_says(lab: tuple[str, bool], loads: list[Any]) -> None:
    dsn, has_tombstone = lab
    empty(dsn)
    model = Model(has_tombstone)
    for run in loads:
        found, seen = [page for page, _ in run], [START + timedelta(hours=26, minutes=minute) for _, minute in run]
        report = load("lab", "things", NIGHT, land(found, observed=seen).run_id)
        assert (report.new, report.changed, report.rejected) == model.load(found, seen)
        assert report.read == sum(map(len, found)) == report.new + report.changed + report.same + report.rejected
        _require_equal(dsn, model)


def _require_equal(dsn: str, model: Model) -> None:
    names = ("id", "changedAt", "gone", "name", "price", "ratio", "blob", "tags", "box__color", "box__size__width")
    listed = ", ".join(f'"{name}"' for name in names)
    stored = rows(dsn, f"select {listed}, _version_at, _observed_at, _deleted_at from raw.lab__things order by id")
    expected = [
        (*(kept.thing[name] for name in names), kept.version, kept.observed, kept.version if _is_gone(kept) else None)
        for _, kept in sorted(model.things.items())
    ]
    assert [repr(row) for row in stored] == [repr(row) for row in expected]
    parts = rows(dsn, "select _parent_key, _position, sku from raw.lab__things__parts order by 1, 2")
    assert parts == [
        (str(key), position, part["sku"])
        for key, kept in sorted(model.things.items())
        for position, part in enumerate(kept.parts)
    ]


def _is_gone(kept: Kept) -> bool:
    return bool(kept.thing["gone"])


def test_straight_and_staged_loads_make_the_same_tables(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first load, the same with a key that comes twice (so that it falls back), and one on top of another record."""
    install(monkeypatch)
    records = [thing(n, n, name=f"name {n}", parts=[{"sku": f"{n}-{p}"} for p in range(n % 4)]) for n in range(300)]
    halves = [records[:150], records[150:]]
    meta = "_row_hash, _version_at, _night"
    parents = f'select id, "changedAt", name, {meta} from raw.lab__things where id < 999 order by id'
    parts = "select _parent_key, _position, sku, _night from raw.lab__things__parts order by 1, 2"
    found = []
    for before, now in (([], halves), ([], [*halves, records[:1]]), ([[thing(999)]], halves)):
        empty(warehouse)
        for each in filter(None, (before, now)):
            load("lab", "things", NIGHT, land(each).run_id)
        found.append((rows(warehouse, parents), rows(warehouse, parts)))
    assert len(found[0][0]) == 300
    assert len(found[0][1]) == 450
    assert found[0] == found[1] == found[2]


def test_a_second_account_comes_in_beside_the_first(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    land([[thing(1, name="ours", parts=[{"sku": "a"}])]])
    land([[thing(1, name="theirs", parts=[{"sku": "b"}, {"sku": "c"}])]], account="emea")
    for label in ("lab", "lab:emea", "lab"):
        load(label, "things", NIGHT)
    assert rows(warehouse, "select _account, name from raw.lab__things order by 1") == [
        ("emea", "theirs"),
        ("main", "ours"),
    ]
    assert rows(warehouse, "select _account, sku from raw.lab__things__parts order by 1, 2") == [
        ("emea", "b"),
        ("emea", "c"),
        ("main", "a"),
    ]


def test_what_a_complete_answer_no_longer_has_is_marked(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, absent_is_deleted=True, found_by="")
    nights = [date(2026, 11, 20), date(2026, 11, 21)]
    later = [START + timedelta(hours=50)]
    land([[thing(n, parts=[{"sku": "x"}]) for n in (1, 2, 3, 4)]], nights[0])
    # 3 is there but unreadable: it is not gone.
    land([[thing(1), thing(3, flag="no")]], nights[1], later)
    assert load("lab", "things", nights[0]).deleted == 0
    report = load("lab", "things", nights[1])
    assert (report.deleted, report.rejected) == (2, 1)
    gone = rows(warehouse, "select id, _deleted_at from raw.lab__things where _deleted_at is not null order by 1")
    assert gone == [(2, later[0].astimezone(UTC)), (4, later[0].astimezone(UTC))]


def test_an_older_answer_says_nothing_of_what_was_seen_later(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, absent_is_deleted=True, found_by="")
    nights = [date(2026, 11, 20), date(2026, 11, 21)]
    land([[thing(1)]], nights[0])
    land([[thing(1), thing(2)]], nights[1], [START + timedelta(hours=50)])
    load("lab", "things", nights[1])
    assert load("lab", "things", nights[0]).deleted == 0
    assert rows(warehouse, "select id from raw.lab__things where _deleted_at is null order by 1") == [(1,), (2,)]


def test_nothing_is_marked_where_a_record_could_not_even_be_named(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, absent_is_deleted=True, found_by="")
    nights = [date(2026, 11, 20), date(2026, 11, 21)]
    land([[thing(n) for n in range(1, 40)]], nights[0])
    nameless = {name: value for name, value in thing(39).items() if name != "id"}
    land([[*(thing(n) for n in range(1, 39)), nameless]], nights[1], [START + timedelta(hours=50)])
    load("lab", "things", nights[0])
    report = load("lab", "things", nights[1])
    assert (report.deleted, report.rejected) == (0, 1)


def test_an_account_marks_its_own_records_only(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, absent_is_deleted=True, found_by="")
    nights = [date(2026, 11, 20), date(2026, 11, 21)]
    land([[thing(1), thing(2)]], nights[0])
    land([[thing(1), thing(2)]], nights[0], account="emea")
    land([[thing(1)]], nights[1], [START + timedelta(hours=50)])
    for label, night in (("lab", nights[0]), ("lab:emea", nights[0]), ("lab", nights[1])):
        load(label, "things", night)
    gone = rows(warehouse, "select _account, id from raw.lab__things where _deleted_at is not null")
    assert gone == [("main", 2)]


def test_a_night_read_again_says_nothing_of_what_lies_past_its_window(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, absent_is_deleted=True, found_by="changedAt")
    next_night = date(2026, 11, 21)
    land([[thing(1), thing(2)]])
    land([[thing(1), thing(2), thing(3, minute=36 * 60)]], next_night, [START + timedelta(hours=50)])
    load("lab", "things", NIGHT)
    load("lab", "things", next_night)
    land([[thing(1)]], NIGHT, [START + timedelta(hours=60)])
    assert load("lab", "things", NIGHT).deleted == 1
    assert rows(warehouse, "select id from raw.lab__things where _deleted_at is null order by 1") == [(1,), (3,)]
