"""The embedded server: passwords, ports, restarts, and checkouts that only their owner may enter."""

import os
import shutil
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from cx_etl.local import postgres as embedded
from cx_etl.local.postgres import EmbeddedServer, embedded_server
from cx_etl.local.processes import wait_until


def test_data_and_port_stay_over_a_restart(tmp_path: Path) -> None:
    with embedded_server(tmp_path) as server:
        server.create_database("shop")
        with psycopg.connect(server.dsn("shop")) as connection:
            connection.execute("create table orders as select 7 as id")
        port = server.port
    assert not server.is_running()
    with embedded_server(tmp_path) as server:
        server.create_database("shop")
        assert server.port == port
        with psycopg.connect(server.dsn("shop")) as connection:
            assert connection.execute("select id from orders").fetchall() == [(7,)]


def test_a_port_that_somebody_took_is_replaced(tmp_path: Path) -> None:
    with embedded_server(tmp_path) as server:
        port = server.port
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        with embedded_server(tmp_path) as server:
            assert server.port != port
            psycopg.connect(server.dsn()).close()


def test_nobody_gets_in_without_the_password(postgres: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.dsn("postgres", ("cx_etl", "guessed")))


def test_a_login_can_be_given_a_new_password(postgres: EmbeddedServer) -> None:
    for password in ("first'; drop", "second"):
        postgres.create_login("reader", password)
        with psycopg.connect(postgres.dsn("postgres", ("reader", password))) as connection:
            assert connection.execute("select current_user").fetchall() == [("reader",)]


def test_it_starts_again_after_a_kill_with_everything_committed(tmp_path: Path) -> None:
    with embedded_server(tmp_path) as server:
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("create table kept as select 1 as id")
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not server.is_running(), seconds=10)
        server.start()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select id from kept").fetchall() == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as somebody else")
def test_root_can_run_it_from_a_directory_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = embedded._binaries().parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    monkeypatch.setattr(embedded, "_binaries", lambda: closed / package.name / "pginstall" / "bin")
    with embedded_server(closed / "server") as server:
        psycopg.connect(server.dsn()).close()
        owner = (server.directory / "data").stat().st_uid
    assert owner != 0
    assert closed.stat().st_mode & 0o077 == 0
