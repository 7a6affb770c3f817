"""Running PostgreSQL's programs as root's guest: they refuse to run as root, so root runs them as another user.

Root uses `nobody`, which every system has, so that nothing is added to the machine. If that user cannot enter
the checkout (a closed directory such as /root above it), nothing above the checkout is opened up for it. Instead
the programs keep one capability of root's: reading past permission bits (CAP_DAC_READ_SEARCH), or, where a
container took that one away, CAP_DAC_OVERRIDE. With an open path they keep none.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cx_etl.errors import ConfigError

GUEST = "nobody"
_CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True)
class Guest:
    """How to start a program that must not run as root: who, and the command to put in front of its own."""

    prefix: tuple[str, ...] = ()
    user: str | None = None

    def run(self, command: Sequence[str], **options: object) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end as the guest; its output goes where `options` say."""
        ids = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}
        return subprocess.run([*self.prefix, *command], text=True, **ids, **options)  # type: ignore[call-overload]

    def own(self, path: Path) -> None:
        """Give one file or directory to the guest."""
        if os.geteuid() == 0:
            account = pwd.getpwnam(GUEST)
            os.chown(path, account.pw_uid, account.pw_gid)


@cache
def guest_for(*paths: Path) -> Guest:
    """The guest that can reach all these existing paths, with as little power as that takes."""
    if os.geteuid() != 0:
        return Guest()
    for guest in (Guest(user=GUEST), *_guests_with_a_capability()):
        if _reaches(guest, paths):
            return guest
    raise ConfigError(
        f"PostgreSQL must not run as root, and the user {GUEST} cannot enter {_first_closed(paths)}",
        next_step="put the checkout under a path that other users may enter (such as /srv), run as an ordinary "
        "user, or point CX_WAREHOUSE_DSN at a PostgreSQL of your own",
    )


def _guests_with_a_capability() -> list[Guest]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    account = pwd.getpwnam(GUEST)
    # Without that bit access(2), which PostgreSQL asks about its own files, ignores a capability of a non-root user.
    identity = (
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
    )
    return [
        Guest((setpriv, *identity, "--bounding-set=-all," + kept, "--inh-caps=-all," + kept, "--ambient-caps=" + kept))
        for kept in (f"+{name}" for name in _CAPABILITIES)
    ]


def _reaches(guest: Guest, paths: Sequence[Path]) -> bool:
    # `ls -d path/.` needs search permission on every directory of the path, like opening a file in it.
    tried = guest.run(["ls", "-d", *(f"{path}/." for path in paths)], capture_output=True, timeout=20, cwd="/")
    return tried.returncode == 0


def _first_closed(paths: Sequence[Path]) -> Path:
    every = [step for path in paths for step in (*reversed(path.parents), path)]
    return next((step for step in every if not step.stat().st_mode & 0o001), paths[0])
