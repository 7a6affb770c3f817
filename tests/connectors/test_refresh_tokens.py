"""Refresh tokens that work once: kept whole through kill -9 and two processes, and said how to replace when lost."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from cx_etl.connections import connection
from cx_etl.errors import ConfigError, RetriableError
from cx_etl.extract import extract
from cx_etl.refresh_tokens import TokenFile
from raw_state import answer
from sandboxes import Sandbox

NIGHT = date(2026, 11, 20)
EXTRACT = """
from datetime import date
from cx_etl.extract import extract
extract("hootsuite", "social_profiles", date(2026, 11, 20))
"""

IMPORTS = """
import httpx
from cx_etl.connections import connection
from cx_etl.sources.hootsuite import SOURCE
"""
LOGIN = """
found = connection("hootsuite")
httpx.get(found.host + "/v1/me", auth=SOURCE.auth(found))
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CX_HTTP_RETRY_ATTEMPTS", "2")
    monkeypatch.setenv("CX_HTTP_RETRY_WAIT_SECONDS", "0.01")


def authorised(sandbox: Sandbox) -> str:
    """A refresh token as somebody gets it who has just logged in: it works once."""
    form = {"grant_type": "authorization_code", "code": "from the browser"}
    given = httpx.post(f"{sandbox.url}/hootsuite/oauth2/token", data=form, auth=("client", "secret"))
    return given.json()["refresh_token"]


def connect(sandbox: Sandbox, patch: pytest.MonkeyPatch, refresh_token: str) -> None:
    found = {"host": f"{sandbox.url}/hootsuite", "login": "client", "password": "secret"}
    patch.setenv("AIRFLOW_CONN_HOOTSUITE", json.dumps({**found, "extra": {"refresh_token": refresh_token}}))


def bring_in() -> int:
    return extract("hootsuite", "social_profiles", NIGHT).records


def kept() -> dict[str, Any]:
    return json.loads(token_path().read_text())


def token_path() -> Path:
    return Path(os.environ["CX_STATE_DIR"]) / "tokens" / "hootsuite.json"


def end_access_token() -> None:
    """As if an hour had passed."""
    token_path().write_text(json.dumps({**kept(), "ends_at": time.time()}))


@pytest.fixture
def token(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    found = authorised(sandbox)
    connect(sandbox, monkeypatch, found)
    return found


def test_the_new_token_is_kept_and_the_next_run_lives_on_it(sandbox: Sandbox, token: str) -> None:
    assert bring_in() > 0
    first = kept()
    assert first["refresh_token"] != token
    assert first["spent_at"] is None
    bring_in()
    assert kept() == first
    end_access_token()
    bring_in()
    assert kept()["refresh_token"] not in (token, first["refresh_token"])


def test_an_access_token_that_is_refused_early_is_renewed(sandbox: Sandbox, token: str) -> None:
    bring_in()
    first = kept()
    sandbox.at_end_of(date(2026, 11, 21))
    assert extract("hootsuite", "social_profiles", date(2026, 11, 21)).calls == 3
    assert kept()["access_token"] != first["access_token"]


def test_only_the_owner_may_read_the_tokens(sandbox: Sandbox, token: str) -> None:
    bring_in()
    assert stat.S_IMODE(token_path().stat().st_mode) == 0o600
    assert stat.S_IMODE(token_path().parent.stat().st_mode) == 0o700
    assert token not in token_path().read_text()


def test_no_token_is_written_anywhere_else(sandbox: Sandbox, token: str, warehouse: str) -> None:
    bring_in()
    secrets = [kept()["refresh_token"], kept()["access_token"], token]
    state = Path(os.environ["CX_STATE_DIR"])
    for path in state.rglob("*"):
        if path.is_file() and path != token_path():
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), path


def test_processes_that_begin_at_once_spend_the_token_once(sandbox: Sandbox, token: str) -> None:
    """The sandbox refuses a token that comes twice, and takes a second over each: all would be there by then."""
    sandbox.spoil({"system": "hootsuite", "path": "oauth2/token", "kind": "timeout", "seconds": 1, "times": 9})
    ready = 'print("ready", flush=True); input()'
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([sys.executable, "-c", f"{IMPORTS}{ready}{LOGIN}"], **pipes) for _ in range(3)]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told
    assert sandbox.struck() == 1


def test_a_process_killed_while_it_uses_the_new_token_leaves_it_whole(sandbox: Sandbox, token: str) -> None:
    sandbox.spoil({"system": "hootsuite", "path": "socialProfiles", "kind": "timeout", "seconds": 4})
    killed_when_struck(sandbox)
    assert kept()["refresh_token"] != token
    sandbox.heal()
    assert bring_in() > 0


KILL = """
import os, pathlib, signal
real, calls = {name}, []
def counted(*args):
    calls.append(args)
    if len(calls) == {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
{name} = counted
"""


def killed_at(name: str, number: int) -> None:
    """Log in, in a process of its own that kills itself -9 at the n-th call of a function that writes to the disk."""
    code = KILL.format(name=name, number=number) + IMPORTS + LOGIN
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("name", "number"),
    [
        # That the token is about to be spent is being written.
        ("os.fsync", 1),
        ("pathlib.Path.replace", 1),
        # It is written, and nothing was sent.
        ("os.fsync", 2),
        # The new one has just been written.
        ("os.fsync", 4),
    ],
)
def test_a_process_killed_while_it_writes_leaves_a_token_that_works(
    sandbox: Sandbox, token: str, name: str, number: int
) -> None:
    killed_at(name, number)
    assert bring_in() > 0


@pytest.mark.parametrize(("name", "number"), [("os.fsync", 3), ("pathlib.Path.replace", 2)])
def test_a_token_whose_successor_was_lost_says_how_to_authorise_anew(
    sandbox: Sandbox, token: str, warehouse: str, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    """Killed between the vendor's answer and the disk: nobody has the new token. A new authorisation mends it."""
    killed_at(name, number)
    assert kept()["spent_at"] is not None
    with pytest.raises(ConfigError) as caught:
        bring_in()
    told = str(caught.value)
    assert "invalid_grant" in told
    assert "UTC, and the new one never came back" in told
    for part in (
        f"{sandbox.url}/hootsuite/oauth2/auth?response_type=code&client_id=client",
        f"{sandbox.url}/hootsuite/oauth2/token -d grant_type=authorization_code",
        "put the refresh_token of its answer into the extra of the connection hootsuite",
    ):
        assert part in told
    assert token not in told
    assert answer(warehouse, "select count(*) from ops.watermarks") == 0
    connect(sandbox, monkeypatch, authorised(sandbox))
    assert bring_in() > 0


def test_an_answer_that_breaks_on_its_way_is_said(sandbox: Sandbox, token: str) -> None:
    sandbox.spoil({"system": "hootsuite", "path": "oauth2/token", "kind": "cut_body"})
    with pytest.raises(ConfigError, match="the new one never came back"):
        bring_in()


def test_an_answer_without_tokens_is_said_and_not_taken(sandbox: Sandbox, token: str) -> None:
    sandbox.spoil({"system": "hootsuite", "path": "oauth2/token", "kind": "cut_body", "keep_length": False, "times": 9})
    with pytest.raises(ConfigError, match="authorise anew"):
        bring_in()
    assert kept()["refresh_token"] == token


def test_a_vendor_that_is_down_at_login_is_tried_again(sandbox: Sandbox, token: str) -> None:
    sandbox.spoil({"system": "hootsuite", "path": "oauth2/token", "kind": "status", "status": 503})
    assert bring_in() > 0
    end_access_token()
    sandbox.spoil({"system": "hootsuite", "path": "oauth2/token", "kind": "status", "status": 503, "times": 2})
    with pytest.raises(RetriableError, match=r"login at .*/oauth2/token: 503"):
        bring_in()
    assert bring_in() > 0


def test_a_client_that_is_not_known_is_told_apart_from_a_spent_token(sandbox: Sandbox, token: str) -> None:
    body = {"error": "invalid_client"}
    sandbox.spoil({"system": "hootsuite", "path": "oauth2/token", "kind": "status", "status": 401, "body": body})
    with pytest.raises(ConfigError, match=r"check login \(client id\) and password \(client secret\)"):
        bring_in()
    assert bring_in() > 0


def test_a_file_that_holds_no_tokens_is_named(sandbox: Sandbox, token: str) -> None:
    bring_in()
    token_path().write_text("{}")
    with pytest.raises(ConfigError, match=r"hootsuite\.json holds no tokens"):
        bring_in()


def test_another_account_has_tokens_of_its_own(sandbox: Sandbox, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected = json.loads(os.environ["AIRFLOW_CONN_HOOTSUITE"])
    other = {**connected, "extra": {"refresh_token": authorised(sandbox)}}
    monkeypatch.setenv("AIRFLOW_CONN_HOOTSUITE_EMEA", json.dumps(other))
    bring_in()
    extract("hootsuite:emea", "social_profiles", NIGHT)
    assert TokenFile("hootsuite").read() != TokenFile("hootsuite_emea").read()
    assert connection("hootsuite_emea").id == "hootsuite_emea"


def test_a_connection_without_a_refresh_token_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(sandbox, monkeypatch, "")
    with pytest.raises(ConfigError, match="the connection hootsuite has no refresh_token"):
        bring_in()


def killed_when_struck(sandbox: Sandbox) -> None:
    """Run the extraction in a process of its own, and kill -9 it when the fault has struck."""
    with subprocess.Popen([sys.executable, "-c", EXTRACT]) as process:
        for _ in range(400):
            if sandbox.struck():
                break
            time.sleep(0.05)
        assert process.poll() is None
        # The vendor has the request; what it does with it is no longer seen here.
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGKILL)
