"""docs/metrics.md, made of the seeds that declare the metrics and of what the dbt project says of its models and tests.

``python -m cx_etl.metric_dictionary`` writes it.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dbt.clients.yaml_helper import load_yaml_text

from cx_etl.settings import ROOT

PROJECT = ROOT / "dbt_project"
PAGE = ROOT / "docs" / "metrics.md"
HEAD = """\
# Metrics

One section per metric, one part per variant: the name under which `metric_values` publishes it. Made of
`dbt_project/seeds` by `python -m cx_etl.metric_dictionary`; change the seeds, not this page. Why a definition is as it
is: [decisions.md](decisions.md).
"""
BETTER = {"up": "More is better.", "down": "Less is better.", "none": "Neither more nor less is better."}
IDENTITY = "Identity: "


def dictionary() -> str:
    """The whole page."""
    variants = _seed("metric_definitions")
    intervals = {kind["kind"]: kind for kind in _seed("metric_kinds")}
    sections = [
        _metric(metric, [each for each in variants if each["metric"] == metric["metric"]], intervals)
        for metric in _seed("metrics")
    ]
    return "\n".join([HEAD, *sections, _columns(), _identities()])


def _seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _metric(metric: dict[str, str], variants: list[dict[str, str]], kinds: dict[str, dict[str, str]]) -> str:
    parts = (_variant(variant, kinds[variant["kind"]]) for variant in variants)
    return "\n".join([f"## {metric['label']}\n", f"{metric['question']}\n", *parts])


def _variant(variant: dict[str, str], kind: dict[str, str]) -> str:
    facts = {
        "Population": variant["population"],
        "Formula": variant["formula"],
        "Components": f"`{kind['value']}` ({variant['kind']})",
        "Interval": kind["interval"],
        "Unit": f"{variant['unit']}. {BETTER[variant['direction']]}",
        "Attributed to": variant["attributed_to"],
        "Complete when": variant["completeness"],
        "Rows": f"`{variant['mart']}`",
        "Version": variant["definition_version"],
    }
    listed = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    return f"### `{variant['metric_variant']}`: {variant['label']}\n\n{variant['definition']}.\n\n{listed}\n"


def _columns() -> str:
    """What the columns of metric_values mean, as dbt describes them."""
    (mart,) = (model for model in _declared("models") if model["name"] == "metric_values")
    lines = [f"- `{column['name']}`: {column['description']}" for column in mart["columns"]]
    return "\n".join(["## A row of `metric_values`\n", f"{mart['description'].strip()}\n", *lines, ""])


def _identities() -> str:
    """What holds in every publication, and the dbt test that refuses a build where it does not."""
    tests = [test for model in _declared("models") for test in model.get("data_tests", [])]
    arguments = [next(iter(test.values())) for test in tests if isinstance(test, dict)]
    lines = [
        f"- {test['description'].strip().removeprefix(IDENTITY)} `{test['name']}`"
        for test in [*arguments, *_declared("data_tests")]
        if test.get("description", "").startswith(IDENTITY)
    ]
    return "\n".join(["## What holds in every publication\n", *sorted(lines), ""])


def _declared(what: str) -> Iterator[dict[str, Any]]:
    """The entries of that kind in the properties files of the marts and of the project's tests."""
    folders = (PROJECT / "models" / "marts", PROJECT / "tests")
    for path in sorted(path for folder in folders for path in Path(folder).glob("*.yml")):
        yield from (load_yaml_text(path.read_text(encoding="utf-8")) or {}).get(what, [])


if __name__ == "__main__":
    PAGE.write_text(dictionary(), encoding="utf-8")
