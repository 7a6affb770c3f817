"""The daily snapshot as e-mail: subscriptions, the mail, and a ledger of what was sent to whom (docs/mail.md)."""

from cx_etl.mail.sending import send, send_due, write_mails

__all__ = ["send", "send_due", "write_mails"]
