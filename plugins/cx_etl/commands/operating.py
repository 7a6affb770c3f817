"""What an engineer asks and does at 3 a.m.: publications, status, plan, doctor, and what is to be put right."""

import sys
from datetime import time

import click

from cx_etl.commands.parameters import CLOCK, say


@click.command()
def publications() -> None:
    """Every publication, newest first; the star marks what readers see."""
    from cx_etl import publish as publishing

    click.echo("    id  night       as of       published at (UTC)   changed rows  warnings")
    for found in publishing.publications():
        click.echo(
            f"{'*' if found.is_current else ' '}{found.publication_id:>5}  {found.night}  {found.as_of_date}  "
            f"{found.published_at:%Y-%m-%d %H:%M:%S}  {found.rows_changed:>12,}  {found.warnings:>8}"
            f"{'  pruned' if found.is_pruned else ''}"
        )


@click.command()
def prune() -> None:
    """Remove the rows that only publications beyond [retention] show."""
    from cx_etl import retention

    say(retention.prune())


@click.command()
@click.argument("publication_id", type=int)
def rollback(publication_id: int) -> None:
    """Make the earlier publication PUBLICATION_ID what readers see."""
    from cx_etl import publish as publishing

    say(publishing.rollback(publication_id))


@click.command()
@click.argument("first", type=int)
@click.argument("second", type=int)
def diff(first: int, second: int) -> None:
    """What changed from publication FIRST to SECOND: rows per mart, and every restated figure."""
    from cx_etl.publish import diff as compare
    from cx_etl.snapshot.diff import as_text

    click.echo(as_text(compare(first, second)))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--deadline", type=CLOCK, help="HH:MM, local: by then a night is published; one that is not is a problem."
)
def status(as_json: bool, deadline: time | None) -> None:
    """Per stream: how far it is proven complete, and what the last night brought; then what is published."""
    from cx_etl import status as statuses

    found = statuses.read(deadline)
    click.echo(statuses.as_json(found) if as_json else statuses.as_text(found))
    if found.problems:
        sys.exit(1)


@click.command("plan")
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def show_plan(sources: tuple[str, ...]) -> None:
    """Calls that a night needs, as the last nights needed them, against what the vendors allow."""
    from cx_etl import quota
    from cx_etl.nightly import chosen

    lines = quota.plan(chosen(sources))
    click.echo(quota.as_text(lines))
    if any(line.problem for line in lines):
        sys.exit(1)


@click.command()
@click.option("--source", "sources", multiple=True, help="Only these sources.")
@click.option("--days", type=click.IntRange(min=1), help="How far before the watermark; cx.toml's without it.")
def reconcile(sources: tuple[str, ...], days: int | None) -> None:
    """Walk a longer window than the nights did, repair what they missed, and say how much that was."""
    from cx_etl.nightly import reconcile_all

    for line in reconcile_all(sources, days):
        click.echo(line)


@click.command()
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def doctor(sources: tuple[str, ...]) -> None:
    """Prove settings, warehouse and every connection: credentials, scopes, versions, clocks, quotas."""
    from cx_etl import doctor as doctors

    findings = doctors.examine(sources)
    for finding in findings:
        click.echo(finding.as_text())
    if not all(finding.is_good for finding in findings):
        sys.exit(1)


@click.command()
@click.option("--role", type=click.Choice(["bi", "pii", "etl"]), default="bi", show_default=True)
def dsn(role: str) -> None:
    """A connection string for BI tools and psql."""
    from cx_etl import warehouse

    click.echo(warehouse.dsn(role))


@click.command()
def migrate() -> None:
    """Create what is missing of schemas, roles and tables in the warehouse."""
    from cx_etl import warehouse

    warehouse.migrate()
    click.echo("the warehouse has all schemas, roles and tables")


COMMANDS = (publications, prune, rollback, diff, status, show_plan, reconcile, doctor, dsn, migrate)
