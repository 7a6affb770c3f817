"""The ``cx`` commands of the embedded stack and of the sandbox's datasets."""

from pathlib import Path

import click


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), help="What the sandbox serves; generated without it.")
def up(dataset: Path | None) -> None:
    """Start the embedded stack: PostgreSQL, the vendor sandbox, Airflow."""
    from cx_etl.local import commands

    commands.up(dataset)


@click.command()
def down() -> None:
    """Stop the embedded stack, and leave no process behind."""
    from cx_etl.local import commands

    commands.down()


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), help="What the sandbox serves; generated without it.")
@click.option("--nights", help="FROM..TO, both included; the dataset's last three without it.")
def demo(dataset: Path | None, nights: str | None) -> None:
    """What `make run` does: the stack up, the nights through Airflow's scheduler, the figures at the end."""
    from cx_etl.local import commands

    commands.demo(dataset, nights)


@click.group()
def sandbox() -> None:
    """Datasets for the vendor sandbox."""


@sandbox.command()
@click.argument("set_dir", type=click.Path(exists=True, path_type=Path))
@click.argument("out_dir", type=click.Path(path_type=Path))
def convert(set_dir: Path, out_dir: Path) -> None:
    """Turn a real data set (or a folder of them) into a sandbox dataset."""
    from sandbox.convert import convert as convert_set

    convert_set(set_dir, out_dir)
    click.echo(str(out_dir))


@sandbox.command()
@click.argument("out_dir", type=click.Path(path_type=Path))
@click.option("--seed", default=7, show_default=True)
@click.option("--customers", default=2000, show_default=True)
@click.option("--nights", default=400, show_default=True)
def generate(out_dir: Path, seed: int, customers: int, nights: int) -> None:
    """Make a dataset of coherent customers across all systems, and the truths planted in it."""
    from sandbox.generate import generate as generate_dataset

    generate_dataset(out_dir, seed=seed, customers=customers, nights=nights)
    click.echo(str(out_dir))


COMMANDS = (up, down, demo, sandbox)
