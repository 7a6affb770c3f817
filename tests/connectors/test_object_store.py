"""The same drop in an object store: over S3's own protocol, against a server on this machine."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import obstore
import pytest
from drops import NIGHT, Drop, entry
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from cx_etl.errors import ConfigError, DataError, RetriableError
from cx_etl.sources.file_drop.place import Place

HEADER = "id,started_at,rating,cost,comment\n"
BUCKET, PREFIX = "drops", "from/chat"
KEYS = {"access_key_id": "key-of-the-test", "secret_access_key": "secret-of-the-test"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, drop: Drop, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """An empty bucket that the source chat is connected to, below a prefix."""
    import httpx

    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
    httpx.put(f"{endpoint}/{BUCKET}").raise_for_status()
    connect(endpoint, monkeypatch)
    options: Any = {**KEYS, "region": "us-east-1", "endpoint": endpoint}
    return S3Store(BUCKET, config=options, client_options={"allow_http": True})


def connect(endpoint: str, patch: pytest.MonkeyPatch, **changes: Any) -> None:
    connection = {
        "host": f"s3://{BUCKET}/{PREFIX}",
        "login": KEYS["access_key_id"],
        "password": KEYS["secret_access_key"],
        "extra": {"region_name": "us-east-1", "endpoint_url": endpoint},
    }
    patch.setenv("AIRFLOW_CONN_CHAT", json.dumps({**connection, **changes}))


def names(bucket: S3Store) -> list[str]:
    return sorted(item["path"] for batch in obstore.list(bucket) for item in batch)


def put(bucket: S3Store, name: str, text: str) -> None:
    obstore.put(bucket, f"{PREFIX}/{name}", text.encode())


def test_objects_are_loaded_once_and_set_aside(drop: Drop, bucket: S3Store) -> None:
    put(bucket, "talks_1.csv", HEADER + "1,,5,,olá\n2,,4,,b\n")
    put(bucket, "talks_1.csv.part", "half a f")
    obstore.put(bucket, "elsewhere/talks_9.csv", b"not of this drop")
    assert drop.run().new == 2
    assert drop.rows("id, comment") == [("1", "olá"), ("2", "b")]
    assert names(bucket) == [
        "elsewhere/talks_9.csv",
        "from/chat/processed/2026-11-20/talks_1.csv",
        "from/chat/talks_1.csv.part",
    ]
    later = NIGHT + timedelta(days=1)
    assert drop.run(night=later).read == 0
    put(bucket, "talks_1.csv", HEADER + "1,,1,,other\n")
    assert drop.run(night=later).changed == 1
    put(bucket, "talks_1.csv", HEADER + "2,,1,,third\n")
    assert drop.run(night=later).changed == 1
    # The third file of that name took the place of none before it.
    assert sum("processed/2026-11-21/talks_1" in name for name in names(bucket)) == 2
    assert drop.rows("id, comment") == [("1", "other"), ("2", "third")]


def test_files_below_folders_keep_their_path(drop: Drop, bucket: S3Store) -> None:
    drop.declare(entry(pattern="reports/*/talks.csv"))
    put(bucket, "reports/north east/talks.csv", HEADER + "1,,5,,a\n")
    put(bucket, "reports/südwest/talks.csv", HEADER + "2,,5,,b\n")
    assert drop.run().new == 2
    assert names(bucket) == [
        "from/chat/processed/2026-11-20/reports/north east/talks.csv",
        "from/chat/processed/2026-11-20/reports/südwest/talks.csv",
    ]


def test_a_file_of_several_blocks_arrives_whole(drop: Drop, bucket: S3Store) -> None:
    rows = "".join(f"{number},,5,,{'x' * 200}\n" for number in range(60_000))
    put(bucket, "talks.csv", HEADER + rows)
    report = drop.extract()
    assert (report.records, report.pages) == (60_000, 2)


def test_a_checksum_that_is_another_leaves_the_object(drop: Drop, bucket: S3Store) -> None:
    put(bucket, "talks.csv", HEADER + "1,,5,,a\n")
    put(bucket, "talks.csv.sha256", "0" * 64)
    with pytest.raises(DataError, match=r"talks.csv does not have the checksum"):
        drop.run()
    assert drop.has_loaded_nothing()
    assert names(bucket) == ["from/chat/talks.csv", "from/chat/talks.csv.sha256"]


def test_a_crash_between_load_and_move_is_made_up(drop: Drop, bucket: S3Store) -> None:
    put(bucket, "talks.csv", HEADER + "1,,5,,a\n")

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "set_aside", crash)
        with pytest.raises(KeyboardInterrupt):
            drop.run()
    assert names(bucket) == ["from/chat/talks.csv"]
    assert drop.run(night=NIGHT + timedelta(days=1)).read == 0
    assert names(bucket) == ["from/chat/processed/2026-11-20/talks.csv"]


def test_a_bucket_that_is_not_there_is_an_error(
    drop: Drop, bucket: S3Store, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(endpoint, monkeypatch, host="s3://no-such-bucket")
    with pytest.raises(RetriableError, match=r"chat: s3://no-such-bucket: .* 404 Not Found"):
        drop.run()
    assert drop.has_loaded_nothing()


@pytest.mark.parametrize("extra", [{"regoin": "x"}, {"region": 5}])
def test_an_extra_that_the_store_does_not_know_is_named(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any]
) -> None:
    connect("http://127.0.0.1:9", monkeypatch, extra=extra)
    with pytest.raises(ConfigError, match="the connection chat: "):
        drop.run()


def test_a_server_that_does_not_answer_may_be_asked_again(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    connect("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(RetriableError, match=r"chat: s3://drops/from/chat: ") as caught:
        drop.run()
    assert KEYS["secret_access_key"] not in str(caught.value)
