"""IBM's telco table as the exports of a billing system: subscriptions, and their attributes.

The table is a picture at the end of a month, without dates: who left within it, and for how many months each customer
had been one. Here that month is October 2018. A subscription began so many months before the month did; who left did so
on its last day. One export comes as the month begins, one of the subscriptions that ended as it closes.
"""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from sandbox.adapters import Adapter, rows
from sandbox.records.writer import DatasetWriter

FILE = "WA_Fn-UseC_-Telco-Customer-Churn.csv.gz"
MONTH, LAST_DAY = date(2018, 10, 1), date(2018, 10, 31)
BEGUN, CLOSED = (datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in (MONTH, LAST_DAY))
ATTRIBUTES = {
    "gender": "gender",
    "SeniorCitizen": "senior_citizen",
    "Partner": "partner",
    "Dependents": "dependents",
    "PhoneService": "phone_service",
    "MultipleLines": "multiple_lines",
    "InternetService": "internet_service",
    "OnlineSecurity": "online_security",
    "OnlineBackup": "online_backup",
    "DeviceProtection": "device_protection",
    "TechSupport": "tech_support",
    "StreamingTV": "streaming_tv",
    "StreamingMovies": "streaming_movies",
    "PaperlessBilling": "paperless_billing",
    "PaymentMethod": "payment_method",
}
TITLES = ("subscription_id", "customer_id", "plan", "started_on", "ended_on", "monthly_amount", "currency")
Row = dict[str, str]


def convert(folder: Path, out: DatasetWriter) -> None:
    """Write the exports."""
    customers = list(rows(folder / FILE))
    left = [customer for customer in customers if customer["Churn"] == "Yes"]
    begun = (_subscription(customer, ended_on=None) for customer in customers)
    ended = (_subscription(customer, ended_on=LAST_DAY) for customer in left)
    attributes = (
        (customer["customerID"], name, customer[title]) for customer in customers for title, name in ATTRIBUTES.items()
    )
    out.file("billing", BEGUN, f"subscriptions_{MONTH}.csv", _csv(TITLES, begun))
    out.file("billing", BEGUN, f"attributes_{MONTH}.csv", _csv(("subscription_id", "attribute", "value"), attributes))
    out.file("billing", CLOSED, f"subscriptions_{LAST_DAY}.csv", _csv(TITLES, ended))


def _subscription(customer: Row, ended_on: date | None) -> tuple[str, ...]:
    key = customer["customerID"]
    started = _months_before(MONTH, int(customer["tenure"]))
    end = ended_on.isoformat() if ended_on else ""
    return key, key, customer["Contract"], started.isoformat(), end, customer["MonthlyCharges"], "USD"


def _months_before(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _csv(titles: Iterable[str], lines: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([titles, *lines])
    return text.getvalue().encode()


ADAPTER = Adapter(
    name="telco_churn", licence="Apache-2.0 (IBM)", marker=FILE, convert=convert, metrics=(), stands_alone=True
)
