"""Sets that are converted by themselves only: the purchase log, and the table of contracts as exports."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.convert import convert, find_sets

LOG = """ 00004 0001 19970101  2   29.33
 00021 0002 19970101  3   63.34
 00004 0001 19970118  2   29.73
 00021 0002 19970101  1    0.00
"""
TITLES = (
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,InternetService,"
    "OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,PaperlessBilling,"
    "PaymentMethod,MonthlyCharges,TotalCharges,Churn"
)
STAYED = "7590-VHVEG,Female,0,Yes,No,0,No,None,DSL,No,Yes,No,No,No,No,Two year,Yes,Mailed check,29.85, ,No"
LEFT = "3668-QPYBK,Male,0,No,No,14,Yes,No,DSL,Yes,Yes,No,No,No,No,One year,Yes,Mailed check,53.85,108.15,Yes"


def packed(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / name).write_bytes(gzip.compress(text.encode()))
    return folder


def versions(out: Path, stream: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((out / f"{stream}.jsonl.gz").read_bytes()).splitlines()]


def test_another_shop_s_set_is_not_one_of_several(tmp_path: Path) -> None:
    folder = packed(tmp_path / "cdnow", "CDNOW_sample.txt.gz", LOG)
    assert [adapter.name for adapter, _ in find_sets(folder)] == ["cdnow"]
    with pytest.raises(FileNotFoundError, match="holds no set"):
        find_sets(tmp_path)


def test_each_line_of_the_log_is_an_order(tmp_path: Path) -> None:
    found = convert(packed(tmp_path / "cdnow", "CDNOW_sample.txt.gz", LOG), tmp_path / "out")
    assert (str(found.first_night), str(found.last_night)) == ("1997-01-01", "1997-01-18")
    orders = versions(tmp_path / "out", "shopify/orders")
    assert [order["at"] for order in orders] == ["1997-01-01T12:00:00Z"] * 3 + ["1997-01-18T12:00:00Z"]
    said = [(order["record"]["email"], order["record"]["subtotalPriceSet"]["shopMoney"]["amount"]) for order in orders]
    assert said == [
        ("0001@cdnow.example", "29.33"),
        ("0002@cdnow.example", "63.34"),
        ("0002@cdnow.example", "0.00"),
        ("0001@cdnow.example", "29.73"),
    ]
    last = versions(tmp_path / "out", "shopify/customers")[-1]["record"]
    assert (last["numberOfOrders"], last["amountSpent"]["amount"]) == ("2", "59.06")


def test_the_table_comes_as_a_month_begins_and_as_it_closes(tmp_path: Path) -> None:
    text = "\n".join([TITLES, STAYED, LEFT]) + "\n"
    found = convert(packed(tmp_path / "t", "WA_Fn-UseC_-Telco-Customer-Churn.csv.gz", text), tmp_path / "out")
    assert (str(found.first_night), str(found.last_night)) == ("2018-10-01", "2018-10-31")
    files = {path.name: path.read_text() for path in (tmp_path / "out" / "files" / "billing").glob("*/*")}
    begun = list(csv.DictReader(files["subscriptions_2018-10-01.csv"].splitlines()))
    assert [(row["started_on"], row["ended_on"]) for row in begun] == [("2018-10-01", ""), ("2017-08-01", "")]
    (ended,) = csv.DictReader(files["subscriptions_2018-10-31.csv"].splitlines())
    said = [ended[name] for name in ("subscription_id", "ended_on", "monthly_amount")]
    assert said == ["3668-QPYBK", "2018-10-31", "53.85"]
    attributes = list(csv.DictReader(files["attributes_2018-10-01.csv"].splitlines()))
    assert len(attributes) == 2 * 15
    assert {"subscription_id": "3668-QPYBK", "attribute": "payment_method", "value": "Mailed check"} in attributes
