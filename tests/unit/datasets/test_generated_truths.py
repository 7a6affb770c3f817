"""truths.json against a slow second count, made from the dataset's files alone."""

import json
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dataset_files import newest, time_of, versions

from sandbox.generate import generate
from sandbox.generator.plan import Plan
from sandbox.generator.truths import Diary
from sandbox.generator.truths import truths as truths_of

ZONE = ZoneInfo("Europe/Lisbon")
NIGHTS = (date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20))
Dated = list[tuple[date, int]]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("truths") / "set"
    generate(out, seed=11, customers=400, nights=200)
    return out


@pytest.fixture(scope="module")
def truths(dataset: Path) -> dict[str, Any]:
    return json.loads((dataset / "truths.json").read_text())


def _end(night: date) -> datetime:
    return datetime.combine(night + timedelta(days=1), time(), ZONE)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _nicely(dataset: Path, end: datetime, question: str, scale: range) -> list[tuple[date, int]]:
    answered = [
        r for r in newest(dataset, "asknicely/responses", end) if r["question_type"] == question and r["answer"]
    ]
    dated = [(_day(datetime.fromtimestamp(int(r["responded"]), ZONE)), int(r["answer"])) for r in answered]
    return [(day, answer) for day, answer in dated if answer in scale]


def _nps(dataset: Path, end: datetime) -> Dated:
    return [(day, (a >= 9) - (a <= 6)) for day, a in _nicely(dataset, end, "nps", range(11))]


def _stars(dataset: Path, end: datetime) -> Dated:
    return [(day, int(a >= 4)) for day, a in _nicely(dataset, end, "fivestar", range(1, 6))]


def _ratings(dataset: Path, end: datetime) -> Dated:
    rated = [r for r in newest(dataset, "zendesk/satisfaction_ratings", end) if r["score"] != "offered"]
    legacy = [(_day(time_of(r["updated_at"])), int(r["score"] == "good")) for r in rated]
    return legacy + _survey_ratings(dataset, end)


def _survey_ratings(dataset: Path, end: datetime) -> Dated:
    """The helpdesk's surveys of today: a rating of five points among the answers."""
    given = [
        answer
        for response in newest(dataset, "zendesk/survey_responses", end)
        for answer in response["answers"]
        if answer["type"] == "rating_scale"
    ]
    return [(_day(time_of(answer["updated_at"])), int(answer["rating"] >= 4)) for answer in given]


def _both(dataset: Path, end: datetime) -> Dated:
    return _stars(dataset, end) + _ratings(dataset, end)


def _effort(dataset: Path, end: datetime) -> Dated:
    found = []
    for r in newest(dataset, "typeform/responses", end):
        for answer in r.get("answers", []):
            if answer["field"]["ref"] == "ces_agree":
                found.append((_day(time_of(r["submitted_at"])), int(answer["number"] >= 4)))
    return found


def _first_replies(dataset: Path, end: datetime) -> Dated:
    agents = {u.id for u in versions(dataset, "zendesk/users") if u.record["role"] == "agent"}
    first: dict[int, datetime] = {}
    for event in versions(dataset, "zendesk/ticket_events"):
        children = event.record["child_events"]
        is_creation = any(c["event_type"] == "Create" for c in children)
        is_reply = any(c["event_type"] == "Comment" and c["public"] and c["author_id"] in agents for c in children)
        if event.at < end and is_reply and not is_creation:
            first.setdefault(event.record["ticket_id"], event.at)
    found = []
    for ticket in newest(dataset, "zendesk/tickets", end):
        is_excluded = ticket["status"] == "deleted" or {"spam", "test"} & set(ticket["tags"])
        if ticket["id"] in first and not is_excluded:
            created = time_of(ticket["created_at"])
            found.append((_day(created), int((first[ticket["id"]] - created).total_seconds() / 60)))
    return found


def _late(dataset: Path, end: datetime) -> Dated:
    found = []
    for order in newest(dataset, "shopify/orders", end):
        for s in order["fulfillments"]:
            if s["deliveredAt"] and s["estimatedDeliveryAt"] and not order["test"]:
                delivered, promised = time_of(s["deliveredAt"]), time_of(s["estimatedDeliveryAt"])
                assert (delivered > promised) == (_day(delivered) > _day(promised))
                found.append((_day(delivered), int(delivered > promised)))
    return found


RATES = {
    "nps": _nps,
    "csat_top2": _both,
    "csat_top2:asknicely": _stars,
    "csat_top2:zendesk": _ratings,
    "ces_agree": _effort,
    "first_reply_minutes_mean": _first_replies,
    "late_delivery_rate": _late,
}


def _bounds(grain: str, label: str, night: date) -> tuple[date, date]:
    """First and last day of a period of truths.json."""
    if grain == "all_time":
        return date.min, night
    if grain == "month":
        return date.fromisoformat(f"{label}-01"), min(night, _last_of_month(label))
    day = date.fromisoformat(label)
    return (day, day) if grain == "day" else (day - timedelta(days=29), day)


def _last_of_month(label: str) -> date:
    year, month = map(int, label.split("-"))
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("metric", RATES)
def test_rates_equal_the_second_count(dataset: Path, truths: dict[str, Any], metric: str, night: date) -> None:
    dated = RATES[metric](dataset, _end(night))
    assert len(dated) > 20
    for grain, cells in truths["as_of"][str(night)][metric].items():
        for label, cell in cells.items():
            first, last = _bounds(grain, label, night)
            inside = [value for day, value in dated if first <= day <= last]
            assert cell == {"n": len(inside), "numerator": sum(inside), "denominator": len(inside)}, (grain, label)


def _order_days(dataset: Path) -> dict[str, list[date]]:
    """The days of each customer's orders: the e-mail in lower case without blanks, or the order itself."""
    days = defaultdict(list)
    for order in newest(dataset, "shopify/orders"):
        if not order["test"]:
            days[(order["email"] or order["id"]).strip().lower()].append(_day(time_of(order["createdAt"])))
    return days


@pytest.mark.parametrize("night", NIGHTS)
def test_repeat_purchases_equal_the_second_count(dataset: Path, truths: dict[str, Any], night: date) -> None:
    days = _order_days(dataset)
    for grain, cells in truths["as_of"][str(night)]["repeat_purchase_rate"].items():
        for label, cell in cells.items():
            first, last = _bounds(grain, label, night)
            counts = Counter(key for key, ordered in days.items() for day in ordered if first <= day <= last)
            repeated = sum(count >= 2 for count in counts.values())
            assert (cell["numerator"], cell["denominator"]) == (repeated, len(counts)), (grain, label)


@pytest.mark.parametrize("night", NIGHTS)
def test_logo_churn_equals_the_second_count(dataset: Path, truths: dict[str, Any], night: date) -> None:
    days, ninety = _order_days(dataset), timedelta(days=90)
    cells = truths["as_of"][str(night)]["logo_churn_rate"]
    for grain in ("day", "month", "rolling_30d"):
        for label, cell in cells[grain].items():
            first, last = _bounds(grain, label, night)
            end = last + timedelta(days=1)
            start = {key for key, all_days in days.items() if any(first - ninety <= d < first for d in all_days)}
            lost = {key for key in start if not any(end - ninety <= d < end for d in days[key])}
            assert (cell["numerator"], cell["denominator"]) == (len(lost), len(start)), (grain, label)
    assert "2026-11" not in cells["month"]
    assert cells["month"]["2026-10"]["numerator"] > 0
    seen = [[day for day in all_days if day <= night] for all_days in days.values()]
    last = [max(all_days) for all_days in seen if all_days]
    quiet = sum((night + timedelta(days=1) - day).days > 90 for day in last)
    assert cells["all_time"]["all"] == {"n": len(last), "numerator": quiet, "denominator": len(last)}


def test_inactive_customers_equal_the_second_count(dataset: Path, truths: dict[str, Any]) -> None:
    days = _order_days(dataset)
    assert "2026-11-01" in truths["churn"]["inactive_90d"]
    for label, cell in truths["churn"]["inactive_90d"].items():
        month = date.fromisoformat(label)
        last = [max(d for d in all_days if d < month) for all_days in days.values() if min(all_days) < month]
        lost = sum((month - day).days > 90 for day in last)
        assert cell == {"customers_at_start": len(last), "customers_lost": lost}


def test_counts_are_what_the_last_night_sees(dataset: Path, truths: dict[str, Any]) -> None:
    for stream, count in truths["counts"].items():
        assert count == len(newest(dataset, stream, _end(NIGHTS[-1]))), stream


def test_truth_changes_between_nights(truths: dict[str, Any]) -> None:
    seen = {json.dumps(metrics["nps"]["all_time"]) for metrics in truths["as_of"].values()}
    assert len(seen) > 1


def _cells(diary: Diary, metric: str, grain: str, label: str) -> list[tuple[int, int]]:
    """Numerator and denominator of one period, as of each of the last three nights."""
    as_of = truths_of(diary)["as_of"]
    cells = [as_of[str(night)][metric][grain][label] for night in NIGHTS]
    return [(cell["numerator"], cell["denominator"]) for cell in cells]


def test_a_night_knows_what_happened_before_its_midnight() -> None:
    """A reply after midnight joins the day its ticket was created on, but only in the next night's truth."""
    diary = Diary(Plan(7, 10, 100, NIGHTS[-1], "Europe/Lisbon"))
    created = datetime(2026, 11, 18, 22, 0, tzinfo=ZONE)
    diary.replied(created, datetime(2026, 11, 19, 0, 0, tzinfo=ZONE), until=None)
    diary.replied(created, datetime(2026, 11, 18, 23, 0, tzinfo=ZONE), datetime(2026, 11, 20, 9, tzinfo=ZONE))
    seen = _cells(diary, "first_reply_minutes_mean", "day", "2026-11-18")
    assert seen == [(60, 1), (180, 2), (120, 1)]


def test_a_changed_answer_moves_to_the_day_of_the_change() -> None:
    diary = Diary(Plan(7, 10, 100, NIGHTS[-1], "Europe/Lisbon"))
    first, changed = datetime(2026, 11, 18, 12, tzinfo=ZONE), datetime(2026, 11, 19, 12, tzinfo=ZONE)
    diary.answered(("csat_top2",), first, 1, until=changed)
    diary.answered(("csat_top2",), changed, 0)
    assert _cells(diary, "csat_top2", "day", "2026-11-18") == [(1, 1), (0, 0), (0, 0)]
    assert _cells(diary, "csat_top2", "all_time", "all") == [(1, 1), (0, 1), (0, 1)]
