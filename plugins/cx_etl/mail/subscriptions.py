"""Who gets the daily mail, when and about what: the [[subscriptions]] of cx.toml."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cx_etl.errors import ConfigError
from cx_etl.settings import LANGUAGES, load_settings
from cx_etl.snapshot.figures import EVERYONE

# More would make the mail longer than the 102 KB at which mail programs cut.
MOST_SEGMENTS = 10
_EXPECTED = {
    "name": "letters, digits, - and _, at most 60",
    "to": 'a list of plain addresses such as ["ann@example.invalid"]',
    "segments": f'up to {MOST_SEGMENTS} of "all" or "name=value", as metric_values calls them: "country=PT"',
    "language": f"one of {', '.join(LANGUAGES)}",
    "format": '"html", "text" or "slack"',
    "connection": 'with format = "slack" the name of the webhook\'s connection: "slack_board"',
    "link": 'with format = "slack" where the snapshots are: "https://bi.example.invalid/snapshots"',
    "hour": "a whole hour from 0 to 23",
    "zone": "an IANA time zone such as Europe/Lisbon",
    "only_when": '"always", "things_to_look_at" or "new_publication"',
}


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One subscription, by mail or to Slack. ``zone`` is the business time zone where the settings name none."""

    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,60}$")]
    to: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ()
    segments: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_SEGMENTS)] = ("all",)
    language: Literal["en", "ar", "ur", "pa", "te", "pt"] = "en"
    format: Literal["html", "text", "slack"] = "html"
    connection: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_]{1,100}$")] = ""
    link: Annotated[str, msgspec.Meta(pattern="^https?://[^ ]+$")] = ""
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 7
    zone: str
    only_when: Literal["always", "things_to_look_at", "new_publication"] = "always"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who gets it, as the ledger calls them: addresses, or the one connection."""
        return (self.connection,) if self.format == "slack" else self.to

    def due_at(self, night: date) -> datetime:
        """When the night's mail may leave: the hour of the morning after, in their zone.

        An hour that the clocks skip is due when they have skipped it; one that comes twice, the first time.
        """
        local = datetime.combine(night + timedelta(days=1), time(self.hour), ZoneInfo(self.zone))
        return local.astimezone(UTC)


def subscriptions() -> tuple[Subscription, ...]:
    """All of the settings, in their order. Raises ConfigError naming the subscription and the key that is wrong."""
    found = tuple(_read(entry) for entry in load_settings().subscriptions)
    twice = [name for name, times in Counter(each.name for each in found).items() if times > 1]
    if twice:
        raise ConfigError(f"there are two [[subscriptions]] named {twice[0]!r}", "give one of them another name")
    return found


def segment_of(text: str) -> tuple[str, str]:
    """Name and value of a segment as it is written in the settings."""
    name, _, value = text.partition("=")
    return EVERYONE if text == "all" else (name, value)


def _read(entry: dict[str, Any]) -> Subscription:
    try:
        found = msgspec.convert({"zone": load_settings().time_zone, **entry}, Subscription)
    except msgspec.ValidationError as error:
        raise _wrong(entry, *_place(str(error))) from None
    _require_place(entry, found)
    for segment in found.segments:
        if segment != "all" and not all(segment.partition("=")):
            raise _wrong(entry, "segments", f"has {segment!r}")
    for address in found.to:
        if not is_address(address):
            raise _wrong(entry, "to", f"has {address!r}, which is no address")
    if len(set(found.to)) < len(found.to):
        raise _wrong(entry, "to", "has an address twice")
    try:
        ZoneInfo(found.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _wrong(entry, "zone", f"is {found.zone!r}, which is no IANA time zone") from None
    return found


def _require_place(entry: dict[str, Any], found: Subscription) -> None:
    """A mail goes to addresses, a message to a connection; what would be ignored is wrong."""
    needed, unused = ("connection", ("to",)) if found.format == "slack" else ("to", ("connection", "link"))
    if needed not in entry:
        raise _wrong(entry, needed, "is missing")
    for key in unused:
        if key in entry:
            raise _wrong(entry, key, f'is of no use with format = "{found.format}"')


def _place(error: str) -> tuple[str, str]:
    """Which key a message of msgspec is about, and what it says of it."""
    if unnamed := re.search(r"(?:unknown|required) field `(\w+)`", error):
        return unnamed[1], "is not a key of subscriptions" if "unknown" in error else "is missing"
    what, _, path = error.partition(" - at `$.")
    return re.split(r"\W", path)[0], what[0].lower() + what[1:]


def _wrong(entry: dict[str, Any], key: str, what: str) -> ConfigError:
    next_step = f"write {_EXPECTED[key]}" if key in _EXPECTED else f"the keys are {', '.join(_EXPECTED)}"
    return ConfigError(f"[[subscriptions]] {entry.get('name', '(without a name)')!r}: {key} {what}", next_step)


def is_address(text: str) -> bool:
    """A plain ASCII address with a domain: what every server takes, and what cannot break out of a header."""
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return text.isascii() and text.isprintable() and bool(address.username and address.domain)
