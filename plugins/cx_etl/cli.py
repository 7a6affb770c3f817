"""The ``cx`` command: each step of a night, and what an engineer asks at 3 a.m. Exits: 0 done, 1 failed, 2 usage."""

import json
import sys
from datetime import date, time
from typing import Any

import click

from cx_etl.errors import ConfigError, CxError
from cx_etl.local import cli as stack
from cx_etl.night import nights_between, parse_clock, parse_night


class Night(click.ParamType):
    name = "NIGHT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        return value if isinstance(value, date) else parse_night(value)


class Clock(click.ParamType):
    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> time:
        return value if isinstance(value, time) else parse_clock(value)


NIGHT = Night()
CLOCK = Clock()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cx() -> None:
    """The customer-experience pipeline: nights in, defensible numbers out."""


@cx.command()
@click.argument("night", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources; may be given several times.")
def run(night: date, sources: tuple[str, ...]) -> None:
    """The whole NIGHT in this process: extract, load, build, gate, publish, snapshot."""
    from cx_etl.nightly import run_night

    for line in run_night(night, sources):
        click.echo(line)


@cx.command()
@click.argument("first", metavar="FROM", type=NIGHT)
@click.argument("last", metavar="TO", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources; may be given several times.")
def backfill(first: date, last: date, sources: tuple[str, ...]) -> None:
    """The nights FROM to TO again, both included: extract and load each, then build and publish once."""
    from cx_etl import nightly

    for line in nightly.backfill(nights_between(first, last), sources):
        click.echo(line)


@cx.command()
@click.argument("first", metavar="FROM", type=NIGHT)
@click.argument("last", metavar="TO", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources; may be given several times.")
def replay(first: date, last: date, sources: tuple[str, ...]) -> None:
    """What has landed for the nights FROM to TO into the raw tables again, as after a loss; no source is asked."""
    from cx_etl import nightly

    for line in nightly.replay_landing(nights_between(first, last), sources):
        click.echo(line)


@cx.command()
@click.argument("night", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def extract(night: date, sources: tuple[str, ...]) -> None:
    """Land every stream of NIGHT."""
    from cx_etl.nightly import extract_all

    for line in extract_all(night, sources):
        click.echo(line)


@cx.command()
@click.argument("night", type=NIGHT)
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def load(night: date, sources: tuple[str, ...]) -> None:
    """Load what has landed for NIGHT."""
    from cx_etl.nightly import load_all

    for line in load_all(night, sources):
        click.echo(line)


@cx.command()
@click.argument("night", type=NIGHT)
@click.option("--whole", is_flag=True, help="Make every model, also where nothing that it reads changed.")
def build(night: date, whole: bool) -> None:
    """Run the models over what is loaded; makes a candidate."""
    from cx_etl import transform

    if whole:
        transform.forget_basis()
    _say(transform.build(night))


@cx.command()
@click.argument("night", type=NIGHT)
def gate(night: date) -> None:
    """Check the newest build of NIGHT."""
    from cx_etl import gate as gates
    from cx_etl.nightly import newest_build

    _say(gates.check(newest_build(night)))


@cx.command()
@click.argument("night", type=NIGHT)
def publish(night: date) -> None:
    """Make the newest build of NIGHT what readers see, if its gate has passed."""
    from cx_etl import publish as publishing
    from cx_etl.nightly import newest_build

    _say(publishing.publish(newest_build(night)))


@cx.command()
@click.argument("night", type=NIGHT)
def snapshot(night: date) -> None:
    """Render the page of NIGHT's newest publication."""
    from cx_etl import snapshot as snapshots
    from cx_etl.nightly import newest_publication

    _say(snapshots.render(newest_publication(night)))


@cx.command()
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


@cx.command()
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


@cx.command()
def prune() -> None:
    """Remove the rows that only publications beyond [retention] show."""
    from cx_etl import retention

    _say(retention.prune())


@cx.command()
@click.argument("publication_id", type=int)
def rollback(publication_id: int) -> None:
    """Make the earlier publication PUBLICATION_ID what readers see."""
    from cx_etl import publish as publishing

    _say(publishing.rollback(publication_id))


@cx.command()
@click.argument("first", type=int)
@click.argument("second", type=int)
def diff(first: int, second: int) -> None:
    """What changed from publication FIRST to SECOND: rows per mart, and every restated figure."""
    from cx_etl.publish import diff as compare
    from cx_etl.snapshot.diff import as_text

    click.echo(as_text(compare(first, second)))


@cx.command()
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


@cx.command("plan")
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def show_plan(sources: tuple[str, ...]) -> None:
    """Calls that a night needs, as the last nights needed them, against what the vendors allow."""
    from cx_etl import quota
    from cx_etl.nightly import chosen

    lines = quota.plan(chosen(sources))
    click.echo(quota.as_text(lines))
    if any(line.problem for line in lines):
        sys.exit(1)


@cx.command()
@click.option("--source", "sources", multiple=True, help="Only these sources.")
@click.option("--days", type=click.IntRange(min=1), help="How far before the watermark; cx.toml's without it.")
def reconcile(sources: tuple[str, ...], days: int | None) -> None:
    """Walk a longer window than the nights did, repair what they missed, and say how much that was."""
    from cx_etl.nightly import reconcile_all

    for line in reconcile_all(sources, days):
        click.echo(line)


@cx.command()
@click.option("--source", "sources", multiple=True, help="Only these sources.")
def doctor(sources: tuple[str, ...]) -> None:
    """Prove settings, warehouse and every connection: credentials, scopes, versions, clocks, quotas."""
    from cx_etl import doctor as doctors

    findings = doctors.examine(sources)
    for finding in findings:
        click.echo(finding.as_text())
    if not all(finding.is_good for finding in findings):
        sys.exit(1)


@cx.group()
def quarantine() -> None:
    """Records that broke their contract."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those replayed since.")
def quarantine_list(everything: bool) -> None:
    """The records held back, with their reasons."""
    from cx_etl import quarantine as held
    from cx_etl import warehouse

    with warehouse.connect() as connection:
        records = held.held(connection, everything)
    for record in records:
        mark = "  (replayed)" if record["replayed_at"] else ""
        click.echo(
            f"{record['quarantine_id']:>6}  {record['night']}  {record['source']}/{record['stream']}  "
            f"{record['natural_key'] or '(no key)'}: {record['reason']}{mark}"
        )
    click.echo(f"{len(records)} record{'' if len(records) == 1 else 's'}")


@quarantine.command("show")
@click.argument("quarantine_id", type=int)
def quarantine_show(quarantine_id: int) -> None:
    """The record as it was received. May hold personal data."""
    from cx_etl import quarantine as held
    from cx_etl import warehouse

    with warehouse.connect() as connection:
        click.echo(held.payload(connection, quarantine_id))


@quarantine.command("replay")
def quarantine_replay() -> None:
    """Try every held record again, against today's contracts."""
    from cx_etl.replay import replay

    _say(replay())


@cx.command()
@click.option("--role", type=click.Choice(["bi", "pii", "etl"]), default="bi", show_default=True)
def dsn(role: str) -> None:
    """A connection string for BI tools and psql."""
    from cx_etl import warehouse

    click.echo(warehouse.dsn(role))


@cx.command()
@click.argument("email")
def forget(email: str) -> None:
    """Erase a person everywhere, for good, and prove it."""
    from cx_etl.privacy import erase

    done = erase.forget(email)
    for place, count in done.places.items():
        click.echo(f"{count:>9,}  {place}")
    click.echo(f"erased, and nothing of it is left; in its place stands {done.pseudonym}")
    click.echo("next: `cx build NIGHT` and publish, or wait for the night")


@cx.command()
@click.argument("email")
def export(email: str) -> None:
    """Print a person's own records, as `cx forget` would erase them: a JSON object per line."""
    from cx_etl.privacy import erase

    for record in erase.export(email):
        click.echo(json.dumps(record, ensure_ascii=False, default=str))


@cx.command()
def migrate() -> None:
    """Create what is missing of schemas, roles and tables in the warehouse."""
    from cx_etl import warehouse

    warehouse.migrate()
    click.echo("the warehouse has all schemas, roles and tables")


def _say(report: Any) -> None:
    click.echo("  ".join(f"{name}={value}" for name, value in report.as_dict().items()))


for _command in stack.COMMANDS:
    cx.add_command(_command)


def main() -> None:
    """The entry point: errors a person can act on become one message and an exit code."""
    try:
        cx(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except CxError as error:
        click.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
