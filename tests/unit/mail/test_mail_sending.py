"""Sending through a real server: each mail once, whatever goes wrong, and the ledger says what became of it."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cx_etl import doctor, mail, status
from cx_etl.connections import connection as environment_connection
from cx_etl.errors import ConfigError, CxError
from cx_etl.mail import smtp
from tests.expectations.handmade import connection, put_rows, start_build
from tests.unit.mail.conftest import SATURDAY, Subscribe, connect, ending, ledger, sent, statuses
from tests.unit.mail.postbox import HANG_UP, PASSWORD, STAND_STILL, Postbox, open_postbox
from tests.unit.snapshot.conftest import publish_build

ANN, BEN, EVE = (f"{name}@shop.example" for name in ("ann", "ben", "eve"))


@pytest.fixture
def team(subscribe: Subscribe) -> None:
    """One subscription with three recipients."""
    subscribe({"name": "team", "to": [ANN, BEN, EVE]})


def test_it_arrives_encrypted_and_logged_in_and_is_recorded(saturday: int, board: None, postbox: Postbox) -> None:
    assert statuses() == ["sent"]
    assert (len(postbox.received), postbox.logins, postbox.in_clear) == (1, 1, 0)
    assert ledger(
        "night", "publication_id", "subscription", "recipient", "edition", "status", "reason", "attempts"
    ) == [(SATURDAY, saturday, "board", ANN, "new", "sent", None, 1)]
    assert ledger("message_id") == [(postbox.received[0]["message-id"],)]


def test_the_second_run_sends_nothing_and_says_when_it_was_sent(saturday: int, team: None, postbox: Postbox) -> None:
    assert statuses() == ["sent"] * 3
    before = ledger("sent_at")
    again = sent()
    assert [outcome.status for outcome in again] == ["already sent"] * 3
    assert again[0].as_text() == f"already sent team  {ANN}  at {before[0][0]:%Y-%m-%d %H:%M} UTC"
    assert (len(postbox.received), ledger("sent_at")) == (3, before)


def test_each_recipient_sees_only_their_own_address(saturday: int, team: None, postbox: Postbox) -> None:
    assert statuses() == ["sent"] * 3
    assert [(message["to"], message["cc"]) for message in postbox.received] == [(ANN, None), (BEN, None), (EVE, None)]
    assert len({message["message-id"] for message in postbox.received}) == 3


@pytest.mark.parametrize("stage", ["to_rcpt", "to_data"])
def test_a_busy_server_is_asked_again_and_gets_it_once(
    saturday: int, board: None, postbox: Postbox, stage: str
) -> None:
    getattr(postbox, stage)[ANN] += ["451 try later", "421 too busy"]
    assert statuses() == ["sent"]
    assert len(postbox.received) == 1
    assert getattr(postbox, stage)[ANN] == []
    assert ledger("status", "attempts") == [("sent", 1)]


def test_a_server_that_stays_busy_is_asked_by_the_next_run(saturday: int, team: None, postbox: Postbox) -> None:
    postbox.to_rcpt[BEN] += ["450 mailbox busy"] * 3
    assert statuses() == ["sent", "failed", "sent"]
    assert ledger("recipient", "status", "reason")[1] == (BEN, "failed", f"{BEN}: 450 mailbox busy")
    assert statuses() == ["already sent", "sent", "already sent"]
    assert sorted(postbox.recipients) == [ANN, BEN, EVE]
    assert ledger("status", "reason", "attempts")[1] == ("sent", None, 2)


def test_a_refused_recipient_stops_nobody_else_and_is_not_asked_again(
    saturday: int, team: None, postbox: Postbox
) -> None:
    postbox.to_rcpt[BEN] += ["550 no such person"]
    first = sent()
    assert [outcome.status for outcome in first] == ["sent", "refused", "sent"]
    assert first[1].detail.startswith(f"{BEN}: 550 no such person; once that is put right")
    assert statuses() == ["already sent", "refused", "already sent"]
    assert postbox.recipients == [ANN, EVE]
    assert "`cx send 2018-10-20 --to team --again`" in sent()[1].detail


def test_a_mail_that_the_server_took_before_the_line_broke_is_never_sent_again(
    saturday: int, board: None, postbox: Postbox
) -> None:
    postbox.to_data[ANN] += [HANG_UP]
    assert statuses() == ["unknown"]
    for _ in range(2):
        (outcome,) = sent()
        assert (outcome.status, outcome.is_news) == ("unknown", False)
        assert "may have been sent; ask, and if it was not: `cx send 2018-10-20 --to board --again`" in outcome.detail
    assert len(postbox.received) == 1
    assert statuses(SATURDAY, "board", again=True) == ["sent"]
    first, second = postbox.received
    assert first["message-id"] == second["message-id"]
    assert ledger("status", "attempts") == [("sent", 2)]


@pytest.mark.parametrize(("stage", "received"), [("to_rcpt", 0), ("to_data", 1)])
def test_who_is_killed_while_sending_leaves_an_unknown_that_only_a_person_resolves(
    saturday: int, board: None, postbox: Postbox, stage: str, received: int
) -> None:
    getattr(postbox, stage)[ANN] += [STAND_STILL]
    command = [sys.executable, "-c", "from cx_etl.cli import main; main()", "send", str(SATURDAY)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sender:
        wait_until(lambda: postbox.is_standing_still.is_set() or sender.poll() is not None)
        sender.kill()
    assert ledger("status", "attempts") == [("claimed", 1)]
    (meanwhile,) = sent()
    assert (meanwhile.status, meanwhile.is_trouble) == ("claimed", False)
    assert "is being sent by another run, until" in meanwhile.detail
    pass_the_lease()
    (later,) = sent()
    assert (later.status, later.is_trouble) == ("unknown", True)
    assert "stopped before the outcome was recorded" in later.detail
    assert "--again" in later.detail
    assert len(postbox.received) == received
    assert statuses(SATURDAY, "board", again=True) == ["sent"]
    assert len(postbox.received) == received + 1


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert holds()


def pass_the_lease() -> None:
    with connection() as warehouse:
        warehouse.execute("update ops.sends set lease_until = now() - interval '1 second'")


def test_again_does_not_cut_in_on_who_is_sending(saturday: int, board: None, postbox: Postbox) -> None:
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.sends (night, publication_id, subscription, recipient, edition, status, lease_until)"
            " values (%s, %s, 'board', %s, 'new', 'claimed', now() + interval '1 minute')",
            (SATURDAY, saturday, ANN),
        )
    assert statuses(SATURDAY, "board", again=True) == ["claimed"]
    assert postbox.received == []


def test_two_runs_at_once_send_once(saturday: int, team: None, postbox: Postbox) -> None:
    with ThreadPoolExecutor(4) as runs:
        found = [status for future in [runs.submit(statuses) for _ in range(4)] for status in future.result()]
    assert sorted(postbox.recipients) == [ANN, BEN, EVE]
    assert found.count("sent") == 3
    assert set(found) <= {"sent", "already sent", "claimed"}


def test_a_wrong_password_is_said_and_sends_nothing(
    saturday: int, team: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, postbox, password="wrong secret")
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1 does not let us in as cx: 535") as error:
        sent()
    assert "wrong secret" not in str(error.value)
    assert "correct login and password of the connection smtp" in str(error.value)
    # Once for each way to log in that the server offers, for the first recipient only.
    assert (postbox.received, postbox.logins) == ([], 2)
    assert ledger("status", "recipient") == [("failed", ANN)]
    connect(monkeypatch, postbox)
    assert statuses() == ["sent"] * 3


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    saturday: int, board: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, postbox, extra={"from_email": "cx@shop.example"})
    with pytest.raises(ConfigError, match=r"the certificate of 127\.0\.0\.1 is not to be trusted"):
        sent()
    assert (postbox.received, postbox.logins) == ([], 0)


def test_a_server_without_encryption_gets_no_password(
    saturday: int, board: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_postbox(tmp_path, "none") as plain:
        connect(monkeypatch, plain)
        with pytest.raises(ConfigError, match="mails are not sent unencrypted"):
            sent()
    assert (plain.received, plain.logins) == ([], 0)


def test_tls_from_the_start_is_spoken_on_its_port(
    saturday: int, board: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_postbox(tmp_path, "tls") as secure:
        connect(monkeypatch, secure)
        monkeypatch.setattr(smtp, "SUBMISSION_OVER_TLS", secure.port)
        assert statuses() == ["sent"]
    assert (len(secure.received), secure.logins) == (1, 1)


def test_a_server_that_is_gone_is_tried_by_the_next_run(
    saturday: int, board: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, postbox, port=1)
    assert statuses() == ["failed"]
    assert "127.0.0.1:1 does not answer as a mail server should" in ledger("reason")[0][0]
    connect(monkeypatch, postbox)
    assert statuses() == ["sent"]


FROM = {"from_email": "cx@shop.example"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"host": ""}, "the connection smtp has no host"),
        ({"extra": {}}, "the connection smtp has None as from_email"),
        ({"extra": {"from_email": "CX <cx@x.example>"}}, "plain address that mails come from"),
        ({"extra": {**FROM, "ca_file": "/nowhere/ca.pem"}}, "'/nowhere/ca.pem' as ca_file"),
        ({"password": "pässword"}, "letters beyond ASCII"),
    ],
)
def test_what_a_connection_lacks_is_said(
    saturday: int, board: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], says: str
) -> None:
    connect(monkeypatch, postbox, **wrong)
    with pytest.raises(ConfigError, match=says) as error:
        sent()
    assert "pässword" not in str(error.value)
    assert (postbox.received, postbox.logins, ledger("status")) == ([], 0, [])


def test_a_server_never_shows_its_password(postbox: Postbox) -> None:
    assert PASSWORD not in repr(smtp.server(environment_connection("smtp")))


def test_nobody_gets_it_before_their_hour(saturday: int, subscribe: Subscribe, postbox: Postbox) -> None:
    subscribe(
        {"name": "lisbon", "to": [ANN], "hour": 7, "zone": "Europe/Lisbon"},
        {"name": "recife", "to": [BEN], "hour": 7, "zone": "America/Recife"},
    )
    early, morning = datetime(2018, 10, 21, 5, 59, tzinfo=UTC), datetime(2018, 10, 21, 6, 0, tzinfo=UTC)
    assert statuses(now=early) == ["waits", "waits"]
    assert ledger("status") == []
    waits, lisbon = sorted(sent(now=morning), key=lambda outcome: outcome.status, reverse=True)
    assert (lisbon.status, lisbon.subscription) == ("sent", "lisbon")
    assert waits.as_text() == f"waits     recife  {BEN}  until 2018-10-21 10:00 UTC, 7:00 in America/Recife"
    assert statuses(now=early, at_once=True) == ["already sent", "sent"]
    assert postbox.recipients == [ANN, BEN]


def test_the_schedule_sends_the_newest_night_and_fails_once_for_what_is_wrong(
    saturday: int, team: None, postbox: Postbox
) -> None:
    postbox.to_rcpt[BEN] += ["550 no such person"]
    with pytest.raises(CxError, match=f"refused   team  {BEN}  {BEN}: 550 no such person"):
        mail.send_due(environment_connection)
    lines = mail.send_due(environment_connection)
    assert [line.split("  ")[0].strip() for line in lines] == ["already sent team", "refused", "already sent team"]


def test_a_late_hour_in_the_west_gets_its_night_though_the_next_is_there(
    saturday: int, subscribe: Subscribe, postbox: Postbox
) -> None:
    subscribe({"name": "west", "to": [ANN], "hour": 23, "zone": "America/Los_Angeles"})
    sunday = start_build(night=SATURDAY + timedelta(days=1))
    put_rows(sunday, "metric_values", [ending(SATURDAY + timedelta(days=1), 33)])
    publish_build(sunday)
    friday, sunday_night = SATURDAY - timedelta(days=1), SATURDAY + timedelta(days=1)
    for now, night in (
        (datetime(2018, 10, 22, 5, 59, tzinfo=UTC), friday),
        (datetime(2018, 10, 22, 6, 0, tzinfo=UTC), SATURDAY),
        (datetime(2018, 10, 23, 6, 0, tzinfo=UTC), sunday_night),
    ):
        assert mail.send_due(environment_connection, now=now) == [f"sent      west  {ANN}"]
        assert ledger("night")[-1] == (night,)
    assert [message["subject"][:6] for message in postbox.received] == ["NPS 28", "NPS 31", "NPS 33"]


def test_the_schedule_waits_for_a_night_that_is_under_way(warehouse: str, team: None, postbox: Postbox) -> None:
    assert mail.send_due(environment_connection) == []
    with connection() as open_warehouse:
        open_warehouse.execute(
            "insert into ops.builds (night, as_of_date, status) values (%s, %s, 'running')", (SATURDAY, SATURDAY)
        )
    assert mail.send_due(environment_connection) == [
        "team: nothing has been published yet, so there is nothing to mail"
    ]


def test_the_answers_of_a_server_cannot_command_the_terminal(saturday: int, board: None, postbox: Postbox) -> None:
    postbox.to_rcpt[ANN] += ["550 \x1b[2Jgone\x1b]0;owned\x07"]
    (outcome,) = sent()
    assert not {"\x1b", "\x07"} & set(outcome.as_text())
    assert "gone" in outcome.as_text()


def test_status_names_the_mails_that_somebody_must_see_to(
    saturday: int, team: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    postbox.to_rcpt[ANN] += ["550 no such person"]
    postbox.to_data[EVE] += [HANG_UP]
    assert statuses() == ["refused", "sent", "unknown"]
    told = [problem for problem in status.read().problems if problem.startswith("mail ")]
    assert [problem.split(" is ")[0] for problem in told] == [
        f"mail team of 2018-10-20 to {each}" for each in (ANN, EVE)
    ]
    assert "refused: " in told[0]
    assert "`cx send 2018-10-20` says what to do" in told[1]
    assert statuses(SATURDAY, "team", again=True) == ["sent", "already sent", "sent"]
    assert [problem for problem in status.read().problems if problem.startswith("mail ")] == []


def test_doctor_logs_in_and_sends_nothing(
    saturday: int, team: None, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_SOURCES", "typeform")
    good = {each.question: each for each in doctor.examine() if each.subject == "mail"}
    assert good["subscriptions"].answer == "1 with 3 recipients"
    assert (good["server"].is_good, postbox.logins, postbox.received) == (True, 1, [])
    connect(monkeypatch, postbox, password="wrong secret")
    bad = {each.question: each for each in doctor.examine() if each.subject == "mail"}
    assert not bad["server"].is_good
    assert "does not let us in as cx" in bad["server"].answer
