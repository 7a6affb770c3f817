"""The publication as a workbook: the headline figures, then a sheet per daily mart, with typed numbers."""

import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

    from cx_etl.snapshot.figures import Figures

# Marts without a personal column, and which of their rows: a sheet per mart, the newest rows first.
SHEETS = {
    "metric_values": "segment_name = 'all' and grain in ('month', 'week', 'all_time') order by period_start desc",
    "nps_daily": "true order by business_date desc",
    "csat_daily": "true order by business_date desc",
    "ces_daily": "true order by business_date desc",
    "survey_response_daily": "true order by business_date desc",
    "response_time_daily": "true order by business_date desc",
    "sales_daily": "true order by business_date desc",
    "delivery_daily": "true order by business_date desc",
    "churn_monthly": "segment_name = 'all' order by month desc",
    "restatements": "segment_name = 'all' order by since_publication_id desc, period_start desc",
    "quarantine_effects": "true",
    "data_as_of": "true",
}
MOST_ROWS = 20_000
HEADLINES = ("figure", "value", "unit", "lowest", "highest", "counted", "30 days before", "beyond chance", "complete")


def workbook_of(connection: "psycopg.Connection", found: "Figures", verdict: str) -> bytes:
    """The workbook of a publication. A mart without rows has no sheet; text is text, whatever it begins with."""
    import xlsxwriter

    content = io.BytesIO()
    # Texts come from outside: none of them is ever a formula or a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(content, options) as book:
        styles = {"date": book.add_format({"num_format": "yyyy-mm-dd"}), "bold": book.add_format({"bold": True})}
        _write_summary(book, styles, found, verdict)
        for mart, condition in SHEETS.items():
            columns, rows = _rows(connection, mart, condition, found.publication.publication_id)
            if rows:
                _write_table(book.add_worksheet(mart), styles, columns, rows)
    return content.getvalue()


def _rows(
    connection: "psycopg.Connection", mart: str, condition: str, publication_id: int
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What the publication shows of the mart, but for what tells of versions."""
    if connection.execute("select to_regclass(%s)", (f"marts_versions.{mart}",)).fetchone() == (None,):
        return [], []
    statement = f"select * from marts_versions.{mart} where _valid_from <= %s and _valid_to > %s and {condition}"  # noqa: S608
    cursor = connection.execute(f"{statement} limit {MOST_ROWS + 1}", (publication_id, publication_id))
    kept = [place for place, column in enumerate(cursor.description or ()) if not column.name.startswith("_")]
    columns = [column.name for column in cursor.description or ()]
    return [columns[place] for place in kept], [tuple(row[place] for place in kept) for row in cursor.fetchall()]


def _write_summary(book: "xlsxwriter.Workbook", styles: dict[str, Any], found: "Figures", verdict: str) -> None:
    sheet, publication = book.add_worksheet("Snapshot"), found.publication
    lines = (
        f"Customer experience, {publication.as_of_date:%Y-%m-%d}",
        verdict,
        f"Publication {publication.publication_id}, published {publication.published_at:%Y-%m-%d %H:%M} UTC."
        f" Figures of the 30 days up to the date; other sheets: the marts of this publication.",
    )
    for place, line in enumerate(lines):
        sheet.write_string(place, 0, line, styles["bold"] if place == 0 else None)
    start = len(lines) + 1
    _write_row(sheet, styles, start, HEADLINES, styles["bold"])
    rows = [_headline(each) for each in found.headlines if each.now]
    for place, row in enumerate(rows, start + 1):
        _write_row(sheet, styles, place, row)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, len(HEADLINES) - 1, 15)
    start += len(rows) + 2
    for place, each in enumerate((each for each in found.headlines if each.now), start):
        sheet.write_string(place, 0, each.metric.label, styles["bold"])
        sheet.write_string(place, 1, each.metric.sentence)


def _headline(each: Any) -> tuple[Any, ...]:
    now, unit = each.now, each.metric.unit
    return (
        *(each.metric.label, now.value, unit.change, now.ci_low, now.ci_high, now.n),
        *(now.previous_value, now.is_significant, now.is_complete),
    )


def _write_table(sheet: "Worksheet", styles: dict[str, Any], columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    shown = rows[:MOST_ROWS]
    _write_row(sheet, styles, 0, columns, styles["bold"])
    for place, row in enumerate(shown, 1):
        _write_row(sheet, styles, place, row)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(shown), len(columns) - 1)
    sheet.set_column(0, len(columns) - 1, 16)
    if len(rows) > MOST_ROWS:
        sheet.write_string(len(shown) + 1, 0, f"Only the newest {MOST_ROWS:,} rows; the mart has all of them.")


def _write_row(
    sheet: "Worksheet", styles: dict[str, Any], place: int, values: Iterable[Any], style: Any = None
) -> None:
    for column, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, bool):
            sheet.write_boolean(place, column, value, style)
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(place, column, float(value), style)
        elif isinstance(value, datetime):
            sheet.write_string(place, column, f"{value:%Y-%m-%d %H:%M} UTC", style)
        elif isinstance(value, date):
            sheet.write_datetime(place, column, value, styles["date"])
        else:
            sheet.write_string(place, column, str(value), style)
