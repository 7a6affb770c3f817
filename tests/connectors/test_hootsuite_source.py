"""Hootsuite from the sandbox's API to the raw tables: all that exists, answers in part, limits.

Its messages, analytics and inbox have files of their own; its tokens are in test_refresh_tokens.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from own_world import Lines, at, gone, line
from social import (
    CARRIES,
    CHANNEL,
    LISTS,
    NIGHT,
    NOW,
    PAGE,
    bring_in,
    fetch,
    metrics,
    nights,
    planned,
    post,
    states,
    world,
)

from cx_etl import doctor, landing
from cx_etl.errors import QuotaError, RetriableError
from cx_etl.settings import ROOT
from raw_state import answer, versions
from sandboxes import Sandbox, serving


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "3")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")
    monkeypatch.setattr(f"{LISTS}.FIRST_DAY", "2026-01-01")


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
