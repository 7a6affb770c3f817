"""Running the expectations: the one module that knows great-expectations, imported only when a gate runs."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from expectations import Check
from expectations.facts import module_of
from expectations.wording import expected, in_words, observed

# Counts only: with a sample size of 0 no value of a row leaves the database, so none reaches results or logs.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Finding:
    """One expectation's outcome. A check that could not run is a critical failure."""

    mart: str
    expectation: str
    kind: str
    severity: str
    success: bool
    expected: str
    observed: str
    reason: str
    owner: str
    is_unchecked: bool = False


@contextmanager
def _quiet() -> Iterator[None]:
    """great-expectations without its log lines: hundreds on import after airflow, and one per metric."""
    logger = logging.getLogger("great_expectations")
    level, disabled = logger.level, logging.root.manager.disable
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logger.setLevel(logging.ERROR)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # The version is pinned; what it deprecates is met when the pin is raised, not every night.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logging.disable(disabled)
        logger.setLevel(level)


def validate(facts: dict[str, dict[str, Any]], dsn: str) -> tuple[list[Finding], dict[str, Any]]:
    """The findings on the candidate of every mart in ``facts``, and the tool's own results: one validation per mart."""
    with _quiet():
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_postgres(
            "warehouse", connection_string=_sqlalchemy_url(dsn), create_temp_table=False
        )
        findings: list[Finding] = []
        raw_results: dict[str, Any] = {}
        try:
            for mart, mart_facts in facts.items():
                found, raw_results[mart] = _validate_mart(source, mart, mart_facts)
                findings += found
        finally:
            source.get_execution_engine().close()
    return findings, raw_results


def _validate_mart(source: Any, mart: str, facts: dict[str, Any]) -> tuple[list[Finding], dict[str, Any]]:
    import great_expectations as gx
    from great_expectations.datasource.fluent.interfaces import TestConnectionError

    checks: tuple[Check, ...] = module_of(mart).EXPECTATIONS
    suite = gx.ExpectationSuite(
        name=mart, expectations=[gx_expectation(each, place) for place, each in enumerate(checks)]
    )
    try:
        asset = source.add_table_asset(mart, table_name=mart, schema_name="audit")
    except TestConnectionError as error:
        broken = f"could not be checked: {_first_line(str(error))}"
        return [_finding(mart, each, facts, False, broken, broken=True) for each in checks], {"error": str(error)}
    batch = asset.add_batch_definition_whole_table("candidate").get_batch()
    result = batch.validate(suite, result_format=RESULT_FORMAT, expectation_parameters=facts)
    outcomes = {outcome.expectation_config.meta["position"]: outcome for outcome in result.results}
    found = [_judge(mart, each, facts, outcomes[place]) for place, each in enumerate(checks)]
    return found, result.to_json_dict()


def gx_expectation(check: Check, place: int = 0) -> Any:
    """The great-expectations object of a check; it carries its place, as results come back reordered."""
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    name = "".join(word.capitalize() for word in check.kind.split("_"))
    kwargs = dict(check.kwargs)
    if "where" in kwargs:
        column, value = kwargs.pop("where")
        kwargs["row_condition"] = Column(column) == value
    return getattr(gxe, name)(**kwargs, severity=check.severity, meta={"position": place})


def _judge(mart: str, check: Check, facts: dict[str, Any], outcome: Any) -> Finding:
    failure = _exception(outcome.exception_info)
    if failure:
        return _finding(mart, check, facts, False, f"could not be checked: {failure}", broken=True)
    seen = observed(outcome.result)
    # The largest of no values is nothing: that is no evidence of a fault, and an empty mart is the row count's matter.
    success = bool(outcome.success) or seen == "no values"
    return _finding(mart, check, facts, success, seen)


def _finding(mart: str, check: Check, facts: dict[str, Any], success: bool, seen: str, broken: bool = False) -> Finding:
    return Finding(
        mart=mart,
        expectation=in_words(check),
        kind=check.kind,
        severity="critical" if broken else check.severity,
        success=success,
        expected=expected(check, facts),
        observed=seen,
        reason=check.reason,
        owner=check.owner,
        is_unchecked=broken,
    )


def _exception(info: dict[str, Any]) -> str:
    """The first line of what a check raised. One metric's failure arrives flat, several in a map by metric."""
    if "raised_exception" in info:
        return _first_line(str(info["exception_message"])) if info["raised_exception"] else ""
    raised = [each["exception_message"] for each in info.values() if each["raised_exception"]]
    return _first_line(str(raised[0])) if raised else ""


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no message"


def _sqlalchemy_url(libpq: str) -> str:
    """The same connection for SQLAlchemy. great-expectations would substitute variables at a dollar sign."""
    _, _, rest = libpq.partition("://")
    return f"postgresql+psycopg2://{rest}".replace("$", "%24")
