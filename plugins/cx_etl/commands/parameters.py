"""What commands take and say."""

from datetime import date, time
from typing import Any

import click

from cx_etl.night import parse_clock, parse_night


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


def say(report: Any) -> None:
    click.echo("  ".join(f"{name}={value}" for name, value in report.as_dict().items()))
