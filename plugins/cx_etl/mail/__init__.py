"""The daily snapshot as e-mail or Slack message: subscriptions, contents, a ledger of what was sent (docs/mail.md)."""

from cx_etl.mail.files import write_mails
from cx_etl.mail.sending import send, send_due

__all__ = ["send", "send_due", "write_mails"]
