"""The registry of sources. Adding a source is one file beside this one, and one line here; or, for a tool that only
exports files, a [[files]] entry in the settings.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from cx_etl.connections import Connection
from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings
from cx_etl.sources import (
    asknicely,
    billing,
    delighted,
    freshdesk,
    ga4,
    gorgias,
    hootsuite,
    qualtrics,
    shiprocket,
    shopify,
    surveymonkey,
    typeform,
    woocommerce,
    zendesk,
)
from cx_etl.sources.base import Source, Stream

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        zendesk.SOURCE,
        shopify.SOURCE,
        asknicely.SOURCE,
        typeform.SOURCE,
        woocommerce.SOURCE,
        surveymonkey.SOURCE,
        qualtrics.SOURCE,
        delighted.SOURCE,
        freshdesk.SOURCE,
        gorgias.SOURCE,
        shiprocket.SOURCE,
        ga4.SOURCE,
        hootsuite.SOURCE,
        billing.SOURCE,
    )
}
MAIN = "main"


@dataclass(frozen=True)
class Account:
    """One account of a source: written ``zendesk`` for the main one, ``zendesk:emea`` for another."""

    source: Source
    name: str

    @property
    def id(self) -> str:
        """What its connection, its folder in the landing, its DAG and its asset are called by."""
        return self.source.name if self.name == MAIN else f"{self.source.name}_{self.name}"

    @property
    def label(self) -> str:
        """How people write it in settings and on the command line."""
        return self.source.name if self.name == MAIN else f"{self.source.name}:{self.name}"

    @property
    def reconcilable(self) -> list[Stream]:
        """The streams that can be asked for a longer window than the nightly one."""
        return [stream for stream in self.source.streams if stream.reaches_back > timedelta()]

    def require(self, connection: Connection) -> Connection:
        """The connection, if it has all that the source needs. Raises ConfigError naming what is missing."""
        given = {
            **connection.extra,
            "host": connection.host,
            "login": connection.login,
            "password": connection.password,
        }
        missing = [need for need in self.source.needs if not given.get(need)]
        if missing:
            raise ConfigError(
                f"the connection {self.id} has no {' and no '.join(missing)}",
                f"complete it in Airflow under Admin, Connections, or in AIRFLOW_CONN_{self.id.upper()}",
            )
        return connection


def source(name: str) -> Source:
    """The source of that name. Raises ConfigError naming the sources there are."""
    if name in SOURCES:
        return SOURCES[name]
    known = every_source()
    if name not in known:
        raise ConfigError(f"there is no source {name!r}", f"known are {', '.join(known)}")
    return known[name]


def every_source() -> dict[str, Source]:
    """The sources of this registry, and those that the settings declare as file drops.

    Raises ConfigError naming the [[files]] entry that is wrong.
    """
    entries = load_settings().files
    if not entries:
        return SOURCES
    from cx_etl.sources.file_drop import sources_of

    declared = sources_of(entries)
    taken = sorted(SOURCES.keys() & declared.keys())
    if taken:
        raise ConfigError(f"[[files]] declares {taken[0]!r}, which is a source already", "give it another name")
    return SOURCES | declared


def account(label: str) -> Account:
    """The account written ``source`` or ``source:account``. Raises ConfigError for a name that could not be one."""
    name, _, own = label.partition(":")
    if own and not re.fullmatch(r"[a-z0-9]+", own):
        raise ConfigError(
            f"{label!r} names no account", "write source:account, the account in small letters and digits"
        )
    return Account(source(name), own or MAIN)


def enabled_accounts() -> list[Account]:
    """The accounts that cx.toml enables, in its order. Raises ConfigError when one is there twice."""
    found = [account(label) for label in load_settings().sources]
    ids = [each.id for each in found]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise ConfigError(f"[sources] enabled names {', '.join(twice)} twice", "remove one, or give it an account name")
    return found
