"""Single records and people: what was rejected, what is held about somebody, and forgetting them."""

import json

import click

from cx_etl.commands.parameters import say


@click.group()
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

    say(replay())


@click.command()
@click.argument("email")
def forget(email: str) -> None:
    """Erase a person everywhere, for good, and prove it."""
    from cx_etl.privacy import erase

    done = erase.forget(email)
    for place, count in done.places.items():
        click.echo(f"{count:>9,}  {place}")
    click.echo(f"erased, and nothing of it is left; in its place stands {done.pseudonym}")
    click.echo("next: `cx build NIGHT` and publish, or wait for the night")


@click.command()
@click.argument("email")
def export(email: str) -> None:
    """Print a person's own records, as `cx forget` would erase them: a JSON object per line."""
    from cx_etl.privacy import erase

    for record in erase.export(email):
        click.echo(json.dumps(record, ensure_ascii=False, default=str))


COMMANDS = (quarantine, forget, export)
