"""Play-store reviews of seven Pakistani services (English, Urdu, Roman Urdu) as AskNicely answers with a comment.

The file has no dates: all are answered at noon UTC of the day before it was published. A review's app is its channel.
"""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.adapters import Adapter, rows
from sandbox.records.surveys import nicely_response
from sandbox.records.writer import DatasetWriter

FILE = "pk_app_reviews.csv.gz"
ANSWERED = datetime(2025, 9, 17, 12, tzinfo=UTC)


def convert(folder: Path, out: DatasetWriter) -> None:
    """Write one answered response per row. The file names no authors, so each row is one of its own."""
    for number, row in enumerate(rows(folder / FILE), start=1):
        record = nicely_response(
            response_id=f"app-review-{number}",
            question_type="appreview",
            contact_id=f"app-reviewer-{number}",
            sent=ANSWERED,
            responded=ANSWERED,
            answer=int(row["score"]),
            comment=row["content"],
            segment="app_reviews",
            channel=row["app"],
        )
        out.version("asknicely/responses", ANSWERED, record)


ADAPTER = Adapter(
    name="app_reviews",
    licence="none stated: for validation only",
    marker=FILE,
    convert=convert,
    metrics=(
        {
            "source": "asknicely",
            "form": "*",
            "field": "appreview",
            "metric": "csat",
            "scale": [1, 5],
            "direction": "high_is_good",
        },
    ),
    stands_alone=True,
)
