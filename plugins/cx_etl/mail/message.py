"""A mail as it travels: headers, plain text, HTML, and the charts that the HTML names by content id."""

from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

from cx_etl.mail.contents import Contents
from cx_etl.mail.edition import Edition

# Seven bits: no server on the way has to be able to do more.
_POLICY = policy.SMTP.clone(cte_type="7bit")


def message_id(edition: Edition, subscription: str, recipient: str, sender: str) -> str:
    """The same for the same mail, so that programs which look at it show one that came twice only once."""
    key = f"{edition.night}/{edition.publication_id}/{subscription}/{recipient}"
    return f"<cx.{sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


def compose(contents: Contents, sender: str, recipient: str, message_id: str, at: datetime) -> EmailMessage:
    """Plain text, with HTML and its charts as the alternative where there is HTML."""
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = contents.subject
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    # Nobody's holiday answers this, and nobody's answer is answered.
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<mailto:{sender}?subject=unsubscribe>"
    message.set_content(contents.text, cte="quoted-printable")
    if contents.html:
        message.add_alternative(contents.html, subtype="html", cte="quoted-printable")
        _, html = message.iter_parts()
        for cid, png in contents.images.items():
            name = f"{cid.partition('@')[0]}.png"
            html.add_related(png, "image", "png", cid=f"<{cid}>", filename=name, disposition="inline")
    return message
