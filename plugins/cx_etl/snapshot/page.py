"""Templates and writing of every page of this project."""

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cx_etl.language.catalogue import gettext, ngettext
from cx_etl.language.numbers import count, day, digits, moment, number, short_day, signed
from cx_etl.language.spoken import ENGLISH, NAMES, is_right_to_left, spoken

if TYPE_CHECKING:
    from jinja2 import Environment

_OTHER_SIDE = {"left": "right", "right": "left"}


@cache
def environment() -> "Environment":
    """The template environment: everything is escaped, an undefined name is an error, ``_`` translates."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("cx_etl.snapshot"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(count=count, number=number, signed=signed, day=day, moment=moment)
    found.filters.update(short_day=short_day, digits=digits, mirrored=mirrored)
    found.globals.update(_=gettext, ngettext=ngettext, is_right_to_left=is_right_to_left, language_names=NAMES)
    found.globals.update(language=lambda: spoken().language, is_english=lambda: spoken().language == ENGLISH)
    return found


def write_page(path: Path, content: str) -> None:
    """The file whole or not at all: someone may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(content, encoding="utf-8", newline="\n")
    part.replace(path)


def mirrored(css: str) -> str:
    """The style sheet for the spoken language: where that runs from the right, left and right change places."""
    if not is_right_to_left():
        return css
    swapped = re.sub(r"\b(left|right)\b", lambda side: _OTHER_SIDE[side[1]], css)
    return re.sub(r"((?:padding|margin): [^\s;]+) ([^\s;]+) ([^\s;]+) ([^\s;}]+)", r"\1 \4 \3 \2", swapped)
