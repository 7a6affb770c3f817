"""Hootsuite from the sandbox's API to the raw tables: posts without a filter by change, numbers that are restated.

Its inbox is in test_hootsuite_inbox.py, its tokens are in test_refresh_tokens.py.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from own_world import Lines, at, gone, line, own_world

from cx_etl import doctor, landing
from cx_etl.errors import CxError, QuotaError, RetriableError
from cx_etl.extract import ExtractReport, extract
from cx_etl.load import LoadReport, load
from cx_etl.reconcile import reconcile
from cx_etl.settings import ROOT
from cx_etl.sources import hootsuite
from cx_etl.sources.base import Window
from raw_state import answer, versions
from sandbox.records import hootsuite as records
from sandboxes import Sandbox, serving

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
LISTS = "cx_etl.sources.hootsuite_lists"
PAGE = records.profile(101, "FACEBOOKPAGE", "Casa")
LINKEDIN = records.profile(102, "LINKEDINCOMPANY", "Casa")
CHANNEL = records.profile(103, "YOUTUBECHANNEL", "Casa TV 🛋️")
CARRIES = ("FACEBOOKPAGE", "TWITTER", "INSTAGRAMBUSINESS", "YOUTUBECHANNEL", "THREADS")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setattr(f"{LISTS}.FIRST_DAY", "2026-01-01")


@contextmanager
def world(
    folder: Path, patch: pytest.MonkeyPatch, streams: Mapping[str, Lines], settings: str = ""
) -> Iterator[Sandbox]:
    """A sandbox with these lines; with three profiles unless the lines have others."""
    profiles = [line(at("2026-01-01 00:00"), each) for each in (PAGE, LINKEDIN, CHANNEL)]
    found = {"social_profiles": profiles, "messages": [], "post_analytics": [], "profile_analytics": []} | dict(streams)
    with own_world(folder, {f"hootsuite/{name}": lines for name, lines in found.items()}, patch, settings) as server:
        yield server


def bring_in(stream: str, night: date = NIGHT) -> tuple[ExtractReport, LoadReport]:
    return extract("hootsuite", stream, night), load("hootsuite", stream, night)


def nights(server: Sandbox, stream: str, *days: date) -> None:
    for day in days:
        server.at_end_of(day)
        bring_in(stream, day)


def fetch(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def planned(number: int, send_at: datetime, state: str = "SCHEDULED", text: str = "olá 🎉") -> dict[str, Any]:
    return records.message(number=number, state=state, text=text, profile=PAGE, send_at=send_at)


def states(dsn: str) -> dict[str, str]:
    return dict(fetch(dsn, "select id, state from raw.hootsuite__messages where _deleted_at is null"))


def post(created: datetime, refreshed: datetime, of: dict[str, Any] = PAGE, **metrics: float) -> dict[str, Any]:
    return records.post(
        profile=of, external_id=f"p{created:%Y%m%d}", text="مرحبا", created_at=created, refreshed_at=refreshed,
        metrics=metrics,
    )  # fmt: skip


def metrics(dsn: str) -> dict[str, float]:
    return {
        f"{key} {name}": value
        for key, name, value in fetch(dsn, 'select "externalId", name, value from raw.hootsuite__post_metrics')
    }


# All of it


@pytest.mark.parametrize("size", [3, 7, 100])
def test_messages_that_exist_arrive_whatever_the_size_of_a_page(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", size)
    report, _ = bring_in("messages")
    expected = sandbox.records("hootsuite/messages", NOW)
    assert report.records == len(expected) > 100
    told = 'select id, state, text, "scheduledSendTime", "socialProfile__id", "postId" from raw.hootsuite__messages'
    assert sorted(fetch(warehouse, told)) == sorted(
        (
            *(key, record["state"], record["text"], datetime.fromisoformat(record["scheduledSendTime"])),
            *(record["socialProfile"]["id"], record["postId"]),
        )
        for key, record in expected.items()
    )
    assert answer(warehouse, "select count(*) from raw.quarantine") == 0


@pytest.mark.parametrize("size", [7, 100])
def test_posts_and_dates_arrive_with_every_metric(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", size)
    bring_in("post_analytics")
    bring_in("profile_analytics")
    posts = sandbox.records("hootsuite/post_analytics", NOW).values()
    told = 'select "profileId", "externalId", name, value from raw.hootsuite__post_metrics'
    assert sorted(fetch(warehouse, told)) == sorted(
        (each["profileId"], each["externalId"], name, value)
        for each in posts
        for name, value in each["metrics"].items()
    )
    assert answer(warehouse, "select count(*) from raw.hootsuite__post_analytics") == len(posts) > 100
    days = sandbox.records("hootsuite/profile_analytics", NOW).values()
    expected = []
    for each in days:
        for name, metric in each["metrics"].items():
            of = (each["profileId"], each["date"], name)
            expected.append((*of, "", "", metric["total"]))
            for part in metric.get("breakdownDimensions", []):
                expected += [(*of, part["breakdownId"], key, value) for key, value in part["values"].items()]
    told = 'select "profileId", date::text, name, breakdown, dimension, value from raw.hootsuite__profile_metrics'
    assert sorted(fetch(warehouse, told)) == sorted(expected)
    assert answer(warehouse, "select count(*) from raw.hootsuite__profile_analytics") == len(days) > 100


def test_profiles_of_every_network_that_carries_analytics_are_asked_for(sandbox: Sandbox, warehouse: str) -> None:
    living = sandbox.records("hootsuite/social_profiles", NOW)
    bring_in("social_profiles")
    assert fetch(warehouse, 'select id, "socialNetworkUsername" from raw.hootsuite__social_profiles order by 1') == [
        (key, record["socialNetworkUsername"]) for key, record in sorted(living.items())
    ]
    bring_in("profile_analytics")
    told = {key for (key,) in fetch(warehouse, 'select distinct "profileId" from raw.hootsuite__profile_analytics')}
    assert told == {key for key, record in living.items() if record["type"] in CARRIES}
    assert len(told) < len(living)


@pytest.mark.parametrize("stream", ["social_profiles", "messages", "post_analytics", "profile_analytics"])
def test_a_night_run_twice_touches_no_row(sandbox: Sandbox, warehouse: str, stream: str) -> None:
    bring_in(stream)
    before = versions(warehouse)
    bring_in(stream)
    assert versions(warehouse) == before


def test_nights_one_after_the_other_end_as_one_look_at_the_end(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten nights in which messages are planned, moved, sent and deleted, and numbers are restated."""
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 9)
    streams = ("social_profiles", "messages", "post_analytics", "profile_analytics")
    for stream in streams:
        nights(sandbox, stream, *(NIGHT - timedelta(days=day) for day in range(9, -1, -1)))
    assert states(warehouse) == {
        key: record["state"] for key, record in sandbox.records("hootsuite/messages", NOW).items()
    }
    posts = sandbox.records("hootsuite/post_analytics", NOW).values()
    assert metrics(warehouse) == {
        f"{each['externalId']} {name}": value for each in posts for name, value in each["metrics"].items()
    }
    told = "select \"profileId\" || date::text, value from raw.hootsuite__profile_metrics where name = 'reactions'"
    days = sandbox.records("hootsuite/profile_analytics", NOW).values()
    assert dict(fetch(warehouse, told)) == {
        each["profileId"] + each["date"]: each["metrics"]["reactions"]["total"] for each in days
    }


# Messages: at most four weeks at once, and no filter by change


@pytest.mark.parametrize("start", [datetime(1970, 1, 1, tzinfo=UTC), at("2026-09-03 11:22")])
def test_messages_are_asked_for_by_four_weeks_without_a_gap(start: datetime) -> None:
    requests = hootsuite.SOURCE.stream("messages").start(Window(start, NOW))
    spans = [[datetime.fromisoformat(each.params[name]) for name in ("startTime", "endTime")] for each in requests]
    assert spans[0][0] == max(start, at("2026-01-01 00:00"))
    assert spans[-1][1] == NOW + timedelta(weeks=4)
    assert all(timedelta() < end - begin <= timedelta(weeks=4) for begin, end in spans)
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_a_message_on_the_border_of_two_spans_arrives_once(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    border = at("2026-01-01 00:00") + timedelta(weeks=4)
    lines = [line(at("2026-01-02 00:00"), planned(number, border)) for number in (1, 2)]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        server.at_end_of(NIGHT)
        _, loaded = bring_in("messages")
    assert (loaded.read, loaded.new) == (4, 2)
    assert answer(warehouse, "select count(*) from raw.hootsuite__messages") == 2


def test_what_changes_within_four_weeks_is_found_by_reading_again(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no time of change: one is sent, one edited after its time, one rejected, one moved, one deleted."""
    early, due = at("2026-11-01 10:00"), at("2026-11-10 10:00")
    lines = [line(early, planned(number, due)) for number in range(1, 7)]
    lines += [
        line(due, planned(1, due, "SENT")),
        line(at("2026-11-19 10:00"), planned(2, due, "SENT", "edited")),
        line(at("2026-11-18 10:00"), planned(3, due, "REJECTED")),
        line(at("2026-11-17 10:00"), planned(4, at("2026-12-05 10:00"))),
        gone(at("2026-11-19 12:00"), "5"),
    ]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        nights(server, "messages", date(2026, 11, 9))
        assert states(warehouse) == dict.fromkeys("123456", "SCHEDULED")
        nights(server, "messages", NIGHT)
    assert states(warehouse) == {"1": "SENT", "2": "SENT", "3": "REJECTED", "4": "SCHEDULED", "6": "SCHEDULED"}
    assert fetch(warehouse, "select text from raw.hootsuite__messages where id = '2'") == [("edited",)]
    assert fetch(warehouse, "select id, text from raw.hootsuite__messages where _deleted_at is not null") == [
        ("5", "olá 🎉")
    ]


def test_a_message_planned_months_ahead_arrives_when_it_comes_near(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(at("2026-09-01 10:00"), planned(1, at("2026-12-14 10:00")))]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        nights(server, "messages", date(2026, 11, 15))
        assert states(warehouse) == {}
        nights(server, "messages", NIGHT)
    assert states(warehouse) == {"1": "SCHEDULED"}


def test_what_changes_or_goes_after_four_weeks_is_found_by_the_weekly_walk(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = at("2026-10-15 10:00")
    lines = [line(at("2026-10-01 10:00"), planned(number, due)) for number in (1, 2, 3)]
    lines += [line(at("2026-11-18 10:00"), planned(1, due, "SENT")), gone(at("2026-11-18 10:00"), "2")]
    with world(tmp_path, monkeypatch, {"messages": lines}) as server:
        nights(server, "messages", date(2026, 11, 16), NIGHT)
        assert states(warehouse) == dict.fromkeys("123", "SCHEDULED")
        report = reconcile("hootsuite", "messages")
    assert (report.missed_changes, report.missed_deletes) == (1, 1)
    assert states(warehouse) == {"1": "SENT", "3": "SCHEDULED"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"data": [planned(n, at("2026-01-05 00:00")) for n in range(3)], "metadata": {}},
            "a full page, and no cursor",
        ),
        ({"data": [planned(1, at("2025-01-05 00:00"))]}, "scheduledSendTime 2025-01-05.* and no other on the page"),
        ({"metadata": {"cursor": None}}, "not what the vendor documents"),
    ],
    ids=["no end", "the answer to something else", "no list"],
)
def test_a_page_without_its_end_or_of_others_is_no_quiet_night(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], told: str
) -> None:
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 3)
    sandbox.spoil(
        {"system": "hootsuite", "path": "messages", "kind": "status", "status": 200, "body": body, "times": 3}
    )
    with pytest.raises(RetriableError, match=told):
        bring_in("messages")
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
    assert answer(warehouse, "select count(*) from raw.hootsuite__messages") == 0


# Analytics: restated for weeks, at most ten profiles, thirty days, two years


def test_numbers_are_restated_and_a_metric_that_vanishes_keeps_what_it_last_said(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = at("2026-10-25 09:00")
    lines = [
        line(created, post(created, created, likes=1, impressions=9)),
        line(at("2026-11-20 09:00"), post(created, at("2026-11-20 09:00"), likes=500, views=70)),
    ]
    dates = [
        line(at(f"{seen} 09:00"), records.profile_day(profile=CHANNEL, day=created.date(), metrics=found))
        for seen, found in (
            ("2026-10-26", {"views": records.total(5, country={"PT": 3, "GB": 2}), "impressions": records.total(8)}),
            ("2026-11-20", {"views": records.total(7, country={"PT": 6, "BR": 1})}),
        )
    ]
    with world(tmp_path, monkeypatch, {"post_analytics": lines, "profile_analytics": dates}) as server:
        for stream in ("post_analytics", "profile_analytics"):
            nights(server, stream, date(2026, 10, 26), date(2026, 11, 10), NIGHT)
    assert metrics(warehouse) == {
        f"p20261025 {name}": value for name, value in (("likes", 500), ("views", 70), ("impressions", 9))
    }
    told = "select name, breakdown, dimension, value from raw.hootsuite__profile_metrics order by 1, 2, 3"
    assert fetch(warehouse, told) == [
        ("impressions", "", "", 8),
        *(("views", "", "", 7), ("views", "country", "BR", 1)),
        *(("views", "country", "GB", 2), ("views", "country", "PT", 6)),
    ]


def test_an_old_post_that_is_seen_again_is_found_as_modified(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = at("2026-02-01 09:00")
    lines = [line(created, post(created, created, likes=1))]
    lines.append(line(at("2026-11-20 09:00"), post(created, at("2026-11-20 09:00"), likes=9_000)))
    with world(tmp_path, monkeypatch, {"post_analytics": lines}) as server:
        nights(server, "post_analytics", date(2026, 11, 19), NIGHT)
    assert metrics(warehouse) == {"p20260201 likes": 9_000}


def test_after_an_outage_longer_than_the_vendors_memory_of_changes_all_posts_are_read(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post changed 50 days ago, during an outage of 60: ``lastModified`` no longer reaches it."""
    created = at("2026-02-01 09:00")
    lines = [line(created, post(created, created, likes=1))]
    lines.append(line(at("2026-10-01 09:00"), post(created, at("2026-10-01 09:00"), likes=77)))
    with world(tmp_path, monkeypatch, {"post_analytics": lines}) as server:
        nights(server, "post_analytics", date(2026, 9, 21), NIGHT)
    assert metrics(warehouse) == {"p20260201 likes": 77}


def test_posts_of_more_than_two_years_ago_are_not_asked_for(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor would refuse all of it: what it still gives arrives."""
    moments = [at("2024-11-20 09:00"), at("2024-11-23 09:00")]
    lines = [line(moment, post(moment, moment, likes=1)) for moment in moments]
    profiles = [line(at("2024-01-01 00:00"), PAGE)]
    with world(tmp_path, monkeypatch, {"post_analytics": lines, "social_profiles": profiles}) as server:
        nights(server, "post_analytics", NIGHT)
    assert metrics(warehouse) == {"p20241123 likes": 1}


def test_more_than_ten_profiles_are_asked_for_in_tens(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [records.profile(200 + number, "FACEBOOKPAGE", None) for number in range(23)]
    created = at("2026-11-19 09:00")
    streams = {
        "social_profiles": [line(at("2026-01-01 00:00"), each) for each in many],
        "post_analytics": [
            line(created, post(created, created, each, likes=1) | {"id": each["id"], "externalId": each["id"]})
            for each in many
        ],
    }
    with world(tmp_path, monkeypatch, streams) as server:
        nights(server, "post_analytics", NIGHT)
    assert set(metrics(warehouse)) == {f"{each['id']} likes" for each in many}


@pytest.mark.parametrize("stream", ["post_analytics", "profile_analytics"])
def test_a_run_that_goes_on_after_days_begins_anew(
    sandbox: Sandbox, warehouse: str, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    """What its requests ask for lies too far back by then, which the vendor refuses."""
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 10)
    sandbox.spoil(
        {"system": "hootsuite", "path": "/analytics/", "kind": "status", "status": 503, "times": 3, "after": 2}
    )
    with pytest.raises(RetriableError, match="503"):
        bring_in(stream)
    sandbox.at_end_of(NIGHT + timedelta(days=3))
    report, _ = bring_in(stream)
    assert not report.resumed
    given_up, _ = landing.runs("hootsuite", stream, NIGHT)
    assert "the run began too long ago" in (given_up.path / "abandoned.txt").read_text()
    later = sandbox.records(f"hootsuite/{stream}", NOW + timedelta(days=3))
    assert answer(warehouse, f"select count(*) from raw.hootsuite__{stream}") == len(later)


def test_a_request_that_is_refused_for_itself_is_not_tried_again(sandbox: Sandbox, warehouse: str) -> None:
    body = {"title": "invalid-argument", "status": 422, "detail": "networkId is not known"}
    sandbox.spoil(
        {"system": "hootsuite", "path": "/analytics/", "kind": "status", "status": 422, "body": body, "times": 9}
    )
    with pytest.raises(CxError, match=r"422 .*networkId is not known"):
        bring_in("post_analytics")
    assert sandbox.struck() == 1
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


# Answers in part


def test_data_beside_errors_is_half_an_answer(sandbox: Sandbox, warehouse: str) -> None:
    error = {"code": 4008, "message": "Insufficient permissions", "resource": {"type": "socialProfile", "id": "7"}}
    body = {"data": [], "metadata": {"collectionInfo": {}}, "errors": [error]}
    sandbox.spoil(
        {"system": "hootsuite", "path": "/analytics/", "kind": "status", "status": 200, "body": body, "times": 3}
    )
    with pytest.raises(RetriableError, match=r"only a part was answered: Insufficient .* socialProfile 7") as caught:
        bring_in("post_analytics")
    assert "excluded_profiles" in str(caught.value)
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0


def test_a_profile_that_is_taken_out_while_it_is_walked_leaves_its_posts(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed, then gone: the vendor answers in part, the run fails by its name, and the next one goes without it."""
    created = at("2026-11-10 09:00")
    posts = [line(created, post(created, created, of, likes=1) | {"id": of["id"]}) for of in (PAGE, CHANNEL)]
    profiles = [line(at("2026-01-01 00:00"), each) for each in (PAGE, CHANNEL)]
    profiles.append(gone(at("2026-11-21 02:30"), CHANNEL["id"]))
    with world(tmp_path, monkeypatch, {"post_analytics": posts, "social_profiles": profiles}) as server:
        nights(server, "post_analytics", date(2026, 11, 19))
        server.at_end_of(NIGHT)
        server.spoil({"system": "hootsuite", "path": "/analytics/", "kind": "advance_clock", "seconds": 3600})
        with pytest.raises(RetriableError, match="socialProfile 103"):
            bring_in("post_analytics")
        assert landing.runs("hootsuite", "post_analytics", NIGHT)[-1].is_resumable
        write_options(tmp_path, monkeypatch, 'excluded_profiles = ["103"]')
        nights(server, "post_analytics", NIGHT + timedelta(days=1))
    told = 'select "profileId", _deleted_at from raw.hootsuite__post_analytics order by 1'
    assert fetch(warehouse, told) == [(PAGE["id"], None), (CHANNEL["id"], None)]


def test_nights_go_on_without_a_profile_that_is_excluded(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = at("2026-11-10 09:00")
    posts = [line(created, post(created, created, of, likes=1) | {"id": of["id"]}) for of in (PAGE, CHANNEL)]
    write_options(tmp_path, monkeypatch, 'excluded_profiles = ["103"]')
    with world(tmp_path, monkeypatch, {"post_analytics": posts}) as server:
        nights(server, "post_analytics", NIGHT)
    assert fetch(warehouse, 'select "profileId" from raw.hootsuite__post_analytics') == [(PAGE["id"],)]


def write_options(folder: Path, patch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "cx.toml").write_text(f"{(ROOT / 'cx.toml').read_text()}\n[options.hootsuite]\n{text}\n")
    patch.setenv("CX_CONFIG", str(folder / "cx.toml"))


# Limits


def test_a_second_that_is_used_up_is_waited_for(
    small_dataset: Path, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 4)
    monkeypatch.setattr(f"{LISTS}.FIRST_DAY", "2026-07-20")
    with serving(small_dataset, limited=True) as server:
        server.connect(monkeypatch)
        server.at_end_of(NIGHT)
        report, _ = bring_in("messages")
        assert report.calls > 25
        assert set(states(warehouse)) == set(server.records("hootsuite/messages", NOW))


def test_a_day_that_is_used_up_keeps_what_has_landed(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(at("2026-11-01 00:00"), planned(number, at("2026-11-10 00:00"))) for number in range(20)]
    monkeypatch.setattr(f"{LISTS}.PAGE_SIZE", 2)
    with limited_world(tmp_path, monkeypatch, lines) as server:
        server.at_end_of(NIGHT)
        with pytest.raises(QuotaError, match=r"the limit starts anew in 22\.0 hours"):
            bring_in("messages")
        assert answer(warehouse, "select count(*) from ops.watermarks") == 0
        server.set_clock(NOW + timedelta(hours=22))
        report, _ = bring_in("messages")
    assert report.resumed
    assert set(states(warehouse)) == {str(number) for number in range(20)}


@contextmanager
def limited_world(folder: Path, patch: pytest.MonkeyPatch, messages: Lines) -> Iterator[Sandbox]:
    """As ``world``, but with the vendor's limits, of 15 calls a day."""
    with world(folder, patch, {"messages": messages}, "[hootsuite]\ncalls_per_day = 15\n"):
        pass
    with serving(folder, limited=True) as server:
        server.connect(patch)
        yield server


def test_a_refusal_that_does_not_say_when_to_come_back_is_tried_again(sandbox: Sandbox, warehouse: str) -> None:
    body = {"errors": [{"code": 1043, "message": "Too many requests"}]}
    sandbox.spoil(
        {"system": "hootsuite", "path": "messages", "kind": "status", "status": 429, "body": body, "times": 2}
    )
    bring_in("messages")
    assert sandbox.struck() == 2
    assert set(states(warehouse)) == set(sandbox.records("hootsuite/messages", NOW))


# The doctor


def test_the_doctor_names_profiles_that_are_disconnected(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path / "good", monkeypatch, {}) as server:
        server.at_end_of(NIGHT)
        found = {each.question: each for each in doctor.examine(("hootsuite",)) if each.subject == "hootsuite"}
        assert found["login"].answer == "logged in as Nadia Rahman"
        assert found["profiles"].answer == "3 profiles; no analytics for LINKEDINCOMPANY"
    lost = [line(at("2026-01-01 00:00"), PAGE | {"isReauthRequired": 1})]
    with world(tmp_path / "lost", monkeypatch, {"social_profiles": lost}) as server:
        server.at_end_of(NIGHT)
        found = {each.question: each for each in doctor.examine(("hootsuite",)) if each.subject == "hootsuite"}
    assert not found["profiles"].is_good
    assert "disconnected: FACEBOOKPAGE 101" in found["profiles"].answer
