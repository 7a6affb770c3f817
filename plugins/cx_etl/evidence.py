"""The evidence of a gate: one static page per build, failures first, with great-expectations' results beside it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cx_etl.settings import load_settings

if TYPE_CHECKING:
    from cx_etl.gate import Build
    from expectations.validation import Finding

_RANK = {"critical": 0, "warning": 1, "info": 2}


def write(build: "Build", findings: Sequence["Finding"], raw_results: dict[str, Any]) -> Path:
    """The path of the page, made anew. No value of a row stands in it or in the results beside it."""
    from cx_etl.snapshot.page import environment

    folder = load_settings().evidence_dir / f"build-{build.build_id}"
    (folder / "results").mkdir(parents=True, exist_ok=True)
    for mart, result in raw_results.items():
        text = json.dumps(result, indent=1, sort_keys=True, default=str)
        (folder / "results" / f"{mart}.json").write_text(text, encoding="utf-8")
    failed = sorted((each for each in findings if not each.success), key=lambda each: _RANK[each.severity])
    html = (
        environment()
        .get_template("evidence.html")
        .render(
            build=build,
            failed=failed,
            blocking=sum(each.severity == "critical" for each in failed),
            warnings=sum(each.severity == "warning" for each in failed),
            checks=len(findings),
            marts=_by_mart(findings),
        )
    )
    page = folder / "index.html"
    page.write_text(html, encoding="utf-8")
    return page


def _by_mart(findings: Sequence["Finding"]) -> dict[str, list["Finding"]]:
    """Findings per mart: marts in their own order, failures before what holds."""
    marts: dict[str, list[Finding]] = {}
    for finding in findings:
        marts.setdefault(finding.mart, []).append(finding)
    return {mart: sorted(rows, key=lambda each: (each.success, _RANK[each.severity])) for mart, rows in marts.items()}
