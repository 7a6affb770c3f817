"""A night's mails and messages as files, to look at before anybody gets them."""

import json
from datetime import date
from pathlib import Path

from cx_etl import warehouse
from cx_etl.mail.contents import Contents, contents_of
from cx_etl.mail.edition import edition_of
from cx_etl.mail.sending import chosen, composed, reason_to_skip
from cx_etl.mail.sends import Mail
from cx_etl.settings import load_settings


def write_mails(night: date, name: str | None = None) -> list[Path]:
    """The night's mails as files, one for each recipient who would get one; nothing is sent, nothing recorded."""
    folder = load_settings().state_dir / "mails" / night.isoformat()
    written = []
    with warehouse.connect() as reader:
        edition = edition_of(reader, night)
        for subscription in chosen(name):
            contents = contents_of(reader, edition, subscription)
            if reason_to_skip(edition, subscription, contents):
                continue
            folder.mkdir(parents=True, exist_ok=True)
            for place, recipient in enumerate(subscription.recipients, start=1):
                path = folder / f"{subscription.name}-{place}.{'json' if contents.message else 'eml'}"
                path.write_bytes(_as_file(Mail(edition, subscription.name, recipient), contents))
                written.append(path)
    return written


def _as_file(mail: Mail, contents: Contents) -> bytes:
    if contents.message:
        return json.dumps(contents.message, ensure_ascii=False, indent=1).encode()
    return composed(mail, contents, "cx@example.invalid")
