"""Templates, number formats and the writing of every page of this project."""

import os
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

MINUS = "\N{MINUS SIGN}"


@cache
def environment() -> "Environment":
    """The template environment: everything is escaped, an undefined name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("cx_etl.snapshot"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(count=count, number=number, signed=signed, day=day, moment=moment)
    return found


def write_page(path: Path, content: str) -> None:
    """The file whole or not at all: someone may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(content, encoding="utf-8", newline="\n")
    part.replace(path)


def count(value: Any) -> str:
    """12,345."""
    return f"{int(value):,}".replace("-", MINUS)


def number(value: Any, places: int = 1) -> str:
    """1,234.5 with a real minus sign; never minus zero."""
    text = f"{float(value):,.{places}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: Any, places: int = 1) -> str:
    """+1.2, or -1.2 with a real minus sign; ±0.0 where nothing is left after rounding."""
    text = number(value, places)
    if not text.strip("0.,"):
        return f"±{text}"
    return text if text.startswith(MINUS) else f"+{text}"


def day(value: date) -> str:
    """Thursday 18 October 2018, in English whatever the machine's locale is."""
    weekdays = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    first_half = ("January", "February", "March", "April", "May", "June")
    months = (*first_half, "July", "August", "September", "October", "November", "December")
    return f"{weekdays[value.weekday()]} {value.day} {months[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """2018-10-19 02:14 UTC; the warehouse connection is in UTC."""
    return f"{value:%Y-%m-%d %H:%M} UTC"
