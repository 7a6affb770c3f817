"""Decoding of dataset records by the pipeline's contracts, as an extraction would."""

from pathlib import Path
from typing import Any

import msgspec
from dataset_files import Version, streams, versions

from cx_etl.sources import SOURCES, shopify


def decode_all(dataset: Path) -> dict[str, int]:
    """Decode every version of every stream; the number of versions per stream. Raises ValidationError."""
    return {
        stream: sum(_decode(stream, version) for version in versions(dataset, stream)) for stream in streams(dataset)
    }


def _decode(stream: str, version: Version) -> int:
    record: dict[str, Any] = dict(version.record)
    if "form_id" in version.line:
        record["form_id"] = version.line["form_id"]
    for line in record.get("lineItems", {}).get("nodes", []):
        msgspec.convert({**line, "__parentId": record["id"]}, shopify.LineItem)
    system, _, name = stream.partition("/")
    msgspec.json.decode(msgspec.json.encode(record), type=SOURCES[system].stream(name).tables[0].contract)
    return 1
