"""What stands in an erased person's place: keyed, so that nobody can tell whose it is, and the same in every system.

Aggregates and links between systems stay as they were, because equal addresses stay equal.
"""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings

ERASED = "[erased]"
# RFC 2606 keeps the domain free; no country has 999.
DOMAIN, DIALLING_CODE = "erased.invalid", "+999"
_LOCAL, _DOMAIN = r"[a-z0-9.!#$&'*+/=?^_`{|}~-]+", r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
ADDRESS = re.compile(f"(?P<local>{_LOCAL})(?:@|%40)(?P<domain>{_DOMAIN})", re.IGNORECASE)
# Where an address may begin in a run of characters that all are allowed in one: after a quote, a slash, an equals sign.
BEGINS = re.compile(r"(?:^|(?<=[^a-z0-9_+.-])|(?<=[^a-z0-9]\.)|(?<=^\.))", re.IGNORECASE)
# For one known address: what may not stand next to it, as it would be another, longer one.
BEFORE, AFTER = r"(?<![a-z0-9_+-])(?<![a-z0-9]\.)", r"(?![.-]*[a-z0-9])"


def normal(address: str) -> str:
    """The address in the one form that is compared. Raises ConfigError for what is no address."""
    found = address.strip().lower()
    if not ADDRESS.fullmatch(found) or "@" not in found:
        raise ConfigError(
            f"{address!r} is no e-mail address", "name the person's whole address, as in ann@mail.example"
        )
    return found


def mark(value: str) -> str:
    """A keyed hash: the same value has the same mark in this installation, and nowhere else."""
    return hmac.new(_key(), value.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Pseudonym:
    """What is written in place of an address, and of its person's phone numbers."""

    mark: str

    @cached_property
    def email(self) -> str:
        return f"erased-{self.mark[:16]}@{DOMAIN}"

    @cached_property
    def phone(self) -> str:
        return DIALLING_CODE + str(int(self.mark[:12], 16)).rjust(9, "0")[:9]


def _key() -> bytes:
    """CX_PRIVACY_KEY, or a file of the state folder that is made once. Without it nobody is recognised again."""
    if given := os.environ.get("CX_PRIVACY_KEY"):
        return given.encode()
    path = key_file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()


def key_file() -> Path:
    return load_settings().state_dir / "privacy.key"
