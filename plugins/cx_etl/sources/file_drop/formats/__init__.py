"""The formats of files: which one a file has, a survey of it when it lands, and its records when it is loaded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from cx_etl.sources.file_drop.formats import csv_rows, json_rows, parquet_rows, xlsx_rows
from cx_etl.sources.file_drop.formats.layout import File, How, Survey


@dataclass(frozen=True)
class Format:
    survey: Callable[[File], Survey]
    records: Callable[[How, bytes], Iterator[msgspec.Raw]]


FORMATS = {
    "csv": Format(csv_rows.survey, csv_rows.records),
    "jsonl": Format(json_rows.survey_lines, json_rows.records_of_lines),
    "json": Format(json_rows.survey_list, json_rows.records_of_list),
    "xlsx": Format(xlsx_rows.survey, xlsx_rows.records),
    "parquet": Format(parquet_rows.survey, parquet_rows.records),
}
_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
}


def survey(file: File) -> Survey:
    """What the file holds. Raises DataError naming it when it cannot be read as what it was declared to be."""
    name = file.stream.format or _ENDINGS.get(file.ending)
    if name is None:
        raise file.wrong(f"has the ending {file.ending!r}, which is no format", "write format in its [[files]] entry")
    found = FORMATS[name].survey(file)
    may_be_empty = file.stream.may_be_empty or not (file.stream.whole or name == "jsonl")
    if not found.rows and not may_be_empty:
        raise file.wrong("has no rows", "if that can be, write may_be_empty = true in its [[files]] entry")
    return found


def split(body: bytes) -> Iterator[tuple[int, msgspec.Raw]]:
    """The records of a landed part, by the line before it that says how to read it."""
    first, _, content = body.partition(b"\n")
    how = msgspec.json.decode(first, type=How)
    return ((0, record) for record in FORMATS[how.format].records(how, content))
