"""The quality gate: great-expectations on the candidate. A critical failure leaves the last publication current."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cx_etl import evidence
from cx_etl.errors import DataError, GateError
from cx_etl.warehouse import connect, dsn
from expectations import MARTS, anomalies
from expectations.facts import facts_of
from expectations.validation import Finding, validate

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Build:
    build_id: int
    night: date
    as_of_date: date


@dataclass(frozen=True)
class GateReport:
    build_id: int
    checks: int
    warnings: tuple[str, ...]
    evidence: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check(build_id: int) -> GateReport:
    """Check the candidate of a build. Results and evidence are stored either way.

    Raises GateError when a critical expectation fails or could not be checked.
    """
    with connect() as connection:
        build = _newest_build(connection, build_id)
        facts = {mart: facts_of(connection, mart, build.as_of_date) for mart in MARTS}
    findings, raw_results = _validated(facts)
    with connect() as connection:
        findings += anomalies.findings(connection, build.as_of_date)
    page = evidence.write(build, findings, raw_results)
    _store(build_id, findings, str(page))
    critical = [finding for finding in findings if not finding.success and finding.severity == "critical"]
    if critical:
        raise GateError(_explanation(build_id, critical, str(page)), _next_step(critical, str(page)))
    return GateReport(build_id, len(findings), warnings_of(findings), str(page))


def _validated(facts: dict[str, dict[str, Any]]) -> tuple[list[Finding], dict[str, Any]]:
    """What the checks find. Where one could not run, all run again: a connection that was cut is no fault of the data.

    Raises RetriableError when the warehouse does not answer.
    """
    findings, raw_results = validate(facts, dsn())
    if any(each.is_unchecked for each in findings):
        with connect() as connection:
            connection.execute("select 1")
        findings, raw_results = validate(facts, dsn())
    return findings, raw_results


def warnings_of(findings: list[Finding]) -> tuple[str, ...]:
    """The failed warnings, one sentence each."""
    return tuple(
        f"{finding.mart}: expected {finding.expectation}; observed {finding.observed}"
        for finding in findings
        if not finding.success and finding.severity == "warning"
    )


def _newest_build(connection: "psycopg.Connection", build_id: int) -> Build:
    """The build, if the audit views show it: they always show the newest one."""
    row = connection.execute(
        "select night, as_of_date, status, (select max(build_id) from ops.builds) from ops.builds where build_id = %s",
        (build_id,),
    ).fetchone()
    if row is None:
        raise DataError(f"there is no build {build_id}", "`cx build NIGHT` makes one")
    night, as_of_date, status, newest = row
    if newest != build_id:
        raise DataError(f"build {build_id} is not the candidate any more: {newest} is", f"gate build {newest}")
    if status != "built":
        raise DataError(f"build {build_id} is {status}, so there is no candidate to check", "run `cx build` again")
    return Build(build_id, night, as_of_date)


def _store(build_id: int, findings: list[Finding], page: str) -> None:
    """The results of the build, replacing those of an earlier try."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("delete from ops.gate_results where build_id = %s", (build_id,))
        cursor.executemany(
            "insert into ops.gate_results"
            " (build_id, mart, expectation, severity, success, observed, reason, owner, evidence)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    build_id,
                    each.mart,
                    each.expectation,
                    each.severity,
                    each.success,
                    each.observed,
                    each.reason,
                    each.owner,
                    page,
                )
                for each in findings
            ],
        )


def _explanation(build_id: int, critical: list[Finding], page: str) -> str:
    listed = "\n".join(
        f"  {each.mart}: expected {each.expectation} [{each.kind}] ({each.expected}); observed {each.observed}"
        for each in critical[:5]
    )
    more = f"\n  and {len(critical) - 5} more" if len(critical) > 5 else ""
    return f"build {build_id} fails {len(critical)} critical checks, nothing is published:\n{listed}{more}\n  {page}"


def _next_step(critical: list[Finding], page: str) -> str:
    first = critical[0]
    return (
        f"open {page}, look at audit.{first.mart}; correct the model or the data and `cx build` again,"
        f" or, if the data is right, change the threshold in expectations/{first.mart}.py and say why"
    )
