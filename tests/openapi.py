"""Vendors' own OpenAPI documents as judges of what the sandbox answers and the connectors ask."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

CONTRACTS = Path(__file__).resolve().parents[2] / "shared" / "contracts"
ANALYTICS = CONTRACTS / "analyticsdata-v1beta-openapi.json"
needs_analytics = pytest.mark.skipif(not ANALYTICS.is_file(), reason=f"the vendor's document is not here: {ANALYTICS}")


@cache
def _document(path: Path) -> dict[str, Any]:
    """The document's schemas, made strict: a field that the vendor does not know is an error."""
    document = deepcopy(json.loads(path.read_text(encoding="utf-8")))
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return document


def validate(path: Path, schema: str, instance: Any) -> None:
    """Raises ValidationError when the instance is not what the document's schema of that name says."""
    components = _document(path)["components"]
    assert schema in components["schemas"]
    OAS30Validator({"$ref": f"#/components/schemas/{schema}", "components": components}).validate(instance)
