"""Files of the state folder beside the landing: snapshots, evidence, logs."""

import re
from collections import Counter

from cx_etl.landing import write_whole
from cx_etl.privacy import proof
from cx_etl.privacy.pseudonyms import Pseudonym
from cx_etl.settings import load_settings


def erase(address: str, person: Pseudonym) -> Counter[str]:
    """Put the pseudonym in place of the address in every file that is plain text; how many files changed.

    The landing has checksums and is rewritten by itself. What cannot be read as text is left to the proof.
    """
    settings, changed = load_settings(), Counter[str]()
    pattern = re.compile(proof.pattern_of(address).encode(), re.IGNORECASE)
    for path in sorted(settings.state_dir.rglob("*")):
        if not path.is_file() or path.is_relative_to(settings.landing_dir) or path.suffix in (".zst", ".gz"):
            continue
        content = path.read_bytes()
        if b"\0" not in content and pattern.search(content):
            write_whole(path, pattern.sub(person.email.encode(), content))
            changed[path.relative_to(settings.state_dir).parts[0]] += 1
    return changed
