"""The files of Qualtrics' exports: one JSON object per line, one JSON document, or tables under three rows of heads."""

import csv
import io
from collections.abc import Callable

import msgspec

from sandbox.dataset import Record


def ndjson(records: list[Record]) -> bytes:
    """A response per line; the vendor puts empty objects between them."""
    encode = msgspec.json.encode
    lines = [encode(record) + (b"\n{}" if number % 10 == 0 else b"") for number, record in enumerate(records)]
    return b"".join(line + b"\n" for line in lines)


def document(records: list[Record]) -> bytes:
    return msgspec.json.encode({"responses": records})


def table(records: list[Record], delimiter: str) -> bytes:
    """Three rows of heads (name, text, import id as JSON), then the values; a survey without responses has no more."""
    names = list(dict.fromkeys(name for record in records for name in record["values"])) or ["recordedDate"]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["ResponseId", *names])
    writer.writerow(["Response ID", *(f"Text of {name}" for name in names)])
    writer.writerow([msgspec.json.encode({"ImportId": name}).decode() for name in ("_recordId", *names)])
    for record in records:
        writer.writerow([record["responseId"], *(cell(record["values"].get(name)) for name in names)])
    return text.getvalue().encode()


def cell(value: object) -> object:
    return ",".join(map(str, value)) if isinstance(value, list) else value


FORMATS: dict[str, Callable[[list[Record]], bytes]] = {
    "ndjson": ndjson,
    "json": document,
    "csv": lambda records: table(records, ","),
    "tsv": lambda records: table(records, "\t"),
}
