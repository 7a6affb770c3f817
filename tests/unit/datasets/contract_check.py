"""Decoding of dataset records by the pipeline's contracts, as an extraction would."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from dataset_files import Version, streams, versions

from cx_etl.sources import SOURCES
from cx_etl.sources import shopify_followup_records as followups
from cx_etl.sources import shopify_records as shopify

# What is inside a Shopify record and comes as a record of its own, by the kind that its id names.
SHOPIFY_PARTS = {
    "LineItem": shopify.LineItem,
    "AbandonedCheckoutLineItem": shopify.AbandonedCheckoutLine,
    "Fulfillment": followups.Fulfillment,
    "FulfillmentEvent": followups.FulfillmentEvent,
    "FulfillmentOrderLineItem": followups.FulfillmentOrderLine,
    "Refund": followups.Refund,
    "RefundLineItem": followups.RefundLineItem,
    "Return": followups.Return,
    "ReturnLineItem": followups.ReturnLineItem,
    "ReverseFulfillmentOrder": followups.ReverseFulfillmentOrder,
}


def decode_all(dataset: Path) -> dict[str, int]:
    """Decode every version of every stream; the number of versions per stream. Raises ValidationError."""
    return {
        stream: sum(_decode(stream, version) for version in versions(dataset, stream)) for stream in streams(dataset)
    }


# What an answer looks like around a record, where the source reshapes its records.
ANSWERS: dict[str, Callable[[Any], Any]] = {
    "surveymonkey/responses": lambda record: {"data": [record]},
    "qualtrics/responses": lambda record: record,
}


def _decode(stream: str, version: Version) -> int:
    record: dict[str, Any] = dict(version.record)
    if "form_id" in version.line:
        record["form_id"] = version.line["form_id"]
    system, _, name = stream.partition("/")
    if system == "shopify":
        for kind, part in _shopify_parts(record, record):
            msgspec.convert(part, SHOPIFY_PARTS[kind])
    source_stream = SOURCES[system].stream(name)
    if stream in ANSWERS:
        _, raw = next(iter(source_stream.split(msgspec.json.encode(ANSWERS[stream](record)))))
        record = msgspec.json.decode(raw)
    msgspec.json.decode(msgspec.json.encode(record), type=source_stream.tables[0].contract)
    return 1


def _shopify_parts(record: dict[str, Any], root: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record inside a record, with what it is told of the records around it."""
    for value in record.values():
        inside = value.get("nodes", []) if isinstance(value, dict) else value if isinstance(value, list) else []
        for part in inside:
            kind = part["id"].split("/")[3] if isinstance(part, dict) and "id" in part else ""
            if kind in SHOPIFY_PARTS and len(part) > 1:
                yield kind, {**part, "__parentId": record["id"], "order": root}
                yield from _shopify_parts(part, root)
