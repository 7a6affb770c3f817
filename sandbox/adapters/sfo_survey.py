"""San Francisco airport's 2017 passenger interviews as AskNicely NPS and CSAT, and a Typeform effort question.

The form holds four more questions (cleanliness, safety, security, the way to the airport) that the data set leaves
undeclared: a declaration is all it takes to have them scored. Answered at noon UTC of the interview day, by nobody: the
file has no e-mail. A blank (NETPRO 11, Q7ALL "Blank", Q14FIND 0 and 6) arrives as unanswered, never as 0.
"""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.adapters import Adapter, rows
from sandbox.records.surveys import Question, form, nicely_response, scale_answer, typeform_response
from sandbox.records.writer import DatasetWriter

FILE = "2017_SFO_Customer_Survey.csv.gz"
WAYFINDING = Question(form_id="sfo2017", field_id="q14find2017a", ref="q14find")
# By the column that holds their answers.
UNDECLARED = {
    column: Question(form_id="sfo2017", field_id=f"{column.lower()}17", ref=column.lower())
    for column in ("Q9ALL", "Q10SAFE", "Q14PASSTHRU", "Q13GETRATE")
}


def convert(folder: Path, out: DatasetWriter) -> None:
    """Write the form and, per passenger, two AskNicely responses and one Typeform response."""
    opened = datetime(2017, 5, 5, tzinfo=UTC)
    out.version("typeform/forms", opened, form(WAYFINDING.form_id, "Finding your way (airport)", opened))
    for row in rows(folder / FILE):
        noon = datetime(2017, 5, int(row["INTDATE"]), 12, tzinfo=UTC)
        _nicely(row, "nps", _on_scale(row["NETPRO"], 0, 10), noon, out)
        _nicely(row, "csat", _on_scale(row["Q7ALL"], 1, 5), noon, out)
        effort = typeform_response(
            question=WAYFINDING,
            key=row["RESPNUM"],
            landed_at=noon,
            submitted_at=noon,
            number=_on_scale(row["Q14FIND"], 1, 5),
            hidden={"channel": "interview"},
            extra=[
                scale_answer(question, number)
                for column, question in UNDECLARED.items()
                if (number := _on_scale(row[column], 1, 5)) is not None
            ],
        )
        out.version("typeform/responses", noon, effort, form_id=WAYFINDING.form_id)


def _nicely(row: dict[str, str], question_type: str, answer: int | None, noon: datetime, out: DatasetWriter) -> None:
    record = nicely_response(
        response_id=f"sfo-{question_type}-{row['RESPNUM']}",
        question_type=question_type,
        contact_id=f"sfo-{row['RESPNUM']}",
        sent=noon,
        responded=None if answer is None else noon,
        answer=answer,
        segment="sfo_survey",
        channel="interview",
    )
    out.version("asknicely/responses", noon, record)


def _on_scale(code: str, low: int, high: int) -> int | None:
    """The answer, or None for the codes of a blank."""
    return int(code) if code.isdigit() and low <= int(code) <= high else None


ADAPTER = Adapter(
    name="sfo_survey",
    licence="PDDL (DataSF)",
    marker=FILE,
    convert=convert,
    metrics=(
        {
            "source": "asknicely",
            "form": "*",
            "field": "nps",
            "metric": "nps",
            "scale": [0, 10],
            "direction": "high_is_good",
        },
        {
            "source": "asknicely",
            "form": "*",
            "field": "csat",
            "metric": "csat",
            "scale": [1, 5],
            "direction": "high_is_good",
        },
        {
            "source": "typeform",
            "form": WAYFINDING.form_id,
            "field": WAYFINDING.ref,
            "metric": "ces",
            "scale": [1, 5],
            "direction": "high_is_good",
        },
    ),
)
