"""WooCommerce's lists, walked while they move, and bodies that are not only JSON: every way for a row to slip away."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from own_world import at, gone, line, own_world
from shop import NIGHT, NOW, bring_in, column, customer_record, order_record, people

from cx_etl import landing
from cx_etl.errors import CxError, DataError, RestartError, RetriableError
from cx_etl.extract import extract
from cx_etl.load import load
from cx_etl.sources import woocommerce
from cx_etl.sources.base import Answer, Window
from raw_state import answer
from sandboxes import Sandbox

NOTICE = "<br />\n<b>Warning</b>:  Undefined array key [0] in <b>/srv/plugin.php</b> on line <b>7</b><br />\n"


@pytest.mark.parametrize("storage", ["posts", "hpos"])
@pytest.mark.parametrize("size", [7, 23])
def test_the_hour_that_comes_twice_in_autumn_loses_nothing(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str, size: int
) -> None:
    """A site without order tables sorts 01:10 after the change before 01:30 before it."""
    start = at("2026-11-01 03:00")
    moments = [start + timedelta(minutes=2 * number) for number in range(150)]
    lines = [line(moment, order_record(number, moment)) for number, moment in enumerate(moments, start=1)]
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", size)
    settings = f'[woocommerce]\nstorage = "{storage}"\n'
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch, settings) as site:
        site.at_end_of(date(2026, 11, 1))
        assert extract("woocommerce", "orders", date(2026, 11, 1)).pages > 150 / size
    load("woocommerce", "orders", date(2026, 11, 1))
    assert answer(warehouse, "select count(*) from raw.woocommerce__orders") == 150
    # None of it by starting anew.
    assert len(landing.runs("woocommerce", "orders", date(2026, 11, 1))) == 1


def test_more_orders_of_one_second_than_a_page_holds(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [at("2026-11-20 10:00:05") + timedelta(seconds=number // 30) for number in range(90)]
    lines = [line(moment, order_record(number, moment)) for number, moment in enumerate(moments, start=1)]
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 8)
    with own_world(tmp_path / "world", {"woocommerce/orders": lines}, monkeypatch) as site:
        site.at_end_of(NIGHT)
        bring_in("orders")
    assert answer(warehouse, "select count(*) from raw.woocommerce__orders") == 90


def test_an_order_changed_at_the_very_start_of_a_window_is_in_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter excludes the second it names."""
    start = at("2026-11-20 00:00:00")
    (first, trash) = woocommerce.SOURCE.stream("orders").start(Window(start, start))
    assert first.params["modified_after"] == "2026-11-19T23:59:59"
    assert (first.params["dates_are_gmt"], first.params["status"], trash.params["status"]) == ("true", "any", "trash")


def test_notices_of_php_are_landed_as_received_and_read_past(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 15)
    for stream in ("orders", "customers"):
        sandbox.spoil(
            {"system": "woocommerce", "path": f"/{stream}", "kind": "prefix", "body": NOTICE, "times": 2},
            {"system": "woocommerce", "path": f"/{stream}", "kind": "prefix", "body": "\ufeff", "times": 99},
        )
        bring_in(stream)
        expected = sandbox.records(f"woocommerce/{stream}", NOW)
        assert answer(warehouse, f"select count(*) from raw.woocommerce__{stream}") == len(expected)
        (run,) = landing.runs("woocommerce", stream, NIGHT)
        bodies = [body for _, _, body in run.pages()]
        assert sum(body.startswith(NOTICE.encode()) for body in bodies) == 2


def test_a_cut_answer_behind_a_notice_is_no_short_answer(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut where an empty list inside an order ends: what is left must not be taken for an empty page."""
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "1")
    body = f'{NOTICE}[{{"id":1,"meta_data":[]'
    sandbox.spoil({"system": "woocommerce", "path": "/orders", "kind": "status", "status": 200, "body": body})
    with pytest.raises(RetriableError, match="the answer is not what the vendor documents"):
        extract("woocommerce", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def _answer(rows: list[dict[str, Any]], headers: dict[str, str], after: str = "2026-11-20T00:00:00") -> Answer:
    (request, _) = woocommerce.SOURCE.stream("orders").start(Window(at(after), at(after)))
    return Answer(request, json.dumps(rows).encode(), headers)


COUNTED = {"X-WP-Total": "1", "X-WP-TotalPages": "1"}


def test_a_site_that_ignores_the_filter_is_named() -> None:
    read = woocommerce.SOURCE.stream("orders").read
    early = _answer([order_record(5, at("2026-11-18 10:00"))], COUNTED)
    with pytest.raises(RetriableError, match="record 5 is not of the page that was asked for") as caught:
        read(early)
    assert "the site ignores modified_after" in caught.value.next_step
    assert read(_answer([order_record(5, at("2026-11-20 10:00"))], COUNTED)).records == 1


def test_counts_that_a_proxy_took_away_are_named() -> None:
    with pytest.raises(DataError, match="the answer has no X-WP-TotalPages"):
        woocommerce.SOURCE.stream("orders").read(_answer([], {"X-WP-Total": "0"}))


def test_a_refused_parameter_is_named(sandbox: Sandbox, warehouse: str) -> None:
    """As sites before 5.8 refuse to sort by modified time."""
    told = {"code": "rest_invalid_param", "message": "Invalid parameter(s): orderby", "data": {"status": 400}}
    sandbox.spoil({"system": "woocommerce", "path": "/orders", "kind": "status", "status": 400, "body": told})
    with pytest.raises(CxError, match=r"400 .*Invalid parameter\(s\): orderby"):
        extract("woocommerce", "orders", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


@pytest.fixture
def crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Forty customers; at four and at six in the morning the first one goes and another comes."""
    lines = people(40)
    for number, moment in enumerate((at("2026-11-21 04:00"), at("2026-11-21 06:00")), start=1):
        lines += [gone(moment, number), line(moment, customer_record(40 + number, moment))]
    monkeypatch.setattr("cx_etl.sources.woocommerce_lists.PAGE_SIZE", 10)
    with own_world(tmp_path / "world", {"woocommerce/customers": lines}, monkeypatch) as site:
        site.at_end_of(NIGHT)
        yield site


def test_rows_that_move_up_while_the_list_is_walked_make_it_start_anew(crowd: Sandbox, warehouse: str) -> None:
    """One goes, one comes: the count stays the same, and a row slips from the next page to the one already read."""
    crowd.spoil({"system": "woocommerce", "path": "/customers", "kind": "advance_clock", "seconds": 7200, "after": 2})
    bring_in("customers")
    found = column(warehouse, "select id from raw.woocommerce__customers where _deleted_at is null order by id")
    assert found == list(range(2, 42))
    (given_up, _) = landing.runs("woocommerce", "customers", NIGHT)
    assert "has moved to another page" in (given_up.path / "abandoned.txt").read_text()


def test_rows_that_never_stand_still_fail_the_stream(crowd: Sandbox, warehouse: str) -> None:
    # In the third request of either walk; a request that one rule strikes is not counted by the other.
    rule = {"system": "woocommerce", "path": "/customers", "kind": "advance_clock", "seconds": 7200}
    crowd.spoil(rule | {"after": 2}, rule | {"after": 4})
    with pytest.raises(RestartError, match=r"record \d+ has moved to another page"):
        extract("woocommerce", "customers", NIGHT)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
