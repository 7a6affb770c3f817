"""The ``cx`` command. Exits: 0 done, 1 failed, 2 usage."""

import sys

import click

from cx_etl.commands import operating, records, steps
from cx_etl.errors import ConfigError, CxError
from cx_etl.local import cli as stack


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cx() -> None:
    """The customer-experience pipeline: nights in, defensible numbers out."""


for _command in (*steps.COMMANDS, *operating.COMMANDS, *records.COMMANDS, *stack.COMMANDS):
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
