"""The steps of a night, one by one or all of them."""

import sys
from datetime import date

import click

from cx_etl.commands.parameters import NIGHT, say
from cx_etl.night import nights_between


@click.command()
@click.argument("night", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources; may be given several times.")
def run(night: date, sources: tuple[str, ...]) -> None:
    """The whole NIGHT in this process: extract, load, build, gate, publish, snapshot."""
    from cx_etl.nightly import run_night

    for line in run_night(night, sources):
        click.echo(line)


@click.command()
@click.argument("first", metavar="FROM", type=NIGHT)
@click.argument("last", metavar="TO", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources; may be given several times.")
def backfill(first: date, last: date, sources: tuple[str, ...]) -> None:
    """The nights FROM to TO again, both included: extract and load each, then build and publish once."""
    from cx_etl import nightly

    for line in nightly.backfill(nights_between(first, last), sources):
        click.echo(line)


@click.command()
@click.argument("first", metavar="FROM", type=NIGHT)
@click.argument("last", metavar="TO", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources; may be given several times.")
def replay(first: date, last: date, sources: tuple[str, ...]) -> None:
    """What has landed for the nights FROM to TO into the raw tables again, as after a loss; no source is asked."""
    from cx_etl import nightly

    for line in nightly.replay_landing(nights_between(first, last), sources):
        click.echo(line)


@click.command()
@click.argument("night", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def extract(night: date, sources: tuple[str, ...]) -> None:
    """Land every stream of NIGHT."""
    from cx_etl.nightly import extract_all

    for line in extract_all(night, sources):
        click.echo(line)


@click.command()
@click.argument("night", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def load(night: date, sources: tuple[str, ...]) -> None:
    """Load what has landed for NIGHT."""
    from cx_etl.nightly import load_all

    for line in load_all(night, sources):
        click.echo(line)


@click.command()
@click.argument("night", type=NIGHT)
@click.option("--whole", is_flag=True, help="Make every model, also where nothing that it reads changed.")
def build(night: date, whole: bool) -> None:
    """Run the models over what is loaded; makes a candidate."""
    from cx_etl import transform

    if whole:
        transform.forget_basis()
    say(transform.build(night))


@click.command()
@click.argument("night", type=NIGHT)
def gate(night: date) -> None:
    """Check the newest build of NIGHT."""
    from cx_etl import gate as gates
    from cx_etl.nightly import newest_build

    say(gates.check(newest_build(night)))


@click.command()
@click.argument("night", type=NIGHT)
def publish(night: date) -> None:
    """Make the newest build of NIGHT what readers see, if its gate has passed."""
    from cx_etl import publish as publishing
    from cx_etl.nightly import newest_build

    say(publishing.publish(newest_build(night)))


@click.command()
@click.argument("night", type=NIGHT)
def snapshot(night: date) -> None:
    """Render the page of NIGHT's newest publication."""
    from cx_etl import snapshot as snapshots
    from cx_etl.nightly import newest_publication

    say(snapshots.render(newest_publication(night)))


@click.command()
@click.argument("night", type=NIGHT)
@click.option("--to", "name", help="Only this subscription.")
@click.option("--now", "at_once", is_flag=True, help="Also those whose hour has not come.")
@click.option("--again", is_flag=True, help="With --to: also what was skipped, refused or is unknown.")
@click.option("--dry-run", is_flag=True, help="Write .eml files; send and record nothing.")
def send(night: date, name: str | None, at_once: bool, again: bool, dry_run: bool) -> None:
    """Mail NIGHT's snapshot to the subscriptions that are due; what was sent is not sent twice."""
    from cx_etl import mail

    if again and not name:
        raise click.UsageError("--again needs --to: what is unknown may have been sent already")
    if dry_run:
        click.echo("\n".join(map(str, mail.write_mails(night, name))) or "nobody would get a mail")
        return
    in_trouble = False
    for outcome in mail.send(night, name, at_once=at_once, again=again):
        click.echo(outcome.as_text())
        in_trouble |= outcome.is_trouble
    if in_trouble:
        sys.exit(1)


COMMANDS = (run, backfill, replay, extract, load, build, gate, publish, snapshot, send)
