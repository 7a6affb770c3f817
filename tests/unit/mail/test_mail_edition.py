"""What a night's mail is about: a publication, nothing new, or an earlier publication that was kept."""

from datetime import date, timedelta

import pytest

from cx_etl import mail, publish
from cx_etl.mail.edition import NotYetError
from tests.expectations.handmade import connection, make_marts, put_rows, start_build
from tests.unit.mail.conftest import SATURDAY, Subscribe, ending, ledger, put_load, sent, statuses
from tests.unit.mail.postbox import Postbox
from tests.unit.snapshot.conftest import publish_build

SUNDAY = SATURDAY + timedelta(days=1)


def check(build_id: int, success: bool) -> None:
    """The result of the only, critical expectation."""
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.gate_results (build_id, mart, expectation, severity, success, observed, reason, owner)"
            " values (%s, 'fct_orders', 'at least 1 row', 'critical', %s, '0 rows', 'why', 'data')",
            (build_id, success),
        )


def test_red_gate_is_told_with_the_kept_figures(saturday: int, board: None, postbox: Postbox) -> None:
    red = start_build(night=SUNDAY)
    put_rows(red, "metric_values", [ending(SUNDAY, 77)])
    check(red, False)
    assert statuses(SUNDAY) == ["sent"]
    (message,) = postbox.received
    assert message["subject"] == "Kept yesterday's: gate red · NPS 31 · 412 responses · 1 thing to look at"
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        text = " ".join(body.get_content().split())
        assert "The checks stopped the figures of the night of Sunday 21 October 2018: they are not published." in text
        assert "fct_orders: expected at least 1 row; observed 0 rows" in text
        assert "31.0" in text
        assert "77" not in text
    assert ledger("night", "publication_id", "edition") == [(SUNDAY, saturday, "kept")]


def test_a_later_green_build_of_the_night_is_told_as_well(saturday: int, board: None, postbox: Postbox) -> None:
    check(start_build(night=SUNDAY), False)
    assert statuses(SUNDAY) == ["sent"]
    green = start_build(night=SUNDAY)
    put_rows(green, "metric_values", [ending(SUNDAY, 33)])
    publish_build(green)
    assert statuses(SUNDAY) == ["sent"]
    assert statuses(SUNDAY) == ["already sent"]
    assert [message["subject"][:8] for message in postbox.received] == ["Kept yes", "NPS 33 ▲"]


def test_a_publication_that_was_taken_back_is_not_sent(saturday: int, board: None, postbox: Postbox) -> None:
    sunday = start_build(night=SUNDAY)
    put_rows(sunday, "metric_values", [ending(SUNDAY, 77)])
    publish_build(sunday)
    publish.rollback(saturday)
    assert statuses(SUNDAY) == ["sent"]
    assert postbox.received[0]["subject"].startswith("Kept yesterday's: taken back · NPS 31 · ")


def test_older_kept_figures_are_not_called_yesterdays(saturday: int, board: None, postbox: Postbox) -> None:
    check(start_build(night=SUNDAY + timedelta(days=1)), False)
    assert statuses(SUNDAY + timedelta(days=1)) == ["sent"]
    assert postbox.received[0]["subject"].startswith("Kept those of Saturday 20 October 2018: gate red")


@pytest.mark.parametrize(("new", "says_no_news"), [(0, True), (1, False)])
def test_a_night_that_brought_nothing_is_said(
    warehouse: str, board: None, postbox: Postbox, new: int, says_no_news: bool
) -> None:
    make_marts()
    build_id = start_build(night=SATURDAY)
    put_rows(build_id, "metric_values", [ending(SATURDAY, 31)])
    put_load("shopify", SATURDAY, new=0)
    put_load("zendesk", SATURDAY, new=new)
    publish_build(build_id)
    assert statuses() == ["sent"]
    subject = postbox.received[0]["subject"]
    assert subject.startswith("No new data, as of Saturday 20 October 2018 · NPS 31") == says_no_news
    assert (ledger("edition") == [("no_new_data",)]) == says_no_news


def test_a_load_repeated_after_the_publication_makes_it_no_older(saturday: int, board: None, postbox: Postbox) -> None:
    with connection() as warehouse:
        warehouse.execute("update ops.loads set rows_new = 0, loaded_at = now() + interval '1 minute'")
    assert statuses() == ["sent"]
    assert ledger("edition") == [("new",)]


def test_a_build_without_changes_keeps_the_publication_and_says_so(
    saturday: int, board: None, postbox: Postbox
) -> None:
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.builds (night, as_of_date, status, rows_changed) values (%s, %s, 'built', 0)",
            (SUNDAY, SATURDAY),
        )
        (build_id,) = warehouse.execute("select max(build_id) from ops.builds").fetchone() or (0,)
    check(build_id, True)
    assert not publish.publish(build_id).published
    assert statuses(SUNDAY) == ["sent"]
    assert postbox.received[0]["subject"].startswith("No new data, as of Saturday 20 October 2018 · NPS 31 · ")


@pytest.mark.parametrize(
    ("status", "checked", "says"),
    [
        ("running", False, "is running"),
        ("failed", False, "is failed"),
        ("built", False, "has not been through the gate"),
        ("built", True, "is checked and not published"),
    ],
)
def test_nothing_is_sent_of_a_night_that_is_not_over(
    saturday: int, board: None, postbox: Postbox, status: str, checked: bool, says: str
) -> None:
    build_id = start_build(night=SUNDAY, status=status)
    if checked:
        check(build_id, True)
    with pytest.raises(NotYetError, match=says):
        sent(SUNDAY)
    assert (postbox.received, ledger("status")) == ([], [])


def test_a_night_without_a_build_is_an_error(saturday: int, board: None) -> None:
    with pytest.raises(NotYetError, match="there is no build of 2018-11-01"):
        list(mail.send(date(2018, 11, 1)))


def test_nothing_published_is_an_error(warehouse: str, board: None) -> None:
    with pytest.raises(NotYetError, match="nothing has been published"):
        list(mail.send(SATURDAY))


@pytest.mark.parametrize(
    ("only_when", "red", "reason"),
    [
        ("new_publication", True, "no new publication: gate red"),
        ("things_to_look_at", True, None),
        ("things_to_look_at", False, "there is nothing to look at"),
        ("new_publication", False, None),
        ("always", False, None),
    ],
)
def test_a_condition_that_does_not_hold_is_recorded_as_a_skip(
    warehouse: str, subscribe: Subscribe, postbox: Postbox, only_when: str, red: bool, reason: str | None
) -> None:
    make_marts()
    build_id = start_build(night=SATURDAY)
    put_rows(build_id, "metric_values", [ending(SATURDAY, 31)])
    publish_build(build_id)
    night = SATURDAY
    if red:
        night = SUNDAY
        check(start_build(night=SUNDAY), False)
    subscribe({"name": "board", "to": ["ann@shop.example"], "only_when": only_when})
    (outcome,) = sent(night)
    assert (outcome.status, outcome.detail) == (("skipped", reason) if reason else ("sent", ""))
    assert ledger("status", "reason", "attempts") == [("skipped", reason, 0) if reason else ("sent", None, 1)]
    assert len(postbox.received) == (0 if reason else 1)
    (again,) = sent(night)
    assert again.status == ("skipped" if reason else "already sent")
    assert not again.is_news
