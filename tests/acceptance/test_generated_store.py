"""Two shops, a carrier platform, web analytics, social networks: the marts against the slow way over their records."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cx_etl import transform
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.night import window_end
from pipelines import Built, bring_in, pipeline
from sandboxes import Sandbox

ZONE = ZoneInfo("Europe/Lisbon")
NIGHT = date(2026, 11, 20)
NOW = window_end(NIGHT, ZONE.key) + timedelta(hours=2)
SOURCES = "shopify,woocommerce,shiprocket,ga4,hootsuite"


@dataclass
class World:
    built: Built
    sandbox: Sandbox

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The newest version of each record of a stream, as of the night's extraction."""
        return list(self.sandbox.records(stream, NOW).values())


@pytest.fixture(scope="module")
def world(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from sandbox.generate import generate

    dataset = tmp_path_factory.mktemp("store") / "generated"
    generate(dataset, seed=9, customers=90, nights=150, time_zone=ZONE.key)
    with (
        pytest.MonkeyPatch.context() as patch,
        pipeline(dataset, dataset.parent / "state", ZONE.key, postgres, patch, "generated_store") as (sandbox, dsn),
    ):
        patch.setenv("CX_SOURCES", SOURCES)
        patch.setattr("cx_etl.sources.shiprocket_lists.FIRST_DAY", date(2026, 6, 20))
        bring_in(sandbox, NIGHT, ZONE.key)
        transform.build(NIGHT)
        yield World(Built(dsn), sandbox)


def _day(text: str) -> date:
    """The business date of a time as the vendors write it, in UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZONE).date()


@dataclass
class Sale:
    """An order that counts, told the same way for both shops."""

    source: str
    person: str
    ordered: str
    currency: str
    gross: Decimal
    discounts: Decimal
    is_cancelled: bool
    refunds: list[tuple[str, Decimal]]

    @property
    def day(self) -> date:
        return _day(self.ordered)

    def returns(self) -> Iterator[tuple[date, Decimal]]:
        """What each refund brings back of the goods, the earliest first."""
        left = self.gross - self.discounts
        for at, amount in sorted(self.refunds):
            yield _day(at), min(amount, left)
            left -= min(amount, left)


def _shop_money(bag: dict[str, Any]) -> Decimal:
    return Decimal(bag["shopMoney"]["amount"])


def _sales(world: World) -> list[Sale]:
    """Every sale in the order of its time. Who is one person is settled elsewhere, and taken as found."""
    found = world.built.rows("select order_key, customer_key from audit.fct_orders")
    customers = {row["order_key"]: row["customer_key"] for row in found}
    sales = sorted([*_shopify_sales(world), *_woocommerce_sales(world)], key=lambda sale: sale.ordered)
    return [replace(sale, person=customers[sale.person]) for sale in sales]


def _shopify_sales(world: World) -> Iterator[Sale]:
    for order in world.records("shopify/orders"):
        if order["test"]:
            continue
        lines = order["lineItems"]["nodes"]
        yield Sale(
            "shopify",
            f"shopify:main:{order['id']}",
            order["processedAt"],
            order["currencyCode"],
            sum(line["quantity"] * _shop_money(line["originalUnitPriceSet"]) for line in lines),
            _shop_money(order["totalDiscountsSet"]),
            order["cancelledAt"] is not None,
            [(refund["createdAt"], _shop_money(refund["totalRefundedSet"])) for refund in order["refunds"]],
        )


def _woocommerce_sales(world: World) -> Iterator[Sale]:
    refunds = defaultdict(list)
    for refund in world.records("woocommerce/refunds"):
        refunds[refund["parent_id"]].append((refund["date_created_gmt"] + "Z", Decimal(refund["amount"])))
    for order in world.records("woocommerce/orders"):
        if order["status"] == "trash":
            continue
        yield Sale(
            "woocommerce",
            f"woocommerce:main:{order['id']}",
            order["date_created_gmt"] + "Z",
            order["currency"],
            sum((Decimal(line["subtotal"]) for line in order["line_items"]), Decimal(0)),
            Decimal(order["discount_total"]),
            order["status"] in ("cancelled", "failed"),
            refunds[order["id"]],
        )


def test_sales_per_day_shop_and_currency(world: World) -> None:
    truth: dict[tuple[date, str, str], Counter[str]] = defaultdict(Counter)
    for sale in _sales(world):
        cell = truth[sale.day, sale.source, sale.currency]
        cell["cancelled_orders"] += sale.is_cancelled
        if sale.is_cancelled:
            continue
        cell.update({"orders": 1, "gross_sales": sale.gross, "discounts": sale.discounts})
        for day, amount in sale.returns():
            truth[day, sale.source, sale.currency].update({"refunds": 1, "returns": amount})
    rows = world.built.rows("select * from audit.sales_daily")
    names = ("orders", "cancelled_orders", "refunds", "gross_sales", "discounts", "returns")
    for row in rows:
        cell = truth.pop((row["business_date"], row["source"], row["currency"]), Counter())
        assert {name: row[name] for name in names} == {name: cell[name] for name in names}, row
        assert row["net_sales"] == cell["gross_sales"] - cell["discounts"] - cell["returns"]
    assert not truth
    assert {(row["source"], row["currency"]) for row in rows} == {("shopify", "EUR"), ("woocommerce", "USD")}


def test_money_of_two_currencies_is_told_apart(world: World) -> None:
    """Nobody has given rates, so there are sums per currency and none over both."""
    rows = world.built.rows(
        "select metric_variant, segment_name, segment_value, value from audit.metric_values "
        "where unit = 'currency' and grain = 'all_time' and segment_name in ('all', 'source', 'currency')"
    )
    assert {(row["segment_name"], row["segment_value"]) for row in rows} == {("currency", "EUR"), ("currency", "USD")}
    for row in world.built.rows("select currency, sum(net_sales) as net from audit.sales_daily group by 1"):
        assert row["net"] == next(
            each["value"]
            for each in rows
            if (each["metric_variant"], each["segment_value"]) == ("net_sales", row["currency"])
        )
    assert world.built.row("select count(net_sales) as n, count(*) as cells from audit.retention_cohorts")["n"] == 0


def test_new_and_returning_customers_over_both_shops(world: World) -> None:
    seen: set[str] = set()
    truth: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    returned: set[tuple[date, str, str]] = set()
    for sale in _sales(world):
        if sale.person not in seen:
            truth[sale.day, sale.source]["new_customers"] += 1
        elif (sale.day, sale.source, sale.person) not in returned:
            truth[sale.day, sale.source]["returning_customers"] += 1
            returned.add((sale.day, sale.source, sale.person))
        seen.add(sale.person)
    for row in world.built.rows("select * from audit.sales_daily"):
        cell = truth[row["business_date"], row["source"]]
        assert (row["new_customers"], row["returning_customers"]) == (
            cell["new_customers"],
            cell["returning_customers"],
        ), row
    assert sum(cell["returning_customers"] for cell in truth.values()) > 100


def test_buyers_of_every_window(world: World) -> None:
    days = defaultdict(list)
    for sale in _sales(world):
        days[sale.person].append(sale.day)
    rows = world.built.rows(
        "select * from audit.metric_values where segment_name = 'all' "
        "and metric_variant in ('repeat_purchase_rate', 'returning_customer_rate')"
    )
    for row in rows:
        start, end = row["period_start"], row["period_end"]
        inside = {person: [day for day in ordered if start <= day < end] for person, ordered in days.items()}
        buyers = {person: ordered for person, ordered in inside.items() if ordered}
        if row["metric_variant"] == "repeat_purchase_rate":
            hits = sum(len(ordered) >= 2 for ordered in buyers.values())
        else:
            hits = sum(len(ordered) >= 2 or min(days[person]) < start for person, ordered in buyers.items())
        assert (row["numerator"], row["n"]) == (hits, len(buyers)), row
    assert {row["grain"] for row in rows} == {"day", "week", "month", "rolling_30d", "all_time"}


def test_parcels_of_the_carrier_platform(world: World) -> None:
    """Outcomes from the order's own status: the platform's last word on the parcel."""
    tests = {order["name"] for order in world.records("shopify/orders") if order["test"]}
    tried = {attempt["shipment_id"]: len(attempt["history"]) for attempt in world.records("shiprocket/ndr")}
    promised = {}
    for order in world.records("shiprocket/orders"):
        for shipment in order["shipments"]:
            promised[shipment["id"]] = (shipment["delivered_date"], shipment["etd"])
    references = {order["id"]: order["channel_order_id"] for order in world.records("shiprocket/orders")}
    truth = {}
    for shipment in world.records("shiprocket/shipments"):
        if references[shipment["order_id"]] in tests:
            continue
        truth[f"shiprocket:main:{shipment['id']}"] = _outcome(shipment, promised, tried)
    rows = world.built.rows("select * from audit.fct_shipments where source = 'shiprocket'")
    assert {row["shipment_key"]: row["outcome"] for row in rows} == truth
    assert {"late", "delivered", "returned_to_origin", "cancelled"} <= set(truth.values())
    failed = {f"shiprocket:main:{shipment}": count for shipment, count in tried.items()}
    for row in rows:
        assert row["failed_attempts"] == failed.get(row["shipment_key"], 0)
    names = {f"shopify:main:{order['id']}": order["name"] for order in world.records("shopify/orders")}
    of_shipments = {
        f"shiprocket:main:{shipment['id']}": references[shipment["order_id"]]
        for shipment in world.records("shiprocket/shipments")
    }
    assert all(names[row["order_key"]] == of_shipments[row["shipment_key"]] for row in rows)


def _outcome(shipment: dict[str, Any], promised: dict[Any, Any], tried: dict[Any, int]) -> str:
    delivered, etd = promised.get(shipment["id"], (None, "NA"))
    status = shipment["status"]
    if status == "CANCELED":
        return "cancelled"
    if status.startswith("RTO"):
        return "returned_to_origin"
    if delivered:
        return "late" if etd != "NA" and delivered > etd else "delivered"
    if shipment["id"] in tried:
        return "failed_attempt"
    return "in_transit" if status in ("PICKED UP", "IN TRANSIT", "OUT FOR DELIVERY") else "pending"


def test_orders_delivered_and_returned(world: World) -> None:
    """Returns that the shop or the platform opened, and goods that a refund put back on the shelf."""
    by_name = {order["name"]: order["id"] for order in world.records("shopify/orders")}
    sent_back = {by_name[each["channel_order_id"].removeprefix("R")] for each in world.records("shiprocket/returns")}
    truth = {}
    for order in world.records("shopify/orders"):
        fulfillments = order["fulfillments"]
        delivered = [each["deliveredAt"] for each in fulfillments if each["deliveredAt"]]
        if order["test"] or order["cancelledAt"] or not delivered:
            continue
        opened = [each for each in order["returns"]["nodes"] if each["status"] not in ("DECLINED", "CANCELED")]
        truth[f"shopify:main:{order['id']}"] = bool(opened) or order["id"] in sent_back
    rows = world.built.rows(
        "select order_key, returned_at is not null as is_returned from audit.fct_orders "
        "where delivered_at is not null and not is_cancelled"
    )
    assert {row["order_key"]: row["is_returned"] for row in rows} == truth
    rate = world.built.row(
        "select * from audit.metric_values where metric_variant = 'return_rate' and grain = 'all_time' "
        "and segment_name = 'all'"
    )
    assert (rate["numerator"], rate["n"], rate["is_complete"]) == (sum(truth.values()), len(truth), False)
    daily = world.built.row("select sum(delivered_and_returned) as returned from audit.delivery_daily")
    assert daily["returned"] == sum(truth.values())


def test_refunds_of_returns(world: World) -> None:
    truth = []
    for order in world.records("shopify/orders"):
        for returned in order["returns"]["nodes"]:
            if not order["test"] and returned["status"] == "CLOSED":
                (refund,) = order["refunds"]
                opened, paid = (datetime.fromisoformat(each["createdAt"]) for each in (returned, refund))
                truth.append(Decimal((paid - opened).total_seconds()) / 86400)
    row = world.built.row("select sum(refund_days_n) as n, sum(refund_days_sum) as days from audit.delivery_daily")
    # Parcels that the platform took back first, and refunds that no return of the shop's names, have days of their own.
    direct = world.built.rows(
        "select refund_days from audit.fct_orders where return_opened_at in "
        "(select requested_at from staging.stg_shopify__returns where status = 'CLOSED') and refund_days is not null"
    )
    assert len(direct) > 0
    assert row["n"] >= len(direct)
    rounded = [round(days, 6) for days in truth]
    assert all(each["refund_days"] in rounded for each in direct)


def test_every_daily_figure_agrees_with_the_metric(world: World) -> None:
    """The metrics of a day and a source are the daily mart's components."""
    pairs = {
        "late_delivery_rate": ("late", "delivered_with_promise"),
        "late_delivery_rate_by_date": ("late_by_date", "delivered_with_promise"),
        "return_rate": ("delivered_and_returned", "delivered"),
        "processing_days_mean": ("processing_days_sum", "processing_days_n"),
        "transit_days_mean": ("transit_days_sum", "transit_days_n"),
        "delivery_days_mean": ("delivery_days_sum", "delivery_days_n"),
        "refund_days_mean": ("refund_days_sum", "refund_days_n"),
    }
    for variant, (numerator, denominator) in pairs.items():
        daily = world.built.rows(
            f"select business_date, source, {numerator} as numerator, {denominator} as n from audit.delivery_daily "
            f"where {denominator} > 0"
        )
        metrics = world.built.rows(
            "select period_start, segment_value, numerator, n from audit.metric_values "
            "where metric_variant = %s and grain = 'day' and segment_name = 'source'",
            variant,
        )
        found = {(row["period_start"], row["segment_value"]): (row["numerator"], row["n"]) for row in metrics}
        assert found == {(row["business_date"], row["source"]): (row["numerator"], row["n"]) for row in daily}, variant
        assert found, variant


def test_sessions_of_every_day_and_channel(world: World) -> None:
    converted = {each["id"]: each["sessions"] for each in world.records("ga4/channel_conversions")}
    truth = {
        (date.fromisoformat(each["date"]), each["sessionDefaultChannelGroup"]): (
            each["sessions"],
            each["engagedSessions"],
            converted.get(each["id"], 0),
        )
        for each in world.records("ga4/channel_days")
        if date.fromisoformat(each["date"]) <= NIGHT
    }
    rows = world.built.rows("select * from audit.web_daily where sessions > 0")
    assert {
        (row["business_date"], row["channel"]): (
            row["sessions"],
            row["engaged_sessions"],
            row["converted_sessions"],
        )
        for row in rows
    } == truth
    sessions = sum(cell[0] for cell in truth.values())
    bounced = world.built.row(
        "select * from audit.metric_values where metric_variant = 'bounce_rate' and grain = 'all_time' "
        "and segment_name = 'all'"
    )
    assert (bounced["n"], bounced["numerator"]) == (sessions, sessions - sum(cell[1] for cell in truth.values()))
    provisional = world.built.rows("select distinct business_date from audit.web_daily where is_provisional")
    assert {row["business_date"] for row in provisional} == {NIGHT - timedelta(days=back) for back in range(3)}


def test_posts_and_messages_of_every_day(world: World) -> None:
    profiles = {each["id"]: each["type"] for each in world.records("hootsuite/social_profiles")}
    truth: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for message in world.records("hootsuite/messages"):
        kind = {"SENT": "messages_sent", "SEND_FAILED_PERMANENTLY": "messages_failed"}.get(message["state"])
        if kind:
            truth[_day(message["scheduledSendTime"]), message["socialProfile"]["id"]][kind] += 1
    for post in world.records("hootsuite/post_analytics"):
        cell = truth[_day(post["createdAt"]), post["profileId"]]
        cell["posts"] += 1
        cell["engagement"] += post["metrics"]["likes"] + post["metrics"]["comments"]
    names = ("messages_sent", "messages_failed", "posts", "engagement")
    rows = world.built.rows("select * from audit.social_daily where network <> 'inbox'")
    found = {
        (row["business_date"], row["profile"].rsplit(":", 1)[1]): {name: row[name] or 0 for name in names}
        for row in rows
        if any(row[name] for name in names)
    }
    expected = {key: {name: cell[name] for name in names} for key, cell in truth.items() if key[0] <= NIGHT}
    assert found == expected
    assert {(row["network"], row["profile"].rsplit(":", 1)[1]) for row in rows} <= {
        (network, profile) for profile, network in profiles.items()
    }
