"""WooCommerce's two logins, times in two zones, statuses, page numbers and counts in headers."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from oauthlib import oauth1
from small_world import Lines, iso, newest

from cx_etl.auth import SignedQuery
from sandbox.connections import KEYS
from sandbox.records.woocommerce import address, customer, order, refund
from sandboxes import serving

API = "/woocommerce/wp-json/wc/v3"
# An hour before the site's clocks go back from 02:00 to 01:00.
AUTUMN = int(datetime(2026, 11, 1, 5, tzinfo=UTC).timestamp())
NOW = "2026-11-02T05:00:00Z"
TOML = """
name = "site"
time_zone = "UTC"
first_night = 2026-10-30
last_night = 2026-11-01
[woocommerce]
storage = "{storage}"
has_refunds_route = {has_route}
"""


def moment(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def an_order(key: int, at: int, status: str = "completed", **more: Any) -> dict[str, Any]:
    record = order(
        number=key, status=status, created=moment(AUTUMN - 90_000 + key), modified=moment(at), paid=None,
        completed=None, customer=0, billing=address(email=""), shipping=address(), lines=[], discount_cents=0,
        shipping_cents=0, **more,
    )  # fmt: skip
    return {"at": iso(at), "record": record}


def make_lines() -> Lines:
    chance = random.Random(3)
    orders = [an_order(key, AUTUMN + chance.randrange(7200)) for key in range(1, 121)]
    orders += [an_order(key, AUTUMN + 7300 + key, "trash") for key in range(5, 121, 20)]
    refunds = [
        refund(number=900 + key, order=key, created=moment(AUTUMN + key), cents=100, reason="", refunded_by=1)
        for key in (1, 1, 2)
    ]
    people = [
        customer(number=key, created=moment(AUTUMN), modified=moment(AUTUMN), email=f"{key}@example.com",
                 name=f"N{chance.randrange(9)} L", billing=address(email=""), is_paying=False)
        for key in range(1, 41)
    ]  # fmt: skip
    people[0]["role"] = "shop_manager"
    return {
        "woocommerce/orders": [*orders, {"at": iso(AUTUMN + 9000), "deleted": True, "id": 9}],
        "woocommerce/refunds": [
            {"at": iso(AUTUMN + 60), "record": record | {"id": 901 + n}} for n, record in enumerate(refunds)
        ],
        "woocommerce/customers": [{"at": iso(AUTUMN), "record": record} for record in people],
    }


@pytest.fixture(scope="module")
def lines() -> Lines:
    return make_lines()


def write(folder: Path, lines: Lines, storage: str = "hpos", has_route: str = "true") -> Path:
    (folder / "woocommerce").mkdir()
    (folder / "dataset.toml").write_text(TOML.format(storage=storage, has_route=has_route))
    for name, rows in lines.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def address_of_site(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> Iterator[str]:
    with serving(write(tmp_path_factory.mktemp("site"), lines)) as server:
        yield server.url


@pytest.fixture
def site(address_of_site: str) -> Iterator[httpx.Client]:
    """A client that signs, on a site whose clock and faults are put back first."""
    with httpx.Client(base_url=address_of_site, auth=SignedQuery(*KEYS["woocommerce"]), timeout=10) as client:
        client.put("/_control/clock", json={"now": NOW})
        yield client


@pytest.fixture
def old_site(tmp_path: Path, lines: Lines) -> Iterator[httpx.Client]:
    """A site without order tables and without a list of all refunds."""
    with (
        serving(write(tmp_path, lines, "posts", "false")) as server,
        httpx.Client(base_url=server.url, auth=SignedQuery(*KEYS["woocommerce"]), timeout=10) as client,
    ):
        client.put("/_control/clock", json={"now": NOW})
        yield client


def get(site: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = site.get(f"{API}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(site: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All pages, as many as the first says there are."""
    first = site.get(f"{API}{path}", params=params)
    found = first.json()
    for page in range(2, int(first.headers["X-WP-TotalPages"]) + 1):
        found += get(site, path, page=page, **params)
    assert len(found) == int(first.headers["X-WP-Total"])
    return found


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(
    ("path", "sort", "key"),
    [
        ("/orders", "id", lambda row: row["id"]),
        ("/orders", "modified", lambda row: (row["date_modified_gmt"], row["id"])),
        ("/orders", "date", lambda row: (row["date_created_gmt"], row["id"])),
        ("/customers", "id", lambda row: row["id"]),
        ("/customers", "name", lambda row: (row["first_name"], row["id"])),
    ],
)
def test_pages_lose_and_double_nothing(
    site: httpx.Client, lines: Lines, size: int, path: str, sort: str, key: Any
) -> None:
    rows = newest(lines[f"woocommerce{path}"]).values()
    expected = [row for row in rows if row.get("status") != "trash" and row.get("role", "customer") == "customer"]
    found = walk(site, path, per_page=size, orderby=sort, order="asc")
    assert found == sorted(expected, key=key)
    assert found[::-1] == walk(site, path, per_page=size, orderby=sort, order="desc")


def test_offset_goes_before_page(site: httpx.Client) -> None:
    ids = [row["id"] for row in get(site, "/customers", orderby="id", offset=3, page=2, per_page=4, role="all")]
    assert ids == [4, 5, 6, 7]


def test_pages_name_the_ones_beside_them(site: httpx.Client) -> None:
    answer = site.get(f"{API}/orders", params={"per_page": 50, "page": 2, "status": "any"})
    links = {rel: httpx.URL(link["url"]).params["page"] for rel, link in answer.links.items()}
    assert links == {"prev": "1", "next": "3"}
    assert list(site.get(f"{API}/orders", params={"per_page": 50, "page": 3}).links) == ["prev"]


def test_any_is_not_the_trash_and_takes_precedence(site: httpx.Client, lines: Lines) -> None:
    trashed = {key for key, row in newest(lines["woocommerce/orders"]).items() if row["status"] == "trash"}
    assert len(trashed) == 6
    assert {row["id"] for row in get(site, "/orders", status="trash", per_page=100)} == trashed
    for status in ("any", "any,trash", "trash,any"):
        assert not trashed & {row["id"] for row in walk(site, "/orders", status=status, per_page=100)}


def test_filters_read_the_sites_own_column_unless_gmt_is_asked_for(site: httpx.Client, lines: Lines) -> None:
    rows = [row for row in newest(lines["woocommerce/orders"]).values() if row["status"] != "trash"]
    edge = "2026-11-01T05:30:00"
    asked = {"modified_after": edge, "per_page": 100}
    gmt = walk(site, "/orders", dates_are_gmt="true", **asked)
    assert {row["id"] for row in gmt} == {row["id"] for row in rows if row["date_modified_gmt"] > edge}
    assert 0 < len(gmt) < len(rows)
    # It is still about one in the morning at the site.
    assert walk(site, "/orders", **asked) == []


def test_a_filter_with_an_offset_is_brought_to_the_sites_time(site: httpx.Client) -> None:
    """... even when it is then compared with GMT: which is why it must not have one."""
    asked = {"dates_are_gmt": "true", "per_page": 100}
    shifted = walk(site, "/orders", modified_after="2026-11-01T06:30:00Z", **asked)
    assert shifted == walk(site, "/orders", modified_after="2026-11-01T01:30:00", **asked)


def test_filters_exclude_the_second_they_name(site: httpx.Client, lines: Lines) -> None:
    row = newest(lines["woocommerce/orders"])[1]
    asked = {"dates_are_gmt": "true", "per_page": 100, "modified_after": row["date_modified_gmt"]}
    assert 1 not in {found["id"] for found in walk(site, "/orders", **asked)}
    earlier = datetime.fromisoformat(row["date_modified_gmt"]) - timedelta(seconds=1)
    asked["modified_after"] = earlier.isoformat()
    assert 1 in {found["id"] for found in walk(site, "/orders", **asked)}


def test_a_site_without_order_tables_sorts_by_its_own_clock(old_site: httpx.Client, site: httpx.Client) -> None:
    """When the clocks go back, rows of the repeated hour stand between each other."""
    asked = {"orderby": "modified", "order": "asc", "per_page": 100}
    local = walk(old_site, "/orders", **asked)
    gmt = walk(site, "/orders", **asked)
    times = [row["date_modified_gmt"] for row in local]
    assert times != sorted(times)
    assert [row["date_modified"] for row in local] == sorted(row["date_modified"] for row in local)
    assert sorted(row["id"] for row in local) == sorted(row["id"] for row in gmt)


def test_counts_follow_what_happens_between_two_pages(site: httpx.Client) -> None:
    asked = {"per_page": 50, "orderby": "modified", "order": "asc"}
    site.put("/_control/clock", json={"now": iso(AUTUMN + 7200)})
    first = site.get(f"{API}/orders", params=asked)
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("120", "3")
    site.put("/_control/clock", json={"now": NOW})
    second = site.get(f"{API}/orders", params=asked | {"page": 2})
    assert second.headers["X-WP-Total"] == "113"
    both = {row["id"] for row in first.json() + second.json()}
    assert len(both) == 100
    third = {row["id"] for row in get(site, "/orders", page=3, **asked)}
    # Rows left the list in front of the second page, so others slipped by unseen.
    assert len(both | third) < 120


def test_refunds_know_their_order_only_in_the_list_of_all(site: httpx.Client, old_site: httpx.Client) -> None:
    everything = get(site, "/refunds", orderby="id", order="asc")
    assert [(row["id"], row["parent_id"]) for row in everything] == [(901, 1), (902, 1), (903, 2)]
    of_one = get(old_site, "/orders/1/refunds")
    assert {row["id"] for row in of_one} == {901, 902}
    assert all("parent_id" not in row for row in of_one)
    assert get(old_site, "/orders/77777/refunds") == []
    missing = old_site.get(f"{API}/refunds")
    assert (missing.status_code, missing.json()["code"]) == (404, "rest_no_route")


def test_customers_are_those_with_the_role_unless_all_are_asked_for(site: httpx.Client) -> None:
    assert len(get(site, "/customers", per_page=100)) == 39
    assert len(get(site, "/customers", per_page=100, role="all")) == 40


@pytest.mark.parametrize(
    "wrong", [{"per_page": 101}, {"page": 0}, {"orderby": "total"}, {"modified_after": "yesterday"}, {"order": "up"}]
)
def test_wrong_parameters(site: httpx.Client, wrong: dict[str, Any]) -> None:
    answer = site.get(f"{API}/orders", params=wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == list(wrong)


def test_the_key_itself_counts_only_over_tls(site: httpx.Client) -> None:
    key, secret = KEYS["woocommerce"]
    tls = {"X-Forwarded-Proto": "https"}
    bare = httpx.Client(base_url=site.base_url)
    assert bare.get(f"{API}/orders", headers=tls, auth=(key, secret)).status_code == 200
    in_query = {"consumer_key": key, "consumer_secret": secret}
    assert bare.get(f"{API}/orders", headers=tls, params=in_query).status_code == 200
    for answer in (
        bare.get(f"{API}/orders", auth=(key, secret)),
        bare.get(f"{API}/orders", params=in_query),
        bare.get(f"{API}/orders", headers=tls),
        bare.get(f"{API}/orders", headers=tls, auth=(key, "wrong")),
    ):
        assert answer.status_code == 401
        assert answer.json()["code"].startswith("woocommerce_rest_")


def signed(url: str, secret: str = KEYS["woocommerce"][1], **more: Any) -> str:
    client = oauth1.Client(
        KEYS["woocommerce"][0], client_secret=secret, signature_method=oauth1.SIGNATURE_HMAC_SHA256,
        signature_type=oauth1.SIGNATURE_TYPE_QUERY, **more,
    )  # fmt: skip
    return str(client.sign(url)[0])


def test_signatures_are_checked(site: httpx.Client) -> None:
    url = f"{site.base_url}{API}/orders?status=any&modified_after=2026-11-01T05%3A00%3A00&search=%C3%A9%20%26~"
    good = signed(url)
    assert httpx.get(good).status_code == 200
    refused = {
        good: "nonce has already been used",
        signed(url, secret="cs_wrong"): "does not match",
        signed(url).replace("status=any", "status=trash"): "does not match",
        signed(url, timestamp="1700000000"): "timestamp",
    }
    for address_, reason in refused.items():
        answer = httpx.get(address_)
        assert (answer.status_code, answer.json()["code"]) == (401, "woocommerce_rest_authentication_error")
        assert reason in answer.json()["message"]


def test_a_hosts_wall_answers_with_a_web_page(tmp_path: Path, lines: Lines) -> None:
    with (
        serving(write(tmp_path, lines), limited=True) as server,
        httpx.Client(base_url=server.url, auth=SignedQuery(*KEYS["woocommerce"])) as client,
    ):
        answers = [client.get(f"{API}/orders", params={"per_page": 1}) for _ in range(51)]
    assert [answer.status_code for answer in answers[49:]] == [200, 429]
    assert "text/html" in answers[-1].headers["content-type"]
    assert "retry-after" not in answers[-1].headers


def test_a_notice_in_front_of_the_answer(site: httpx.Client) -> None:
    rule = {"system": "woocommerce", "path": "/orders", "kind": "prefix", "body": "<b>Warning</b>: x\n"}
    site.post("/_control/faults", json=[rule])
    answer = site.get(f"{API}/orders", params={"per_page": 1})
    assert answer.text.startswith("<b>Warning</b>: x\n[{")
    assert answer.headers["X-WP-Total"] == "113"
