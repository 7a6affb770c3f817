"""Whole nights, top to bottom, without Airflow: the same functions in the same order as the DAGs."""

import time
from collections.abc import Iterator, Sequence
from datetime import date

from cx_etl import extract as extracting
from cx_etl import landing, quota, warehouse
from cx_etl import load as loading
from cx_etl.errors import CxError
from cx_etl.reconcile import load_walk, reconcile
from cx_etl.settings import load_settings
from cx_etl.sources import Account, account, enabled_accounts


def run_night(night: date, sources: tuple[str, ...] = ()) -> Iterator[str]:
    """Extract, load, build, gate, publish, snapshot; a line of text per finished step."""
    warehouse.migrate()
    yield from extract_all(night, sources)
    yield from load_all(night, sources)
    yield from publish_all(night)


def backfill(nights: Sequence[date], sources: tuple[str, ...] = ()) -> Iterator[str]:
    """Extract and load each of the nights again, then build and publish once; a line of text per finished step.

    A night that fails ends it with its error: the nights before it stay loaded, and nothing is built or published.
    """
    warehouse.migrate()
    for night in nights:
        yield f"night     {night}"
        yield from extract_all(night, sources)
        yield from load_all(night, sources)
    yield from publish_all(nights[-1])


def publish_all(night: date) -> Iterator[str]:
    """Build, gate, publish, prune and snapshot what is loaded, in the name of the night."""
    from cx_etl import gate, publish, retention, snapshot, transform

    built = transform.build(night)
    yield f"build     {built.build_id}: {built.rows_changed} rows changed, {built.seconds:.1f} s"
    checked = gate.check(built.build_id)
    yield f"gate      {checked.checks} checks, {len(checked.warnings)} warnings, evidence {checked.evidence}"
    published = publish.publish(built.build_id)
    yield f"publish   {published.publication_id}: {published.reason}"
    pruned = retention.prune()
    yield f"retention {pruned.publications} publications pruned, {pruned.versions:,} row versions removed"
    yield f"snapshot  {snapshot.render(published.publication_id).path}"


def extract_all(night: date, sources: tuple[str, ...] = ()) -> Iterator[str]:
    """Every stream of the night to the landing, if the vendors' budgets allow it."""
    for each in chosen(sources):
        quota.require_room(each)
        for stream in each.source.streams:
            report = extracting.extract(each.label, stream.name, night)
            yield (
                f"extract   {each.label}/{stream.name}: {report.records:,} records in {report.pages} pages, "
                f"{report.calls} calls, {report.seconds:.1f} s"
            )


def load_all(night: date, sources: tuple[str, ...] = ()) -> Iterator[str]:
    """Every landed stream of the night to the raw tables."""
    for each in chosen(sources):
        for stream in each.source.streams:
            report = loading.load(each.label, stream.name, night)
            yield (
                f"load      {each.label}/{stream.name}: {report.new:,} new, {report.changed:,} changed, "
                f"{report.same:,} same, {report.rejected:,} rejected, {report.seconds:.1f} s"
            )


def replay_landing(nights: Sequence[date], sources: tuple[str, ...] = ()) -> Iterator[str]:
    """Everything that has landed for the nights to the raw tables again, oldest first; no source is asked.

    Raises CxError when nothing at all has landed for them. What is loaded already does not change.
    """
    warehouse.migrate()
    found = [
        (each, stream, night, purpose, run)
        for night in nights
        for each in chosen(sources)
        for stream in each.source.streams
        for purpose in ("night", "reconcile")
        for run in landing.runs(each.id, stream.name, night, purpose)
        if run.is_finished
    ]
    if not found:
        raise CxError(
            f"nothing has landed for {nights[0]} to {nights[-1]} below {load_settings().landing_dir}",
            "restore the landing folder, or `cx backfill` to ask the sources again",
        )
    for each, stream, night, purpose, run in found:
        if purpose == "night":
            counts = loading.load_run(stream, run)
            yield f"replay    {night} {each.label}/{stream.name}: {counts.new:,} new, {counts.changed:,} changed"
        else:
            walked, _ = load_walk(each, stream, run, time.monotonic())
            yield f"replay    {night} {each.label}/{stream.name} (reconciled): {walked.late_new:,} new"


def newest_build(night: date) -> int:
    """The night's newest build. Raises CxError when there is none."""
    return _newest("select max(build_id) from ops.builds where night = %s", night, f"cx build {night}")


def newest_publication(night: date) -> int:
    """The night's newest publication. Raises CxError when there is none."""
    return _newest("select max(publication_id) from ops.publications where night = %s", night, f"cx publish {night}")


def _newest(sql: str, night: date, next_step: str) -> int:
    with warehouse.connect() as connection:
        row = connection.execute(sql, (night,)).fetchone()
    if row is None or row[0] is None:
        raise CxError(f"there is none of {night} yet", next_step)
    return int(row[0])


def reconcile_all(sources: tuple[str, ...] = (), days: int | None = None) -> Iterator[str]:
    """Every stream that can be asked for a longer window; a line of text for each."""
    for each in chosen(sources):
        for stream in each.reconcilable:
            report = reconcile(each.label, stream.name, days=days)
            yield (
                f"reconcile {each.label}/{stream.name}: {report.walked:,} walked; missed {report.missed_new:,} new, "
                f"{report.missed_changes:,} changed, {report.missed_deletes:,} deleted; "
                f"miss rate {report.miss_rate:.3%}"
            )


def chosen(labels: tuple[str, ...]) -> list[Account]:
    """The accounts of that names, all enabled ones without any."""
    return [account(label) for label in labels] if labels else enabled_accounts()
